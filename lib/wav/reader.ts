/** WAV files and streams: RIFF and RIFX, and RF64 and BW64 beyond 4 GiB (EBU Tech 3306, ITU-R BS.2088). */
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { checkIterable, checkOptions, checkSignal, checkString, type OptionNames } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { frameBytes } from '../pcm/format.js';
import { openToRead } from '../unblocking-file.js';
import { Alignment } from './alignment.js';
import { ByteReader } from './byte-reader.js';
import { type Head, invalid, readChunks, type WavFormat } from './head.js';

export interface WavReaderOptions {
  /** How errors call it: the path, or 'the stream', when it is left out. */
  readonly name?: string;
  /** Ends reading, of a named pipe for instance. A stream that was given is the caller's, and stays as it is. */
  readonly signal?: AbortSignal;
}

const WAV_READER_OPTIONS: OptionNames<WavReaderOptions> = { name: true, signal: true };

/**
 * A WAV file or stream that is read: RIFF, RIFX, RF64 and BW64, with integers of 16, 24 and 32 bits or floating point of 32.
 *
 * It is read forward only, so that pipes and sockets will do. Files that were cut, or whose program was killed, are read as far
 * as they go.
 *
 * @example
 * const wav = await WavReader.open('music.wav');
 * console.log(wav.parameters); // { format: 'S16_LE', rate: 48000, channels: 2 }
 * for await (const frames of wav.frames()) console.log(frames.length); // 1920
 */
export class WavReader implements Disposable {
  /** How the file is called, in errors. */
  readonly name: string;
  /** What a cable takes it with. */
  readonly parameters: {
    readonly format: WavFormat;
    /** Hz. */
    readonly rate: number;
    readonly channels: number;
  };
  /** Frames that the file says to have; undefined where the program that wrote it could not know. */
  readonly frameCount: number | undefined;
  readonly #source: ByteReader;
  readonly #bytes: number;
  readonly #alignment: Alignment | undefined;
  readonly #close: () => void;
  #read = 0;
  #missing = 0;

  private constructor(
    made: typeof MADE,
    source: ByteReader,
    name: string,
    { shape, bytes }: Head,
    close: () => void,
  ) {
    checkMade(made, 'WavReader.open()');
    const { format, rate, channels } = shape;
    this.#source = source;
    this.#close = close;
    this.name = name;
    this.parameters = { format, rate, channels };
    this.#bytes = bytes ?? Number.POSITIVE_INFINITY;
    this.#alignment = shape.mayBeLow ? new Alignment(format.endsWith('BE')) : undefined;
    this.frameCount = bytes === undefined ? undefined : Math.floor(bytes / this.frameBytes);
  }

  /** Whether a file begins as a WAV file does. 12 bytes are enough to tell. */
  static begins(head: Uint8Array): boolean {
    return /^(RIFF|RIFX|RF64|BW64)[\s\S]{4}WAVE/.test(Buffer.from(head).toString('latin1'));
  }

  /**
   * Reads up to the audio.
   *
   * @param source the path of a file or a named pipe, or what gives its bytes: a stream, for instance
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   * @throws AlsaError ERR_INVALID_WAV, EISDIR; the error of the system, or of the source; an AbortError
   */
  static async open(
    source: string | URL | AsyncIterable<Uint8Array>,
    options: WavReaderOptions = {},
  ): Promise<WavReader> {
    checkOptions('options', options, WAV_READER_OPTIONS);
    const signal = checkSignal('signal', options.signal);
    const isFile = typeof source === 'string' || source instanceof URL;
    if (!isFile) checkIterable('source', source);
    const name = checkString('name', options.name ?? (isFile ? basename(`${source}`) : 'the stream'));
    signal?.throwIfAborted();
    const stream = isFile ? (await openToRead(source, signal)).stream : source;
    const close = () => {
      if (isFile) (stream as Readable).destroy();
    };
    try {
      const reader = new ByteReader(stream);
      const head = await reader.take(12);
      if (!WavReader.begins(head)) throw invalid(name, head.length === 0 ? 'is empty' : 'is no WAV file');
      return new WavReader(MADE, reader, name, await readChunks(reader, name, head), close);
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Bytes of one frame. */
  get frameBytes(): number {
    return frameBytes(this.parameters.format, this.parameters.channels);
  }

  /**
   * Frames, in the format of `parameters`, in pieces that hold whole ones. There is one way through the file: what was taken comes
   * no more. A file that was opened by its path is closed at the end of the loop, however that ends.
   */
  async *frames(): AsyncGenerator<Uint8Array, void, undefined> {
    let rest: Uint8Array = new Uint8Array(0);
    try {
      for await (const piece of this.#source.pieces(this.#bytes)) {
        this.#read += piece.length;
        const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
        const whole = bytes.length - (bytes.length % this.frameBytes);
        rest = bytes.subarray(whole);
        if (whole > 0) yield this.#alignment?.toHigh(bytes.subarray(0, whole)) ?? bytes.subarray(0, whole);
      }
      if (this.frameCount !== undefined)
        this.#missing = this.frameCount - Math.floor(this.#read / this.frameBytes);
    } finally {
      this.close();
    }
  }

  /** Frames that the file says to have, and has not: it was cut. Known when `frames` has come to its end. */
  get missingFrames(): number {
    return this.#missing;
  }

  /** Closes a file that was opened by its path. A stream that was given is the caller's, and stays open. */
  close(): void {
    this.#close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
