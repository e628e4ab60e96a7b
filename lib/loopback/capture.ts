/** LoopbackCapture: the listening end of a cable, in Node. */
import type { Readable } from 'node:stream';
import type { WaitOptions } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { AlsaError, calledOn, fromNative } from '../errors.js';
import type { PcmHandle } from '../native/binding.js';
import { adopt, handleOf, release, watch } from '../native/lifetime.js';
import { ObservantEmitter } from '../observant-emitter.js';
import { namingHolder } from '../pcm/holder.js';
import type { PcmParameters } from '../pcm/parameters.js';
import { Pcm } from '../pcm/pcm.js';
import { Readiness } from '../pcm/readiness.js';
import type { LoopbackCaptureEvents, LoopbackCaptureStats } from './capture-events.js';
import { type FrameSource, type FramesOptions, framesOf, readableOf } from './capture-frames.js';
import {
  type CheckedCaptureOptions,
  checkCaptureOptions,
  type LoopbackCaptureOptions,
} from './capture-options.js';
import { loopbackChannels } from './channels.js';
import type { WriterState } from './writer.js';
import { WritingEnd } from './writing-end.js';

/**
 * Captures from a cable. It runs from the moment it is opened; the event loop waits for frames, and nothing polls.
 *
 * @example
 * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
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
  readonly #readiness: Readiness;
  readonly #onInterruption: CheckedCaptureOptions['onInterruption'];
  readonly #writing: WritingEnd;
  readonly #source: FrameSource;
  #frames = 0;
  #overruns = 0;
  #suspends = 0;

  private constructor(made: typeof MADE, pcm: Pcm, options: CheckedCaptureOptions) {
    checkMade(made, 'LoopbackCapture.open()');
    super(
      (type) => {
        if (type === 'writer' && !this.closed) this.#writing.events.start();
      },
      (type) => {
        if (type === 'writer' && this.listenerCount('writer') === 0) this.#writing.events.stop();
      },
    );
    this.#pcm = pcm;
    this.#onInterruption = options.onInterruption;
    const what = `capture of ${pcm.name}`;
    this.#readiness = new Readiness(handleOf<PcmHandle>(pcm), what, pcm.parameters.periodFrames);
    this.#writing = new WritingEnd(this, options, {
      isObserved: () => loopbackChannels.isObserved('capture:writer'),
      changed: (state) => {
        loopbackChannels.publish('capture:writer', { capture: this, state });
        this.emit('writer', state);
      },
      failed: (error, isHandled) => {
        loopbackChannels.publish('capture:error', { capture: this, error });
        // Somebody who only observes is no reason for an 'error' that nobody handles.
        if (isHandled) this.emit('error', error);
      },
    });
    this.#source = this.#frameSource();
    watch(this, this.#readiness, what);
    adopt(this, pcm);
    loopbackChannels.publish('capture:open', { capture: this });
    this.#writing.begin();
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
    const checked = checkCaptureOptions(options);
    const { card, parameters, device, substream } = checked;
    return namingHolder('LoopbackCapture', card.number, device, 'capture', substream, () => {
      const pcm = Pcm.open({ ...parameters, card: card.number, device, substream, direction: 'capture' });
      try {
        pcm.start();
        return new LoopbackCapture(MADE, pcm, checked);
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
    return this.#readiness.closed();
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
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * const { active, rate } = capture.writer();
   * console.log(active, rate); // true 48000
   */
  writer(): WriterState {
    return this.#writing.state();
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
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
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
   * Waits until there is a period to read: poll(2), for the `avail_min` of the substream. With onInterruption 'restart' it goes
   * on behind an overrun or a suspend.
   *
   * @throws TypeError
   * @throws AlsaError EPIPE after an overrun, ESTRPIPE after a suspend, EBADFD when the writer changed the format, ENODEV
   * once the card is gone, ERR_CLOSED, also where it is closed during the wait; the reason of `signal`
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * setImmediate(() => loop.write(new Uint8Array(loop.periodBytes)));
   * await capture.ready({ signal: AbortSignal.timeout(5_000) });
   * console.log(capture.avail()); // 480
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    for (;;) {
      try {
        await this.#readiness.ready(options);
        return;
      } catch (error) {
        this.#call(() => this.#restartAfter(error));
      }
    }
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
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * loop.flush();
   * for await (const bytes of capture.frames({ until: 'stop', signal: AbortSignal.timeout(5_000) })) {
   *   console.log(bytes.length); // 1920
   * }
   */
  frames(options: FramesOptions = {}): AsyncGenerator<Buffer, undefined, undefined> {
    return framesOf(this.#source, options);
  }

  /**
   * A Node Readable over {@link frames}: it ends and fails as that does; destroying it leaves the capture open.
   *
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using capture = loop.openCapture();
   * loop.write(new Uint8Array(loop.periodBytes));
   * loop.flush();
   * for await (const bytes of capture.readable({ until: 'stop' })) console.log(bytes.length); // 1920
   */
  readable(options: FramesOptions & { readonly highWaterMark?: number } = {}): Readable {
    return readableOf((given) => this.frames(given), options);
  }

  /** Waiting for 'writer' events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    this.#writing.events.setRef(true);
    return this;
  }

  /** Waiting for 'writer' events keeps the process alive no more. */
  unref(): this {
    this.#writing.events.setRef(false);
    return this;
  }

  /** Stops and closes. Whoever waits is woken, and iterations end. Closing again does nothing. */
  close(): void {
    const wasOpen = !this.closed;
    this.#writing.close();
    release(this.#readiness);
    this.#pcm.close();
    if (wasOpen) loopbackChannels.publish('capture:close', { capture: this });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #frameSource(): FrameSource {
    return {
      closed: () => this.closed,
      read: () => this.read(),
      avail: () => this.avail(),
      ready: (signal) => this.#readiness.wait(signal),
      wake: () => this.#readiness.wake(),
      watchWriter: (handlers) => this.#writing.watch(handlers),
      isMovedByWriter: () => this.#writing.isOnlyMover(),
    };
  }

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
    if (code !== 'EPIPE' && code !== 'ESTRPIPE') throw error;
    loopbackChannels.publish('capture:interruption', { capture: this, error });
    if (this.#onInterruption === 'error') throw error;
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
