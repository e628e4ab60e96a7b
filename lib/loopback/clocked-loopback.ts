/** ClockedLoopback: audio through one cable of snd-aloop, at the pace of whoever writes it. */
import type { Writable } from 'node:stream';
import { checkBytes, checkOptions } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { closedError } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import { adopt, watch } from '../native/lifetime.js';
import { ObservantEmitter } from '../observant-emitter.js';
import type { PcmParameters } from '../pcm/parameters.js';
import { Pcm } from '../pcm/pcm.js';
import type { UserTimer } from '../timer/user-timer.js';
import { LoopbackCapture } from './capture.js';
import { CAPTURE_OPTIONS, type CaptureOptions } from './capture-options.js';
import type { LoopbackCard } from './card.js';
import { withCardLock, withCardLockNow } from './card-lock.js';
import { loopbackChannels } from './channels.js';
import type { ClockedLoopbackEvents, ClockedLoopbackStats } from './events.js';
import { ListeningEnd } from './listening-end.js';
import { openClocked } from './open-clocked.js';
import {
  type CheckedClockedLoopbackOptions,
  type ClockedLoopbackOptions,
  type ClockedLoopbackSyncOptions,
  checkClockedLoopbackOptions,
} from './options.js';
import { Playback } from './playback.js';
import { checkSendOptions, type SendOptions, SendQueue } from './send-queue.js';
import { checkStreamOptions, type StreamOptions, webStreamTo, writableTo } from './streams.js';

