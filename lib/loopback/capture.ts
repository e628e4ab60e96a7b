/** LoopbackCapture: the listening end of a cable, in Node. */
import { Readable } from 'node:stream';
import { checkInteger, checkOneOf, checkOptions, checkSignal, type OptionNames } from '../arguments.js';
import { AlsaError, calledOn, closedError, fromNative } from '../errors.js';
import type { PcmHandle, WatcherHandle } from '../native/binding.js';
import { adopt, disown, handleOf, keep, release, watch, weakly } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { ObservantEmitter } from '../observant-emitter.js';
import { namingHolder } from '../pcm/holder.js';
import { checkParameters, PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import { Pcm } from '../pcm/pcm.js';
import { USER_DRIVEN_DEVICE } from '../timer/id.js';
import { LoopbackCard } from './card.js';
import { type WriterState, WriterWatch, writerState } from './writer.js';

/** Of a buffer, where the caller does not say. */
const DEFAULT_PERIODS = 16;

export interface CaptureOptions {
  /** Periods of the buffer, 2..1024: how far the reader may lag. 16 by default, or less where 2 MiB hold no more. */
  readonly periods?: number;
  /**
   * What an overrun does, when frames were not read in time and are lost, and what a suspend of the system does.
   * 'error' (default): reading fails with EPIPE or ESTRPIPE. 'restart': the capture starts again with the frames that come
   * next, and counts it in `stats`.
   */
  readonly onInterruption?: 'error' | 'restart';
}

export const CAPTURE_OPTIONS: OptionNames<CaptureOptions> = { periods: true, onInterruption: true };

export interface LoopbackCaptureOptions extends Omit<PcmParameters, 'fillWithSilence'>, CaptureOptions {
  /** The card, or its number or id; the first loopback card when it is left out. */
  readonly card?: LoopbackCard | number | string;
  /** The device to capture on: 1 (default), or 0. */
  readonly device?: 0 | 1;
  /** 0..7; 0 when it is left out. */
  readonly substream?: number;
}

const LOOPBACK_CAPTURE_OPTIONS: OptionNames<LoopbackCaptureOptions> = {
  format: true,
  rate: true,
  channels: true,
  periodFrames: true,
  access: true,
  ...CAPTURE_OPTIONS,
  card: true,
  device: true,
  substream: true,
};

export interface LoopbackCaptureStats {
  /** Frames that were read. */
  readonly frames: number;
  /** Overruns that were recovered from (onInterruption 'restart'). */
  readonly overruns: number;
  /** Suspends of the system that were recovered from (onInterruption 'restart'). */
  readonly suspends: number;
}

export interface FramesOptions {
  /** Ends a wait: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * When the iteration ends by itself. 'close' (default): when the capture is closed. 'stop': also when the writer has stopped,
   * or paused, and all that it moved was given. Where nobody plays when it begins, a writer is waited for; only on a cable that
   * a userspace-driven timer clocks do frames that wait then stand for a writer that has stopped. On a cable that jiffies or
   * a sound card clock, a capture hears silence while nobody plays, which is given as well. A stop is none where the next start
   * comes within the same turn of the event loop.
   */
  readonly until?: 'close' | 'stop';
}

const FRAMES_OPTIONS: OptionNames<FramesOptions> = { signal: true, until: true };

export interface LoopbackCaptureEvents {
  /**
   * The writer started, stopped, paused, died, was replaced, or has other parameters now. One that plays when the first
   * handler is added is told, too. Changes that cancel each other out within one turn of the event loop are not told. It is
   * snd-aloop's control 'PCM Slave Active' that announces it; the control device is open while there are handlers. Where it
   * cannot be opened, that comes as 'error'.
   */
  writer: [state: WriterState];
  /** Watching the writer failed. */
  error: [error: unknown];
}

/**
 * Captures from a cable. It runs from the moment it is opened; the event loop waits for frames, and nothing polls.
 *
 * @example
 * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
 * using capture = loop.openCapture();
 * capture.on('writer', ({ active }) => console.log(active ? 'on the air' : 'off'));
 * loop.write(new Uint8Array(480 * 4));
 * for await (const frames of capture) {
 *   console.log(frames.length); // 1920
 *   break;
 * }
 */
export class LoopbackCapture
  extends ObservantEmitter<LoopbackCaptureEvents>
  implements Disposable, AsyncIterable<Buffer>
{
  readonly #pcm: Pcm;
  readonly #watcher: WatcherHandle;
  readonly #onInterruption: 'error' | 'restart';
  readonly #waiting = new Set<() => void>();
  readonly #card: LoopbackCard;
  readonly #device: number;
  #watch: WriterWatch | undefined;
  #referenced = true;
  #frames = 0;
  #overruns = 0;
  #suspends = 0;

  private constructor(pcm: Pcm, card: LoopbackCard, device: number, onInterruption: 'error' | 'restart') {
    super(
      (type) => {
        if (type === 'writer') this.#startWatching();
      },
      (type) => {
        if (type === 'writer' && this.listenerCount('writer') === 0) this.#stopWatching();
      },
    );
    this.#pcm = pcm;
    this.#card = card;
    this.#device = device;
    this.#onInterruption = onInterruption;
    this.#watcher = native().watchPcm(handleOf<PcmHandle>(pcm));
    watch(this, this.#watcher, `capture of ${pcm.name}`);
    adopt(this, pcm);
  }

  /**
   * Opens and starts a capture: SNDRV_PCM_IOCTL_HW_PARAMS, PREPARE, START.
   *
   * @throws TypeError, RangeError; AlsaError what Pcm.open and Pcm.start throw, naming the program that causes it;
   * ERR_NO_LOOPBACK_CARD
   * @example
   * using capture = LoopbackCapture.open({ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
   * console.log(capture.name, capture.parameters.periods); // hw:0,1,0 16
   */
  static open(options: LoopbackCaptureOptions): LoopbackCapture {
    // The parameters of the other end fit, too.
    const given = checkOptions('options', options, LOOPBACK_CAPTURE_OPTIONS, PCM_PARAMETERS);
    const { format, rate, channels, periodFrames, periods, access } = given;
    const wanted = { format, rate, channels, periodFrames, ...(access === undefined ? {} : { access }) };
    const parameters = checkParameters(
      periods === undefined ? wanted : { ...wanted, periods },
      DEFAULT_PERIODS,
    );
    const onInterruption = checkOneOf('onInterruption', given.onInterruption ?? 'error', [
      'error',
      'restart',
    ]);
    const device = checkInteger('device', given.device ?? 1, 0, 1);
    const substream = checkInteger('substream', given.substream ?? 0, 0, 7);
    const card = given.card instanceof LoopbackCard ? given.card : LoopbackCard.find(given.card);
    return namingHolder('LoopbackCapture', card.number, device, 'capture', substream, () => {
      const pcm = Pcm.open({ ...parameters, card: card.number, device, substream, direction: 'capture' });
      try {
        pcm.start();
        return new LoopbackCapture(pcm, card, device, onInterruption);
      } catch (error) {
        pcm.close();
        throw fromNative(error, pcm.name);
      }
    });
  }

  /** The device in ALSA's notation, for instance 'hw:0,1,0'. */
  get name(): string {
    return this.#pcm.name;
  }

  /** What the substream is set to. */
  get parameters(): Required<PcmParameters> {
    return this.#pcm.parameters;
  }

  /** Bytes of one frame. */
  get frameBytes(): number {
    return this.#pcm.frameBytes;
  }

  get closed(): boolean {
    return this.#watcher.closed();
  }

  stats(): LoopbackCaptureStats {
    return { frames: this.#frames, overruns: this.#overruns, suspends: this.#suspends };
  }

  /**
   * Who plays into the cable now: SNDRV_CTL_IOCTL_ELEM_READ of the PCM Slave controls on /dev/snd/controlC<N>, and
   * /proc/asound/card<N>/pcm<D>p/sub<S>.
   *
   * @throws AlsaError ENOENT, EACCES, ENODEV once the card is gone
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * const { active, rate } = capture.writer();
   * console.log(active, rate); // true 48000
   */
  writer(): WriterState {
    return writerState(this.#card.number, this.#device, this.#pcm.substream);
  }

  /** Frames that wait to be read. */
  avail(): number {
    return this.#call(() => this.#pcm.avail());
  }

  /**
   * Takes what has been captured, up to the whole buffer: SNDRV_PCM_IOCTL_READI_FRAMES, or READN_FRAMES.
   *
   * @returns whole frames; empty when there are none
   * @throws AlsaError EPIPE after an overrun, ESTRPIPE after a suspend, EBADFD when the writer changed the format, ENODEV
   * once the card is gone, ERR_CLOSED
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * console.log(capture.read().length / capture.frameBytes); // 480
   */
  read(): Buffer {
    try {
      const frames = this.#pcm.avail();
      const bytes = Buffer.allocUnsafe(Math.min(frames, this.#pcm.bufferFrames) * this.frameBytes);
      const taken = bytes.length === 0 ? this.#whyNothing() : this.#pcm.read(bytes);
      this.#frames += taken;
      return bytes.subarray(0, taken * this.frameBytes);
    } catch (error) {
      this.#call(() => this.#restartAfter(error));
      return Buffer.alloc(0);
    }
  }

  /**
   * Waits until there is at least a period to read, an error, or the end (`close`).
   *
   * @throws AlsaError ERR_CLOSED; the reason of `signal`
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * setImmediate(() => loop.write(new Uint8Array(loop.periodBytes)));
   * await capture.ready(AbortSignal.timeout(5_000));
   * console.log(capture.avail()); // 480
   */
  async ready(signal?: AbortSignal): Promise<void> {
    checkSignal('signal', signal);
    signal?.throwIfAborted();
    if (this.closed) throw closedError(`capture of ${this.name}`);
    await new Promise<void>((resolve, reject) => {
      const done = (finish: () => void) => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', abort);
        finish();
      };
      const wake = () => done(resolve);
      const abort = () => {
        done(() => reject(signal?.reason));
        if (this.#waiting.size === 0) this.#watcher.disarm();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(wake);
      this.#watcher.arm(this.#wake);
    });
  }

  /** {@link frames} without options: what is captured, in the order of the cable, until the capture is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined, undefined> {
    return this.frames();
  }

  /**
   * What is captured, in the order of the cable. Leaving the loop leaves the capture open, and nothing is lost by it: the
   * next iteration goes on where this one ended.
   *
   * @throws what {@link read} throws; the reason of `signal`; with until 'stop' what `writer` throws
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * loop.flush();
   * for await (const bytes of capture.frames({ until: 'stop', signal: AbortSignal.timeout(5_000) })) {
   *   console.log(bytes.length); // 1920
   * }
   */
  frames(options: FramesOptions = {}): AsyncGenerator<Buffer, undefined, undefined> {
    const { until = 'close' } = checkOptions('options', options, FRAMES_OPTIONS);
    const signal = checkSignal('signal', options.signal);
    return checkOneOf('until', until, ['close', 'stop']) === 'stop'
      ? this.#untilStop(signal)
      : this.#all(signal, () => false);
  }

  /**
   * A Node Readable over {@link frames}: it ends and fails as that does; destroying it leaves the capture open.
   *
   * @example
   * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * loop.flush();
   * for await (const bytes of capture.readable({ until: 'stop' })) console.log(bytes.length); // 1920
   */
  readable(options: FramesOptions & { readonly highWaterMark?: number } = {}): Readable {
    const { highWaterMark, until = 'close' } = checkOptions('options', options, {
      ...FRAMES_OPTIONS,
      highWaterMark: true,
    });
    const signal = checkSignal('signal', options.signal);
    const abort = new AbortController();
    const frames = this.frames({
      until,
      signal: signal ? AbortSignal.any([signal, abort.signal]) : abort.signal,
    });
    return new Readable({
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
      read() {
        frames.next().then(
          ({ value }) => this.push(value ?? null),
          (error) => this.destroy(error),
        );
      },
      destroy(error, callback) {
        abort.abort();
        // So that what it watches is let go of even where it waits for nothing.
        void frames.return(undefined).catch(() => {});
        callback(error);
      },
    });
  }

  /** Waiting for 'writer' events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    return this.#setRef(true);
  }

  /** Waiting for 'writer' events keeps the process alive no more. */
  unref(): this {
    return this.#setRef(false);
  }

  /** Stops and closes. Whoever waits is woken, and iterations end. Closing again does nothing. */
  close(): void {
    this.#stopWatching();
    release(this.#watcher);
    this.#pcm.close();
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *#all(
    signal: AbortSignal | undefined,
    ended: () => boolean,
  ): AsyncGenerator<Buffer, undefined, undefined> {
    while (!this.closed) {
      signal?.throwIfAborted();
      // Asked first: what a writer moved before it stopped is there to be read.
      const last = ended();
      const frames = this.read();
      if (frames.length > 0) yield frames;
      // A cable that runs on without the writer has more frames each time, and none of them are its.
      if (last) return;
      if (frames.length === 0) await this.ready(signal);
    }
  }

  async *#untilStop(signal: AbortSignal | undefined): AsyncGenerator<Buffer, undefined, undefined> {
    let stopped = false;
    let announced = false;
    // Whether somebody has played whose stop would be the end.
    let hasPlayed = false;
    let failure: { readonly error: unknown } | undefined;
    const watching = this.#watchWriter({
      announced: () => {
        announced = true;
        hasPlayed = true;
        this.#wake();
      },
      told: ({ active }) => {
        hasPlayed ||= active;
        stopped = !active;
        this.#wake();
      },
      // The substream goes with its card, and says so.
      ended: () => {},
      failed: (error) => {
        failure = { error };
        this.#wake();
      },
    });
    try {
      const isOver = () => hasPlayed && !watching.state.active;
      // Frames first: a writer may start between the two.
      hasPlayed = this.#isMovedByWriter && this.avail() > 0;
      stopped = isOver();
      yield* this.#all(signal, () => {
        if (failure) throw failure.error;
        if (announced && !stopped) stopped = isOver();
        announced = false;
        return stopped;
      });
    } finally {
      watching.close();
    }
  }

  /** Whether frames come from a writer alone: no other clock moves the cable, with silence where nobody plays. */
  get #isMovedByWriter(): boolean {
    const { timer } = this.#card.cable(1 - this.#device, this.#pcm.substream);
    return timer?.card === -1 && timer.device === USER_DRIVEN_DEVICE;
  }

  #watchWriter(handlers: ConstructorParameters<typeof WriterWatch>[3]): WriterWatch {
    return new WriterWatch(this.#card.number, this.#device, this.#pcm.substream, handlers);
  }

  #startWatching(): void {
    if (this.closed || this.#watch) return;
    this.#watch = this.#watchWriter({
      told: weakly(this, (capture, state: WriterState) => capture.emit('writer', state)),
      ended: weakly(this, (capture) => capture.#stopWatching()),
      failed: weakly(this, (capture, error: unknown) => {
        capture.#stopWatching();
        capture.emit('error', error);
      }),
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

  #setRef(referenced: boolean): this {
    this.#referenced = referenced;
    this.#watch?.setRef(referenced);
    keep(this, referenced && this.#watch !== undefined);
    return this;
  }

  readonly #wake = (): void => {
    for (const wake of [...this.#waiting]) wake();
  };

  #call<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw calledOn('LoopbackCapture', error);
    }
  }

  /** Starts again after `error` where that was asked for, and is of use. */
  #restartAfter(error: unknown): void {
    const code = error instanceof AlsaError ? error.code : undefined;
    if (this.#onInterruption === 'error' || (code !== 'EPIPE' && code !== 'ESTRPIPE')) throw error;
    if (code === 'EPIPE') this.#overruns += 1;
    else this.#suspends += 1;
    this.#pcm.prepare();
    this.#pcm.start();
  }

  /** Nothing to read is normal while the stream runs; else a read says what is wrong. */
  #whyNothing(): number {
    return this.#pcm.state() === 'running' ? 0 : this.#pcm.read(Buffer.alloc(this.frameBytes));
  }
}
