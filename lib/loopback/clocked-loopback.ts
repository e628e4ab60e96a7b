/** ClockedLoopback: audio through one cable of snd-aloop, at the pace of whoever writes it. */
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  rangeError,
  typeError,
  valueError,
} from '../arguments.js';
import { AlsaError, calledOn, closedError, fromNative, systemError, withHint } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import type {
  NativeError,
  PcmHandle,
  PeriodPumpHandle,
  UtimerHandle,
  WatcherHandle,
} from '../native/binding.js';
import { adopt, disown, handleOf, keep, release, watch, weakly } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { ObservantEmitter } from '../observant-emitter.js';
import { sampleFormat } from '../pcm/format.js';
import { describeHolder, substreamFolder, substreamHolder } from '../pcm/holder.js';
import { checkParameters, PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import { notStarted, Pcm, type PcmState, stateName } from '../pcm/pcm.js';
import { isUserDriven, USER_TIMER_COUNT } from '../timer/id.js';
import { listTimers } from '../timer/list.js';
import { periodDuration, periodResolution } from '../timer/resolution.js';
import { checkUnclaimed, claimTimer, UserTimer } from '../timer/user-timer.js';
import { CAPTURE_OPTIONS, type CaptureOptions, LoopbackCapture } from './capture.js';
import { CaptureWatch, type CaptureWatchHandlers } from './capture-watch.js';
import { LoopbackCard } from './card.js';
import { Listener, type ListenerEvent } from './listener.js';
import type { ListenerMismatch } from './mismatch.js';
import { openClocked } from './pointing.js';
import { checkSendOptions, type SendOptions, SendQueue } from './send-queue.js';
import { STREAM_OPTIONS, type StreamOptions, webStreamTo, writableTo } from './streams.js';

export interface ClockedLoopbackOptions extends PcmParameters {
  /** The card, or its number or id; the first loopback card when it is left out. */
  readonly card?: LoopbackCard | number | string;
  /** The device to play on: 0 (default) or 1. Listeners capture on the other one. */
  readonly device?: 0 | 1;
  /** 0..7; 0 when it is left out. */
  readonly substream?: number;
  /**
   * Hold this id for the timer, 0..127: where an administrator has set `timer_source` for good. Without the right to point
   * the card elsewhere one cable of it can be open then, since a timer clocks one: for a second one the id is taken.
   */
  readonly timerId?: number;
  /**
   * A timer that exists, with the {@link periodResolution} of the period: for listeners that come before the loopback does,
   * where `timer_source` names it. It must not clock another cable. While the loopback is open nobody else triggers it. The
   * loopback does not close it: close it yourself, after the loopback and its listeners.
   */
  readonly timer?: UserTimer;
  /**
   * What the listener gets while nothing is written. 'stall' (default): nothing; a blocking read fails with EIO after 100 ms
   * or 1.1 buffers, whichever is longer. 'silence': periods of silence at the cable's own pace, moved by a thread, until
   * frames come again; they come whole and none is lost. It begins when the loopback is opened, and again with the next write
   * after {@link ClockedLoopback.flush}, which stops it, as the end of a stream into it does.
   */
  readonly idle?: 'stall' | 'silence';
  /**
   * With idle 'silence' only: how long after a period was due the first silent one is moved, 0..3600000 ms. 2 periods by
   * default. After N periods that were written at once, or in a row, the next one is due N periods later. Sooner, after three
   * quarters of the listener's wait, where it would give up.
   */
  readonly graceMs?: number;
  /** Keep a histogram of what triggers cost, see {@link ClockedLoopbackStats}. false by default. */
  readonly measure?: boolean;
}

const LOOPBACK_OPTIONS: OptionNames<ClockedLoopbackOptions> = {
  ...PCM_PARAMETERS,
  card: true,
  device: true,
  substream: true,
  timerId: true,
  timer: true,
  idle: true,
  graceMs: true,
  measure: true,
};

export interface ClockedLoopbackStats {
  /** Periods of given frames that were moved. */
  readonly periods: number;
  /** Frames of those periods. */
  readonly frames: number;
  /** Bytes that wait for the rest of their period. */
  readonly pendingBytes: number;
  /** Frames of silence that were moved because nothing was written (idle 'silence'). */
  readonly insertedFrames: number;
  /** Frames of silence that completed a last period in {@link ClockedLoopback.flush}. */
  readonly paddedFrames: number;
  /** Xruns and suspends of the playback side, which were recovered from without loss. */
  readonly xruns: number;
  /** Whether somebody captures right now. */
  readonly listener: boolean;
  /** With `measure`: element k counts the triggers that took 2^k..2^(k+1)-1 ns. */
  readonly triggerCosts: readonly number[] | undefined;
}

export interface ClockedLoopbackEvents {
  /**
   * Somebody began to capture, or stopped. Who captures when the first handler is added is told, too. The kernel announces
   * it through the timer of the other side's substream, which disturbs nobody; while there are handlers, that timer keeps
   * snd-aloop from being unloaded. Adding the first handler opens that timer. What TimerInstance.open throws then comes as
   * 'error': EACCES, ENODEV once the card is gone.
   */
  listener: [event: ListenerEvent];
  /**
   * Somebody tried to listen and cannot, since its access (or format, rate or channels) is not this end's: JACK and
   * `arecord -I`, for instance, beside interleaved access. It gets a bare EIO at its START. Watched for like 'listener', while
   * there are handlers of either, and while a {@link ClockedLoopback.send} waits for a listener. Without a handler it is a
   * warning of the process with the code ALSA_UTIMER_LISTENER_MISMATCH, once for a process that tries several times in a row.
   * Who it was is not known where it had left before it could be looked at.
   */
  mismatch: [mismatch: ListenerMismatch];
  /**
   * Watching for listeners failed; or no more silence can be inserted (idle 'silence'), which is told to whoever
   * handles it, and which the next write shows in any case.
   */
  error: [error: unknown];
}

/** What starts a stream: sound/core/timer.c refuses shorter ticks, at START only. */
const MIN_RESOLUTION = 100_000n;

/** How late a period must be before silence takes its place, in periods. */
const GRACE_PERIODS = 2n;

/**
 * One cable of a loopback card in one direction, with a timer of its own: each period that is written is at the listener
 * when `write` returns, and nothing is resampled, lost, repeated or reordered.
 *
 * The cable is clocked by this object for as long as this object or a listener has it open; `timer_source` of the card
 * is put back once the cable is open, so that other cables are not concerned. Any program may listen on
 * `hw:<card>,<other device>,<substream>`, with the same format, rate, channels, period and access; 'listener' events tell
 * of it.
 *
 * @example
 * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
 * console.log(`arecord -D ${loop.listenerName} -f S16_LE -r 48000 -c 2 out.wav`);
 * loop.write(new Uint8Array(48_000 * 4));
 * console.log(loop.stats().periods); // 100
 */
export class ClockedLoopback extends ObservantEmitter<ClockedLoopbackEvents> implements Disposable {
  readonly card: LoopbackCard;
  /** The device that is played on. */
  readonly device: number;
  readonly substream: number;
  /** What the cable is set to, defaults filled in. */
  readonly parameters: Required<PcmParameters>;
  readonly #timer: UserTimer;
  readonly #ownsTimer: boolean;
  readonly #pcm: Pcm;
  readonly #pump: PeriodPumpHandle;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #keepAlive: { readonly period: bigint; readonly grace: bigint } | undefined;
  readonly #measure: boolean;
  readonly #queue: SendQueue;
  #watch: CaptureWatch | undefined;
  /** The last mismatch that the process was warned of. */
  #warned: string | undefined;
  #referenced = true;
  #keptAlive = false;
  #failure: WatcherHandle | undefined;
  #paddedFrames = 0;

  private constructor(
    card: LoopbackCard,
    timer: UserTimer,
    pcm: Pcm,
    keepAlive: { readonly period: bigint; readonly grace: bigint } | undefined,
    measure: boolean,
    device: number,
    ownsTimer: boolean,
  ) {
    super(
      (type) => {
        if (type === 'listener' || type === 'mismatch') this.#startWatching();
      },
      () => {
        if (this.listenerCount('listener') + this.listenerCount('mismatch') === 0) this.#stopWatching();
      },
    );
    this.card = card;
    this.device = device;
    this.substream = pcm.substream;
    this.parameters = pcm.parameters;
    this.#timer = timer;
    this.#ownsTimer = ownsTimer;
    this.#pcm = pcm;
    this.#keepAlive = keepAlive;
    this.#measure = measure;
    this.#pump = native().createPeriodPump(handleOf<PcmHandle>(pcm), handleOf<UtimerHandle>(timer), {
      silence: sampleFormat(pcm.parameters.format).silence,
      measure,
      listener: substreamFolder(card.number, 1 - device, 'capture', pcm.substream),
    });
    this.#write = this.#pump.write;
    this.#queue = new SendQueue({
      name: this.#name,
      rate: pcm.parameters.rate,
      periodFrames: pcm.parameters.periodFrames,
      frameBytes: pcm.frameBytes,
      closed: () => this.closed,
      pendingBytes: () => this.#pump.stats().pendingBytes,
      listener: () => this.#listener(),
      watchListener: (handlers) =>
        this.#watchCaptures({
          ...handlers,
          // Beside handlers, their own watch tells of it.
          mismatched: (mismatch) => {
            if (!this.#watch) this.#tellMismatch(mismatch);
          },
        }),
      move: (bytes) => this.#move(bytes),
      flush: () => this.#flush(),
      hold: () => this.#pump.hold(),
      release: (unread) => this.#pump.release(unread),
      dropPartialFrame: () => this.#pump.dropPartialFrame(),
    });
    watch(this, this.#pump, this.#name);
    adopt(this, pcm, ...(ownsTimer ? [timer] : []));
    try {
      if (!ownsTimer) claimTimer(timer, { what: this.#name, owner: this.#pump });
      this.#startKeepingAlive();
    } catch (error) {
      this.#failure?.close();
      release(this.#pump);
      throw error;
    }
  }

  /**
   * Creates a timer, or takes `timer`, points the card at it, opens the playback side of a cable and checks that the timer clocks it with
   * the right resolution: SNDRV_TIMER_IOCTL_CREATE, /proc/asound/card<N>/timer_source, SNDRV_PCM_IOCTL_HW_PARAMS,
   * SNDRV_TIMER_IOCTL_GINFO. The stream is started by its first period. Processes that open cables of one card take turns,
   * by flock on its control device. While others have their turns, some milliseconds each, this call waits, and the event loop
   * with it: half a second for one that keeps the lock, five seconds in all.
   *
   * @throws TypeError, RangeError, for instance for periods shorter than 100 us, which the kernel does not start, and for a
   * `timer` of another resolution
   * @throws AlsaError what UserTimer.create and Pcm.open throw; ERR_NO_LOOPBACK_CARD; ERR_CLOSED, ERR_TIMER_IN_USE for a `timer`
   * that is closed, or clocks another cable; EACCES where timer_source may not be set and names no timer that could be held,
   * or another one than `timer`; ERR_TIMER_ID_TAKEN where it names one that another cable has, or somebody
   * else; ERR_CABLE_CLOCK when a listener has the cable open on another clock; ERR_RESOLUTION when the kernel computes
   * another resolution for the period; ERR_TIMEOUT when another process keeps the lock of the card, with its name
   * @example
   * using loop = ClockedLoopback.open({ card: 'Loopback', substream: 2, idle: 'silence', graceMs: 50,
   *   rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * console.log(loop.listenerName, loop.periodBytes); // hw:0,1,2 1920
   */
  static open(options: ClockedLoopbackOptions): ClockedLoopback {
    const given = checkOptions('options', options, LOOPBACK_OPTIONS);
    const parameters = checkParameters(given);
    const { rate, periodFrames } = parameters;
    const period = checkPeriod(rate, periodFrames);
    if (given.timerId !== undefined) checkInteger('timerId', given.timerId, 0, USER_TIMER_COUNT - 1);
    const givenTimer = checkTimer(given, rate, periodFrames);
    const device = checkInteger('device', given.device ?? 0, 0, 1);
    const substream = checkInteger('substream', given.substream ?? 0, 0, 7);
    const idle = checkOneOf('idle', given.idle ?? 'stall', ['stall', 'silence']);
    const measure = checkBoolean('measure', given.measure ?? false);
    const grace = checkGrace('graceMs', given.graceMs, idle);
    const card = given.card instanceof LoopbackCard ? given.card : LoopbackCard.find(given.card);
    const { timer, pcm } = openClocked(
      card,
      { rate, periodFrames, id: given.timerId, timer: givenTimer },
      device,
      substream,
      () => Pcm.open({ ...parameters, card: card.number, device, substream, direction: 'playback' }),
    );
    try {
      const keepAlive =
        idle === 'silence'
          ? {
              period,
              grace: grace === undefined ? GRACE_PERIODS * period : BigInt(grace) * 1_000_000n,
            }
          : undefined;
      return new ClockedLoopback(card, timer, pcm, keepAlive, measure, device, timer !== givenTimer);
    } catch (error) {
      pcm.close();
      if (timer !== givenTimer) timer.close();
      throw error;
    }
  }

  /** What a listener opens, in ALSA's notation, for instance 'hw:0,1,0'. */
  get listenerName(): string {
    return `hw:${this.card.number},${1 - this.device},${this.substream}`;
  }

  /** The id of its timer, 0..127. */
  get timerId(): number {
    return this.#timer.id;
  }

  /** Nanoseconds that a tick of its timer stands for: the {@link periodResolution} of its period. */
  get resolutionNs(): bigint {
    return this.#timer.resolutionNs;
  }

  /** Bytes of one frame. */
  get frameBytes(): number {
    return this.#pcm.frameBytes;
  }

  /** Bytes of one period: what a write needs at least to move anything. */
  get periodBytes(): number {
    return this.#pcm.frameBytes * this.parameters.periodFrames;
  }

  get closed(): boolean {
    return this.#pump.closed();
  }

  /** What happened so far. Reads /proc/asound/card<N>/pcm<D>c/sub<S>/status for `listener`. */
  stats(): ClockedLoopbackStats {
    const { periods, insertedPeriods, pendingBytes, xruns, triggerCosts } = this.#pump.stats();
    const { periodFrames } = this.parameters;
    return {
      periods,
      frames: periods * periodFrames,
      pendingBytes,
      insertedFrames: insertedPeriods * periodFrames,
      paddedFrames: this.#paddedFrames,
      xruns,
      listener: this.#listener().running,
      triggerCosts: this.#measure ? triggerCosts : undefined,
    };
  }

  /**
   * Moves bytes to the listener: each period that they complete is there when this returns, a begun one waits for the next
   * write. SNDRV_PCM_IOCTL_WRITEI_FRAMES or WRITEN_FRAMES, and SNDRV_TIMER_IOCTL_TRIGGER for each period, in one call into
   * native code. Does not wait: a listener that has no room is overrun, and without one the frames are gone; see {@link send}.
   *
   * An xrun or a suspend loses nothing on this side: the stream is prepared or resumed, and goes on.
   *
   * @param bytes any number of bytes of interleaved frames, cut anywhere
   * @throws TypeError ERR_INVALID_ARG_TYPE
   * @throws AlsaError ERR_NOT_STARTED, EIO, EINVAL (the first period), ERR_STALLED, ENODEV, ERR_CLOSED; ERR_BUSY while a
   * {@link send} is under way. `stats` tells what was moved before; nothing of another period stays in the kernel.
   */
  write(bytes: Uint8Array): void {
    checkBytes('bytes', bytes);
    this.#checkTurn();
    this.#move(bytes);
  }

  /**
   * Like {@link write}, but waits until there is a listener, which the timer of its substream tells, and until it has room. The
   * kernel does not tell a writer when a listener reads, so while it is full its
   * /proc/asound/card<N>/pcm<D>c/sub<S>/status is looked at once a period. With unheard 'drop' the frames go in real time
   * while nobody listens. Several sends take turns, in the order of their calls; meanwhile no silence is inserted, and
   * {@link write} and {@link flush} are refused.
   *
   * The bytes are not copied: leave them alone until the promise settles. A send that fails or is aborted may have moved a
   * part, which `stats` tells. Of a frame that is not complete then, the beginning is dropped: what is given next begins with
   * a whole frame.
   *
   * @throws what {@link write} throws; TypeError ERR_INVALID_STATE where the buffer of the bytes shrinks, or is transferred,
   * during a wait; the reason of `signal`
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * await loop.send(new Uint8Array(2 * loop.periodBytes), { signal: AbortSignal.timeout(5_000) });
   * console.log(capture.avail()); // 960
   */
  async send(bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
    const lent = new LentBytes('bytes', bytes);
    await this.#queue.send(lent, checkSendOptions(options));
  }

  /**
   * A Node Writable over {@link send}: a chunk is done when its frames are at the listener. Its end takes its turn among the
   * sends, waits for room for a begun period, and does what {@link flush} does. Destroying it, as `signal` does, ends a wait and
   * leaves the loopback open: whole frames that wait for the rest of their period stay, a frame that is not complete is
   * dropped. Once it is closed, others may write. Of several that are open at once, each gives whole frames in its turn, and
   * what others give after the end of one begins a period.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; the stream fails with what {@link send} and {@link flush}
   * throw, and with an AbortError for `signal`
   * @example
   * await pipeline(createReadStream('audio.raw'), loop.writable());
   */
  writable(options: StreamOptions = {}): Writable {
    return writableTo(this.#queue, this.frameBytes, this.#checkStreamOptions(options));
  }

  /**
   * The same as a WHATWG WritableStream of Uint8Array, with its room in bytes. (Writable.toWeb would count chunks.)
   * Closing it does what ending {@link writable} does; aborting it, or `signal`, what destroying that does. `pipeTo` waits for
   * a write that waits, also when it is aborted: give its signal to both.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; the stream fails with what {@link send} and {@link flush}
   * throw, and with the reason of `signal`
   * @example
   * const { signal } = new AbortController();
   * const recording = new Blob([new Uint8Array(2 * loop.periodBytes)]);
   * await recording.stream().pipeTo(loop.toWeb({ signal }), { signal });
   */
  toWeb(options: StreamOptions = {}): WritableStream<Uint8Array> {
    return webStreamTo(this.#queue, this.frameBytes, this.#checkStreamOptions(options));
  }

  /**
   * Ends what was written: completes a begun period with silence, moves it and stops the stream, SNDRV_PCM_IOCTL_DROP. No
   * drain: snd-aloop spoils a partial last period. The next write starts again; until then no silence is inserted either.
   *
   * @returns frames of silence that completed the last period; a last frame that was begun counts as one
   * @throws what {@link write} throws; what was begun is still there then
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(100 * loop.frameBytes));
   * console.log(loop.flush(), capture.avail()); // 380 480
   */
  flush(): number {
    this.#checkTurn();
    return this.#flush();
  }

  /**
   * Opens the other end of this cable in this process, with the same parameters.
   *
   * @throws what LoopbackCapture.open throws; AlsaError ERR_CLOSED
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture({ periods: 64, onInterruption: 'restart' });
   * console.log(capture.name, capture.parameters.periods); // hw:0,1,0 64
   */
  openCapture(options: CaptureOptions = {}): LoopbackCapture {
    checkOptions('options', options, CAPTURE_OPTIONS);
    if (this.closed) throw closedError(this.#name);
    const { format, rate, channels, periodFrames, access } = this.parameters;
    return LoopbackCapture.open({
      ...{ format, rate, channels, periodFrames, access },
      ...options,
      card: this.card,
      device: (1 - this.device) as 0 | 1,
      substream: this.substream,
    });
  }

  /** Waiting for 'listener' events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    return this.#setRef(true);
  }

  /** Waiting for 'listener' events keeps the process alive no more. */
  unref(): this {
    return this.#setRef(false);
  }

  /** Closes the substream, then the timer, unless that was given as `timer`. What waits for the rest of its period is gone. Closing again does nothing. */
  close(): void {
    this.#stopWatching();
    this.#failure?.close();
    release(this.#pump);
    this.#pcm.close();
    if (this.#ownsTimer) this.#timer.close();
    this.#queue.wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #name(): string {
    return `ClockedLoopback hw:${this.card.number},${this.device},${this.substream}`;
  }

  #listener(): Listener {
    return new Listener(this.card.number, 1 - this.device, this.substream);
  }

  #setRef(referenced: boolean): this {
    this.#referenced = referenced;
    this.#watch?.setRef(referenced);
    keep(this, referenced && this.#watch !== undefined);
    return this;
  }

  #watchCaptures(handlers: CaptureWatchHandlers): CaptureWatch {
    return new CaptureWatch(this.card.number, 1 - this.device, this.substream, this.parameters, handlers);
  }

  #startWatching(): void {
    if (this.closed || this.#watch) return;
    this.#watch = this.#watchCaptures({
      told: weakly(this, (loop, event: ListenerEvent) => loop.emit('listener', event)),
      mismatched: weakly(this, (loop, mismatch: ListenerMismatch) => loop.#tellMismatch(mismatch)),
      ended: weakly(this, (loop) => loop.#stopWatching()),
      failed: weakly(this, (loop, error: unknown) => loop.emit('error', error)),
    });
    adopt(this, this.#watch);
    this.#setRef(this.#referenced);
  }

  #stopWatching(): void {
    this.#watch?.close();
    disown(this, this.#watch);
    this.#watch = undefined;
    keep(this, false);
  }

  #tellMismatch(mismatch: ListenerMismatch): void {
    if (this.emit('mismatch', mismatch)) return;
    const { message, access } = mismatch;
    if (message === this.#warned) return;
    this.#warned = message;
    process.emitWarning(message, {
      type: 'AlsaLoopbackWarning',
      code: 'ALSA_UTIMER_LISTENER_MISMATCH',
      ...(access ? { detail: `Open the cable with access: '${access}' for it.` } : {}),
    });
  }

  #checkTurn(): void {
    if (!this.#queue.busy) return;
    throw new AlsaError(`${this.#name} is busy: a send waits for its listener`, {
      code: 'ERR_BUSY',
      hint: 'Await the promise of send() first: what is written now would overtake it.',
    });
  }

  #checkStreamOptions(options: StreamOptions) {
    const checked = checkSendOptions(options, STREAM_OPTIONS);
    return { ...checked, highWaterMark: options.highWaterMark ?? 4 * this.periodBytes };
  }

  #move(bytes: Uint8Array): void {
    if (this.#keepAlive && !this.#keptAlive) this.#startKeepingAlive();
    try {
      this.#write(bytes);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #flush(): number {
    this.#keptAlive = false;
    const frames = this.#call(() => {
      this.#pump.keepAlive(0n, 0n);
      return Math.ceil(this.#pump.pad() / this.frameBytes);
    });
    this.#paddedFrames += frames;
    this.#call(() => {
      this.#pcm.drop();
      this.#pcm.prepare();
      this.#pump.restart(true);
    });
    return frames;
  }

  #startKeepingAlive(): void {
    const { period, grace } = this.#keepAlive ?? {};
    if (period === undefined || grace === undefined) return;
    this.#call(() => this.#pump.keepAlive(period, grace));
    this.#keptAlive = true;
    if (!this.#failure) {
      this.#failure = this.#pump.watchFailure();
      this.#failure.setRef(false);
    }
    this.#awaitFailure();
  }

  #awaitFailure(): void {
    this.#failure?.arm(weakly(this, ClockedLoopback.#silenceFailed));
  }

  /** The next write starts it again, or throws. */
  static #silenceFailed(loop: ClockedLoopback): void {
    const { insertedError, insertedCall } = loop.#pump.stats();
    // A write has started it anew, behind the news of its end.
    if (insertedError === 0) {
      loop.#awaitFailure();
      return;
    }
    loop.#keptAlive = false;
    if (loop.listenerCount('error') === 0) return;
    const isStalled = insertedError === constants.errno.EAGAIN;
    loop.emit(
      'error',
      isStalled
        ? stalled(loop.#name)
        : calledOn('ClockedLoopback', systemError(insertedError, insertedCall, loop.#name)),
    );
  }

  #call<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #notStarted(result: number, state: PcmState): AlsaError {
    const error = notStarted(this.#name, result, state);
    const timer = listTimers().find(
      ({ timerId }) => isUserDriven(timerId) && timerId.subdevice === this.#timer.id,
    );
    const running = timer?.clientList?.filter((client) => client.running).map(({ owner }) => owner) ?? [];
    return running.length === 0 ? error : withHint(error, `Now running on it: ${running.join(', ')}.`);
  }

  #explain(error: unknown): unknown {
    const { code, result, state } = error as NativeError;
    if (code === 'ERR_NOT_STARTED') return this.#notStarted(result ?? 1, stateName(state ?? 0));
    if (code === 'ERR_STALLED') return stalled(this.#name);
    if (code === 'ERR_CLOSED' && !this.closed)
      return closedError(`UserTimer ${this.#timer.id} of ${this.#name}`);
    const explained = calledOn('ClockedLoopback', fromNative(error, this.#name));
    if (!(explained instanceof AlsaError) || (explained.code !== 'EIO' && explained.code !== 'EINVAL'))
      return explained;
    const holder = substreamHolder(this.card.number, 1 - this.device, 'capture', this.substream);
    return holder ? withHint(explained, `Now ${describeHolder(holder)}.`) : explained;
  }
}

/** Milliseconds, or undefined for the default: where silence is inserted only. */
export function checkGrace(name: string, grace: unknown, idle: 'stall' | 'silence'): number | undefined {
  if (grace === undefined) return undefined;
  const checked = checkInteger(name, grace, 0, 3_600_000);
  if (idle === 'silence') return checked;
  throw valueError(name, "left out with idle 'stall', which inserts no silence", grace);
}

/** Nanoseconds of a period that the kernel starts. */
function checkPeriod(rate: number, periodFrames: number): bigint {
  const period = periodDuration(rate, periodFrames);
  if (period < MIN_RESOLUTION) {
    const least = Math.ceil(rate / 10_000);
    throw rangeError('periodFrames', `at least ${least} at ${rate} Hz (100 us)`, periodFrames);
  }
  if (periodResolution(rate, periodFrames) < MIN_RESOLUTION) {
    throw rangeError(
      'periodFrames',
      `some frames more or less: of ${period} ns the kernel keeps 32 bits, which are less than 100 us`,
      periodFrames,
    );
  }
  return period;
}

/** The timer that was given, which fits the period and clocks nothing yet. */
function checkTimer(
  { timer, timerId }: ClockedLoopbackOptions,
  rate: number,
  periodFrames: number,
): UserTimer | undefined {
  if (timer === undefined) return undefined;
  if (!(timer instanceof UserTimer)) throw typeError('timer', 'a UserTimer', timer);
  if (timerId !== undefined) throw valueError('timerId', 'left out with a timer, which has an id', timerId);
  const resolution = periodResolution(rate, periodFrames);
  if (timer.resolutionNs !== resolution) {
    const period = `${periodFrames} frames at ${rate} Hz`;
    throw rangeError('timer.resolutionNs', `${resolution}n, for periods of ${period}`, timer.resolutionNs);
  }
  checkUnclaimed(timer);
  return timer;
}

function stalled(what: string): AlsaError {
  return new AlsaError(`${what} does not move: its buffer is full after triggers`, {
    code: 'ERR_STALLED',
    hint: 'Its timer no longer clocks the cable. Close both ends and open them again.',
  });
}
