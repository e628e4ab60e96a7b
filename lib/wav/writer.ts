/** WAV files that are written: RIFF, or RF64 where 32 bits do not hold the length. */
import type { Writable } from 'node:stream';
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  type OptionNames,
  rangeError,
} from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { closedError } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import { frameBytes } from '../pcm/format.js';
import { WAV_WRITER_FORMATS, type WavShape, type WavWriterFormat, wavHeader } from './header.js';
import { openSink, type WavSink } from './sink.js';

export interface WavWriterOptions {
  /** The format of the frames, and of the file. */
  readonly format: WavWriterFormat;
  /** Hz, 1..768000. */
  readonly rate: number;
  /** 1..65535. */
  readonly channels: number;
  /** Write over a file that exists. false when it is left out. */
  readonly overwrite?: boolean;
  /** Ends the wait for a reader of a named pipe, and breaks that pipe. */
  readonly signal?: AbortSignal;
}

const WAV_WRITER_OPTIONS: OptionNames<WavWriterOptions> = {
  format: true,
  rate: true,
  channels: true,
  overwrite: true,
  signal: true,
};

/** The bytes of a frame have 16 bits in a header. */
const MAX_FRAME_BYTES = 0xffff;

/**
 * A WAV file that is written, frame by frame. Its header says that the length is unknown until `close` writes the right one, so
 * that a file whose program was killed is read up to its end. Beyond 4 GiB the file becomes RF64, at the same place. Into a pipe,
 * or a stream, the header goes once, and says that the length is unknown.
 *
 * @example
 * const out = await WavWriter.create('/tmp/take-1.wav', { format: 'S16_LE', rate: 48_000, channels: 2, overwrite: true });
 * await out.write(new Uint8Array(480 * out.frameBytes));
 * await out.close();
 * console.log(out.frameCount); // 480
 */
export class WavWriter implements AsyncDisposable {
  readonly #name: string;
  readonly #sink: WavSink;
  readonly #shape: WavShape;
  /** What was asked for, in order. */
  #last: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #bytes = 0;

  private constructor(made: typeof MADE, name: string, sink: WavSink, shape: WavShape) {
    checkMade(made, 'WavWriter.create()');
    this.#name = name;
    this.#sink = sink;
    this.#shape = shape;
  }

  /**
   * Makes a file, and writes its first header.
   *
   * @param target the path of a file, a named pipe or a device; or a stream, which `close` leaves open
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError EEXIST where the file exists, EACCES, ENOENT, ENOSPC and so on; an AbortError
   */
  static async create(target: string | URL | Writable, options: WavWriterOptions): Promise<WavWriter> {
    const { shape, overwrite } = check(options);
    const signal = checkSignal('signal', options.signal);
    signal?.throwIfAborted();
    const sink = await openSink(target, overwrite, signal);
    try {
      await sink.append(wavHeader(shape, undefined));
    } catch (error) {
      await sink.close();
      throw error;
    }
    return new WavWriter(MADE, `WavWriter ${sink.name}`, sink, shape);
  }

  /** Bytes of one frame. */
  get frameBytes(): number {
    return this.#shape.frameBytes;
  }

  /** Frames that were written. */
  get frameCount(): number {
    return this.#bytes / this.#shape.frameBytes;
  }

  /**
   * Writes frames behind those before. Several writes at once keep their order. The memory is the caller's again when the promise is
   * settled.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE where the bytes are no whole frames
   * @throws AlsaError ERR_CLOSED, ENOSPC, EIO and so on; what was written before stays
   */
  async write(frames: Uint8Array): Promise<void> {
    if (this.#closing) throw closedError(this.#name);
    const lent = new LentBytes('frames', frames);
    const { frameBytes } = this.#shape;
    if (lent.length % frameBytes !== 0)
      throw rangeError('frames', `whole frames of ${frameBytes} bytes`, lent.length);
    const written = this.#last.then(async () => {
      await this.#sink.append(lent.between(0, lent.length));
      this.#bytes += lent.length;
    });
    // Each caller learns of its own failure; the next write tries for itself.
    this.#last = written.catch(() => {});
    return written;
  }

  /**
   * Writes what was asked for before, and the right header. A file is cut behind the last whole write. Closing again waits for the
   * same.
   *
   * @throws AlsaError EIO, ENOSPC and so on
   */
  close(): Promise<void> {
    this.#closing ??= this.#last.then(async () => {
      try {
        await this.#sink.finish(wavHeader(this.#shape, this.#bytes), this.#bytes);
      } finally {
        await this.#sink.close();
      }
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function check(options: WavWriterOptions): { shape: WavShape; overwrite: boolean } {
  checkOptions('options', options, WAV_WRITER_OPTIONS);
  const format = checkOneOf('format', options.format, WAV_WRITER_FORMATS);
  const rate = checkInteger('rate', options.rate, 1, 768_000);
  const most = Math.floor(MAX_FRAME_BYTES / frameBytes(format, 1));
  const channels = checkInteger('channels', options.channels, 1, most);
  const overwrite = checkBoolean('overwrite', options.overwrite ?? false);
  return { shape: { format, rate, channels, frameBytes: frameBytes(format, channels) }, overwrite };
}
