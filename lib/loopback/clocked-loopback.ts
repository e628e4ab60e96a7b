/** ClockedLoopback: audio through one cable of snd-aloop, at the pace of whoever writes it. */
import type { Writable } from 'node:stream';
import { checkBytes, checkOptions } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { closedError } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import { adopt, watch } from '../native/lifetime.js';
import { ObservantEmitter } from '../observant-emitter.js';
import type { PcmParameters } from '../pcm/parameters.js';
import type { LoopbackCapture } from './capture.js';
import { CAPTURE_OPTIONS, type CaptureOptions } from './capture-options.js';
import type { LoopbackCard } from './card.js';
import { withCardLock, withCardLockNow } from './card-lock.js';
import { loopbackChannels } from './channels.js';
import type { ClockedLoopbackEvents, ClockedLoopbackStats } from './events.js';
import { ListeningEnd } from './listening-end.js';
import {
  type CheckedClockedLoopbackOptions,
  type ClockedLoopbackOptions,
  type ClockedLoopbackSyncOptions,
  checkClockedLoopbackOptions,
} from './options.js';
import { allowPacing } from './paced-loopback.js';
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

  private constructor(made: typeof MADE, options: CheckedClockedLoopbackOptions, playback: Playback) {
    checkMade(made, 'ClockedLoopback.open()');
    super(
      (type) => {
        if (WATCHED.some((watched) => watched === type) && !this.closed) this.#listening.events.start();
      },
      () => {
        if (WATCHED.every((watched) => this.listenerCount(watched) === 0)) this.#listening.events.stop();
      },
    );
    const { card, device, timer } = options;
    this.card = card;
    this.device = device;
    this.substream = playback.pcm.substream;
    this.parameters = playback.parameters;
    this.#playback = playback;
    playback.begin({
      silenceFailed: (error) => {
        loopbackChannels.publish('loopback:error', { loop: this, error });
        if (this.listenerCount('error') > 0) this.emit('error', error);
      },
      recovered: (xruns) => loopbackChannels.publish('loopback:xrun', { loop: this, xruns }),
    });
    this.#listening = new ListeningEnd(this, this);
    this.#queue = new SendQueue(playback, this.#listening);
    allowPacing(this, { playback, queue: this.#queue });
    watch(this, playback.pump, playback.name);
    adopt(this, this.#listening.reader, playback.pcm, ...(playback.timer === timer ? [] : [playback.timer]));
    loopbackChannels.publish('loopback:open', { loop: this });
    this.#listening.begin();
  }

  /**
   * Creates a timer, or takes `timer`, points the card at it, opens the playback side of a cable and checks that the timer
   * clocks it with the right resolution: SNDRV_TIMER_IOCTL_CREATE, /proc/asound/card<N>/timer_source,
   * SNDRV_PCM_IOCTL_HW_PARAMS, SNDRV_TIMER_IOCTL_GINFO. The first period starts the stream. Processes that open cables of one
   * card take turns, see {@link ClockedLoopbackOptions.signal}.
   *
   * @throws TypeError, RangeError, for instance for periods shorter than 100 us, which the kernel does not start
   * @throws AlsaError what UserTimer.create and Pcm.open throw; what a `timer`, a `timerId` or a `substream` throws that does
   * not fit, see {@link ClockedLoopbackOptions}; ERR_NO_LOOPBACK_CARD; EACCES where timer_source may not be set and names no
   * timer that could be held; ERR_CABLE_CLOCK when a listener has the cable open on another clock; ERR_RESOLUTION when the
   * kernel computes another resolution for the period; ERR_CARD_LOCKED when another process keeps the lock of the card, with
   * its name; the reason of `signal`
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
    const playback = Playback.open(options);
    try {
      return new ClockedLoopback(MADE, options, playback);
    } catch (error) {
      playback.close();
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
   * While a `Pacer` moves the cable, bytes are taken into its queue, and nothing is moved here; beyond the room of the queue
   * nothing is taken.
   *
   * @param bytes any number of bytes of interleaved frames, cut anywhere
   * @throws TypeError ERR_INVALID_ARG_TYPE
   * @throws AlsaError ERR_NOT_STARTED, EIO, EINVAL (the first period), ERR_STALLED, ENODEV, ERR_CLOSED; ERR_QUEUE_FULL ahead of a pacer; ERR_BUSY while a
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
   * /proc/asound/card<N>/pcm<D>c/sub<S>/status is looked at once a period. Several sends take turns, in the order of their
   * calls. No silence is inserted until they are through, and {@link write} and {@link flush} are refused.
   *
   * While a `Pacer` moves the cable, the wait is for room in its queue, whoever listens, and `options.pace` and `unheard` say
   * nothing. What the queue has taken moves later, and the end of a {@link writable} waits for that.
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
   * A Node Writable over {@link send}: a chunk is done when its frames are at the listener. {@link StreamOptions} says what its
   * end does, and what destroying it does.
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
   * `pipeTo` waits for a write that waits, also when it is aborted: give its signal to both.
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
   * drain: snd-aloop spoils a partial last period. The next write starts again; until then no silence is inserted either. While
   * a `Pacer` moves the cable, the period is completed in its queue, and nothing stops.
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
    if (this.closed) throw closedError(this.#playback.name);
    return this.#listening.open(options);
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
}