/** What the other end of the cable is watched for. */
const WATCHED = ['listener', 'mismatch'] as const;

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
 * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
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
  readonly #playback: Playback;
  readonly #listening: ListeningEnd;
  readonly #queue: SendQueue;

  private constructor(made: typeof MADE, options: CheckedClockedLoopbackOptions, timer: UserTimer, pcm: Pcm) {
    checkMade(made, 'ClockedLoopback.open()');
    super(
      (type) => {
        if (WATCHED.some((watched) => watched === type) && !this.closed) this.#listening.events.start();
      },
      () => {
        if (WATCHED.every((watched) => this.listenerCount(watched) === 0)) this.#listening.events.stop();
      },
    );
    this.card = options.card;
    this.device = options.device;
    this.substream = pcm.substream;
    this.parameters = pcm.parameters;
    this.#playback = new Playback(options, timer, pcm, {
      silenceFailed: (error) => {
        loopbackChannels.publish('loopback:error', { loop: this, error });
        if (this.listenerCount('error') > 0) this.emit('error', error);
      },
      recovered: (xruns) => loopbackChannels.publish('loopback:xrun', { loop: this, xruns }),
    });
    this.#listening = new ListeningEnd(this, this);
    this.#queue = new SendQueue(this.#playback, this.#listening);
    watch(this, this.#playback.pump, this.#name);
    adopt(this, this.#listening.reader, pcm, ...(timer === options.timer ? [] : [timer]));
    try {
      this.#playback.begin();
    } catch (error) {
      this.#listening.close();
      this.#playback.close();
      throw error;
    }
    loopbackChannels.publish('loopback:open', { loop: this });
    this.#listening.begin();
  }

  /**
   * Creates a timer, or takes `timer`, points the card at it, opens the playback side of a cable and checks that the timer clocks it with
   * the right resolution: SNDRV_TIMER_IOCTL_CREATE, /proc/asound/card<N>/timer_source, SNDRV_PCM_IOCTL_HW_PARAMS,
   * SNDRV_TIMER_IOCTL_GINFO. The stream is started by its first period. Processes that open cables of one card take turns,
   * by flock on its control device. While others have their turns, some milliseconds each, the promise waits, and the event loop
   * goes on: five seconds for one process that keeps the lock.
   *
   * @throws TypeError, RangeError, for instance for periods shorter than 100 us, which the kernel does not start, and for a
   * `timer` of another resolution
   * @throws AlsaError what UserTimer.create and Pcm.open throw; ERR_NO_LOOPBACK_CARD; ERR_CLOSED, ERR_TIMER_IN_USE for a `timer`
   * that is closed, or clocks another cable; EACCES where timer_source may not be set and names no timer that could be held,
   * or another one than `timer`; ERR_TIMER_ID_TAKEN where it names one that another cable has, or somebody
   * else; ERR_CABLE_CLOCK when a listener has the cable open on another clock; ERR_RESOLUTION when the kernel computes
   * another resolution for the period; ERR_NO_FREE_SUBSTREAM where none is free; ERR_CARD_LOCKED when another process keeps the lock of the card, with its name; the
   * reason of `signal`
   * @example
   * using loop = await ClockedLoopback.open({ card: 'Loopback', substream: 2, idle: 'silence', graceMs: 50,
   *   rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * console.log(loop.listenerName, loop.periodBytes); // hw:0,1,2 1920
   */
  static async open(options: ClockedLoopbackOptions): Promise<ClockedLoopback> {
    const checked = checkClockedLoopbackOptions(options, true);
    return withCardLock(checked.card, checked.signal, () => ClockedLoopback.#openLocked(checked));
  }

  /**
   * As {@link open}, without a wait: where another process has its turn, this fails at once, and names it.
   *
   * @throws what {@link open} throws; AlsaError ERR_CARD_LOCKED when another process opens a cable of the card right now
   * @example
   * using loop = ClockedLoopback.openSync({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * console.log(loop.listenerName); // hw:0,1,0
   */
  static openSync(options: ClockedLoopbackSyncOptions): ClockedLoopback {
    const checked = checkClockedLoopbackOptions(options, false);
    return withCardLockNow(checked.card, () => ClockedLoopback.#openLocked(checked));
  }

  static #openLocked(options: CheckedClockedLoopbackOptions): ClockedLoopback {
    const { card, parameters, device, timer: given } = options;
    const { timer, pcm } = openClocked(options, (substream) =>
      Pcm.open({ ...parameters, card: card.number, device, substream, direction: 'playback' }),
    );
    try {
      return new ClockedLoopback(MADE, options, timer, pcm);
    } catch (error) {
      pcm.close();
      if (timer !== given) timer.close();
      throw error;
    }
  }

  /** What a listener opens, in ALSA's notation, for instance 'hw:0,1,0'. */
  get listenerName(): string {
    return `hw:${this.card.number},${1 - this.device},${this.substream}`;
  }

  /** The id of its timer, 0..127. */
  get timerId(): number {
    return this.#playback.timer.id;
  }

  /** Nanoseconds that a tick of its timer stands for: what `periodResolution` gives for its period. */
  get resolutionNs(): bigint {
    return this.#playback.timer.resolutionNs;
  }

  /** Bytes of one frame. */
  get frameBytes(): number {
    return this.#playback.frameBytes;
  }

  /** Bytes of one period: what a write needs at least to move anything. */
  get periodBytes(): number {
    return this.#playback.frameBytes * this.parameters.periodFrames;
  }

  get closed(): boolean {
    return this.#playback.closed;
  }

  /** What happened so far. Reads /proc/asound/card<N>/pcm<D>c/sub<S>/status for `listener`. */
  stats(): ClockedLoopbackStats {
    const listener = this.#listening.isRunning();
    return { ...this.#playback.stats(), listener };
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
   * {@link send} is under way. With idle 'silence' also what has ended the inserting of silence, once, before any byte is
   * taken. `stats` tells what was moved before; nothing of another period stays in the kernel.
   */
  write(bytes: Uint8Array): void {
    checkBytes('bytes', bytes);
    this.#queue.refuseWhileBusy();
    this.#playback.write(bytes);
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
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
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
    return writableTo(this.#queue, this.frameBytes, checkStreamOptions(options, this.periodBytes));
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
    return webStreamTo(this.#queue, this.frameBytes, checkStreamOptions(options, this.periodBytes));
  }

  /**
   * Ends what was written: completes a begun period with silence, moves it and stops the stream, SNDRV_PCM_IOCTL_DROP. No
   * drain: snd-aloop spoils a partial last period. The next write starts again; until then no silence is inserted either.
   *
   * @returns frames of silence that completed the last period; a last frame that was begun counts as one
   * @throws what {@link write} throws; what was begun is still there then
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(100 * loop.frameBytes));
   * console.log(loop.flush(), capture.avail()); // 380 480
   */
  flush(): number {
    this.#queue.refuseWhileBusy();
    return this.#playback.flush();
  }

  /**
   * Opens the other end of this cable in this process, with the same parameters.
   *
   * @throws what LoopbackCapture.open throws; AlsaError ERR_CLOSED
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture({ periods: 64, onInterruption: 'restart' });
   * console.log(capture.name, capture.parameters.periods); // hw:0,1,0 64
   */
  openCapture(options: CaptureOptions = {}): LoopbackCapture {
    checkOptions('options', options, CAPTURE_OPTIONS);
    if (this.closed) throw closedError(this.#name);
    const { format, rate, channels, periodFrames, access } = this.parameters;
    return LoopbackCapture.open({
      format,
      rate,
      channels,
      periodFrames,
      access,
      ...options,
      card: this.card,
      device: (1 - this.device) as 0 | 1,
      substream: this.substream,
    });
  }

  /** Waiting for 'listener' events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    this.#listening.events.setRef(true);
    return this;
  }

  /** Waiting for 'listener' events keeps the process alive no more. */
  unref(): this {
    this.#listening.events.setRef(false);
    return this;
  }

  /** Closes the substream, then the timer, unless that was given as `timer`. What waits for the rest of its period is gone. Closing again does nothing. */
  close(): void {
    const wasOpen = !this.closed;
    this.#listening.close();
    this.#playback.close();
    this.#queue.wake();
    if (wasOpen) loopbackChannels.publish('loopback:close', { loop: this });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #name(): string {
    return this.#playback.name;
  }
}
