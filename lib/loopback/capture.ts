/** LoopbackCapture: the listening end of a cable, in Node. */
import { Readable } from 'node:stream';
import { checkInteger, checkOneOf, checkOptions } from '../arguments.js';
import { AlsaError, closedError, fromNative } from '../errors.js';
import type { PcmHandle, WatcherHandle } from '../native/binding.js';
import { handleOf, release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import type { PcmParameters } from '../pcm/parameters.js';
import { Pcm } from '../pcm/pcm.js';
import { LoopbackCard } from './card.js';

export interface CaptureOptions {
  /** Periods of the buffer, 2..1024: how far the reader may lag. 16 by default. */
  readonly periods?: number;
  /**
   * What an overrun does, when frames were not read in time and are lost. 'error' (default): reading fails with EPIPE.
   * 'restart': the capture starts again with the frames that come next, and counts it in `stats`.
   */
  readonly overrun?: 'error' | 'restart';
}

export interface LoopbackCaptureOptions extends Omit<PcmParameters, 'fillWithSilence'>, CaptureOptions {
  /** The card, or its number or id; the first loopback card when it is left out. */
  readonly card?: LoopbackCard | number | string;
  /** The device to capture on: 1 (default), or 0. */
  readonly device?: 0 | 1;
  /** 0..7; 0 when it is left out. */
  readonly substream?: number;
}

export interface LoopbackCaptureStats {
  /** Frames that were read. */
  readonly frames: number;
  readonly overruns: number;
}

/**
 * Captures from a cable. It runs from the moment it is opened; the event loop waits for frames, and nothing polls.
 *
 * @example
 * using loop = ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
 * using capture = loop.listen();
 * loop.write(new Uint8Array(480 * 4));
 * for await (const frames of capture) {
 *   console.log(frames.length); // 1920
 *   break;
 * }
 */
export class LoopbackCapture implements Disposable, AsyncIterable<Buffer> {
  readonly #pcm: Pcm;
  readonly #watcher: WatcherHandle;
  readonly #overrun: 'error' | 'restart';
  readonly #waiting = new Set<() => void>();
  #frames = 0;
  #overruns = 0;

  private constructor(pcm: Pcm, overrun: 'error' | 'restart') {
    this.#pcm = pcm;
    this.#overrun = overrun;
    this.#watcher = native().watchPcm(handleOf<PcmHandle>(pcm));
    watch(this, this.#watcher, `capture of ${pcm.name}`);
  }

  /**
   * Opens and starts a capture: SNDRV_PCM_IOCTL_HW_PARAMS, PREPARE, START.
   *
   * @throws TypeError, RangeError; AlsaError what Pcm.open and Pcm.start throw, ERR_NO_LOOPBACK_CARD
   */
  static open(options: LoopbackCaptureOptions): LoopbackCapture {
    const given = checkOptions('options', options);
    const overrun = checkOneOf('overrun', given.overrun ?? 'error', ['error', 'restart']);
    const device = checkInteger('device', given.device ?? 1, 0, 1);
    const substream = checkInteger('substream', given.substream ?? 0, 0, 7);
    const { format, rate, channels, periodFrames, periods = 16 } = given;
    const card = given.card instanceof LoopbackCard ? given.card : LoopbackCard.find(given.card);
    const pcm = Pcm.open({
      ...{ format, rate, channels, periodFrames, periods },
      ...{ card: card.number, device, substream, direction: 'capture' },
    });
    try {
      pcm.start();
      return new LoopbackCapture(pcm, overrun);
    } catch (error) {
      pcm.close();
      throw fromNative(error, pcm.name);
    }
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

  get stats(): LoopbackCaptureStats {
    return { frames: this.#frames, overruns: this.#overruns };
  }

  /** Frames that wait to be read. */
  get avail(): number {
    return this.#pcm.avail;
  }

  /**
   * Takes what has been captured, up to the whole buffer: SNDRV_PCM_IOCTL_READI_FRAMES.
   *
   * @returns whole frames; empty when there are none
   * @throws AlsaError EPIPE after an overrun, EBADFD when the writer changed the format, ERR_CLOSED
   */
  read(): Buffer {
    try {
      const frames = this.#pcm.avail;
      const bytes = Buffer.allocUnsafe(Math.min(frames, this.#pcm.bufferFrames) * this.frameBytes);
      const taken = bytes.length === 0 ? this.#whyNothing() : this.#pcm.read(bytes);
      this.#frames += taken;
      return bytes.subarray(0, taken * this.frameBytes);
    } catch (error) {
      if (!(error instanceof AlsaError) || error.code !== 'EPIPE' || this.#overrun === 'error') throw error;
      this.#overruns += 1;
      this.#pcm.prepare();
      this.#pcm.start();
      return Buffer.alloc(0);
    }
  }

  /**
   * Waits until there is at least a period to read, an error, or the end (`close`).
   *
   * @throws AlsaError ERR_CLOSED; AbortError
   */
  async ready(signal?: AbortSignal): Promise<void> {
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
      this.#arm();
    });
  }

  /** What is captured, in the order of the cable, until the capture is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined, undefined> {
    return this.frames();
  }

  /** Like iterating over the capture itself, until `signal` says otherwise. */
  async *frames(signal?: AbortSignal): AsyncGenerator<Buffer, undefined, undefined> {
    while (!this.closed) {
      const frames = this.read();
      if (frames.length > 0) yield frames;
      else await this.ready(signal);
    }
  }

  /** A Node Readable of what is captured. It ends when the capture is closed; destroying it leaves the capture open. */
  readable(options: { readonly highWaterMark?: number } = {}): Readable {
    const abort = new AbortController();
    const next = async (stream: Readable): Promise<void> => {
      while (!this.closed && !abort.signal.aborted) {
        const frames = this.read();
        if (frames.length > 0) {
          stream.push(frames);
          return;
        }
        await this.ready(abort.signal);
      }
      stream.push(null);
    };
    return new Readable({
      ...options,
      read() {
        next(this).catch((error) => {
          if (!abort.signal.aborted) this.destroy(error);
        });
      },
      destroy(error, callback) {
        abort.abort();
        callback(error);
      },
    });
  }

  /** Stops and closes. Whoever waits is woken, and iterations end. Closing again does nothing. */
  close(): void {
    release(this.#watcher);
    this.#pcm.close();
    for (const wake of [...this.#waiting]) wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arm(): void {
    this.#watcher.arm(() => {
      for (const wake of [...this.#waiting]) wake();
    });
  }

  /** Nothing to read is normal while the stream runs; else a read says what is wrong. */
  #whyNothing(): number {
    return this.#pcm.state === 'running' ? 0 : this.#pcm.read(Buffer.alloc(this.frameBytes));
  }
}
