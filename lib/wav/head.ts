/** The head of a WAV file that is read: its chunks, up to the audio. */
import { AlsaError } from '../errors.js';
import type { PcmFormat } from '../pcm/format.js';
import type { ByteReader } from './byte-reader.js';

/** The formats of ALSA that a WAV file may hold, as it is read here. */
export type WavFormat = Extract<
  PcmFormat,
  'S16_LE' | 'S16_BE' | 'S24_3LE' | 'S24_3BE' | 'S32_LE' | 'S32_BE' | 'FLOAT_LE' | 'FLOAT_BE'
>;

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Names of what is not read, for those who have it. */
const ENCODINGS = new Map([
  [2, 'ADPCM'],
  [FLOAT, 'floating point'],
  [6, 'A-law'],
  [7, 'mu-law'],
  [0x11, 'ADPCM'],
  [0x55, 'MP3'],
]);
/** The format of samples by their bytes, where the least significant byte comes first, and where it comes last. */
const INTEGERS: Readonly<Record<number, readonly [WavFormat, WavFormat]>> = {
  2: ['S16_LE', 'S16_BE'],
  3: ['S24_3LE', 'S24_3BE'],
  4: ['S32_LE', 'S32_BE'],
};

/** Bytes of a chunk `fmt ` or `ds64` that are looked at. */
const MAX_HEADER_BYTES = 4096;
/** Larger than a chunk `fmt ` is: a length that was read in the wrong byte order. */
const ABSURD_FORMAT_BYTES = 0x1_0000;
/** What a chunk of RF64 has for a length where `ds64` has the length. */
const IN_DS64 = 0xffff_ffff;

/** What makes samples of a kind that is read of those of another kind. */
export const CONVERT_SAMPLES = 'Convert it: sox IN.wav -e signed -b 24 OUT.wav';

export interface Head {
  readonly shape: Shape;
  /** Bytes of audio, where the file says how many. */
  readonly bytes: number | undefined;
}

export interface Shape {
  readonly format: WavFormat;
  readonly rate: number;
  readonly channels: number;
  /** Whether samples may lie in the low bytes, against the rule: see Alignment. */
  readonly mayBeLow: boolean;
}

/** Numbers of a chunk, in the file's byte order. */
class Numbers {
  readonly #bytes: Buffer;
  readonly #bigEndian: boolean;

  constructor(bytes: Uint8Array, bigEndian: boolean) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#bigEndian = bigEndian;
  }

  get length(): number {
    return this.#bytes.length;
  }

  id(at: number): string {
    return this.#bytes.toString('latin1', at, at + 4);
  }

  u16(at: number): number {
    return this.#bigEndian ? this.#bytes.readUInt16BE(at) : this.#bytes.readUInt16LE(at);
  }

  u32(at: number): number {
    return this.#bigEndian ? this.#bytes.readUInt32BE(at) : this.#bytes.readUInt32LE(at);
  }

  u64(at: number): number {
    const [low, high] = this.#bigEndian ? [at + 4, at] : [at, at + 4];
    return this.u32(high) * 2 ** 32 + this.u32(low);
  }
}

/** Lengths that chunks have elsewhere: those of RF64 and BW64, where 32 bits are too few. */
interface Ds64 {
  readonly riff: number;
  readonly data: number;
  readonly others: ReadonlyMap<string, number>;
}

/** Reads chunks up to the beginning of the audio. */
export async function readChunks(source: ByteReader, name: string, head: Uint8Array): Promise<Head> {
  const magic = new Numbers(head, false).id(0);
  let bigEndian = magic === 'RIFX';
  let riffBytes = new Numbers(head, bigEndian).u32(4);
  let shape: Shape | undefined;
  let ds64: Ds64 | undefined;
  for (let at = 12; ; ) {
    const header = await source.take(8);
    if (header.length < 8) throw invalid(name, 'ends before its audio');
    let numbers = new Numbers(header, bigEndian);
    const id = numbers.id(0);
    // A writer that calls little-endian numbers RIFX has little-endian samples as well.
    if (id === 'fmt ' && bigEndian && numbers.u32(4) > ABSURD_FORMAT_BYTES) {
      bigEndian = false;
      numbers = new Numbers(header, bigEndian);
      riffBytes = new Numbers(head, bigEndian).u32(4);
    }
    const said = numbers.u32(4);
    const length = said === IN_DS64 ? (ds64?.others.get(id) ?? said) : said;
    at += 8;
    if (id === 'data') {
      if (!shape) throw invalid(name, 'has audio before its format');
      if (ds64 && said === IN_DS64) return { shape, bytes: longDataBytes(ds64, at) };
      return { shape, bytes: dataBytes(length, riffBytes, at) };
    }
    let skipped = 0;
    if (id === 'fmt ' || id === 'ds64') {
      const bytes = await source.take(Math.min(length, MAX_HEADER_BYTES));
      skipped = bytes.length;
      const chunk = new Numbers(bytes, bigEndian);
      if (id === 'fmt ') shape = readFormat(name, chunk, bigEndian);
      else if (chunk.length >= 24) ds64 = readDs64(chunk);
    }
    skipped += await source.skip(length - skipped);
    if (skipped < length) throw invalid(name, 'ends before its audio');
    at += length;
    if (length % 2 === 1 && (await isPadded(source))) at += await source.skip(1);
  }
}

/** Bytes of audio; undefined where they go on to the end of the file, since who wrote the length did not know it. */
function dataBytes(length: number, riffBytes: number, begin: number): number | undefined {
  // Programs that write into a pipe give the largest length of 32 or 31 bits, or nearly so, or 2^31.
  if (isUnknown(length)) return undefined;
  // Those that were killed leave the length that they began with. Where chunks follow according to the whole file's
  // length, there really is no audio.
  if (length === 0 && (isUnknown(riffBytes) || riffBytes + 8 <= begin)) return undefined;
  return length;
}

/** The same of lengths of 64 bits, in which those of 32 bits mean nothing but themselves. */
function longDataBytes({ data, riff }: Ds64, begin: number): number | undefined {
  const isEndless = (bytes: number) => bytes >= Number.MAX_SAFE_INTEGER;
  if (isEndless(data) || (data === 0 && (isEndless(riff) || riff + 8 <= begin))) return undefined;
  return data;
}

function isUnknown(length: number): boolean {
  return (
    (length >= 0x7fff_f000 && length <= 0x8000_0100) ||
    (length >= 0xffff_f000 && length <= 0xffff_ffff) ||
    length >= Number.MAX_SAFE_INTEGER
  );
}

/** Whether a chunk of an odd length is followed by the byte that makes it even: some writers leave it out. */
async function isPadded(source: ByteReader): Promise<boolean> {
  const next = Buffer.from(await source.peek(5)).toString('latin1');
  const known = /^(data|fmt |fact|LIST|bext|iXML|ds64|JUNK)/;
  return !known.test(next) && (next.startsWith('\0') || known.test(next.slice(1)) || !/^[ -~]{4}/.test(next));
}

function readDs64(chunk: Numbers): Ds64 {
  const others = new Map<string, number>();
  const count = chunk.length >= 28 ? chunk.u32(24) : 0;
  for (let at = 28, i = 0; i < count && at + 12 <= chunk.length; at += 12, i += 1) {
    others.set(chunk.id(at), chunk.u64(at + 4));
  }
  return { riff: chunk.u64(0), data: chunk.u64(8), others };
}

function readFormat(name: string, chunk: Numbers, bigEndian: boolean): Shape {
  if (chunk.length < 16) throw invalid(name, 'has a format that is too short');
  const tag = chunk.u16(0);
  const encoding = tag === EXTENSIBLE && chunk.length >= 26 ? chunk.u16(24) : tag;
  const channels = chunk.u16(2);
  const rate = chunk.u32(4);
  const bits = chunk.u16(14);
  if (channels === 0) throw invalid(name, 'has no channels');
  if (rate === 0) throw invalid(name, 'has no sample rate');
  // The samples of a frame share its bytes: 24 bits may lie in three of them or in four.
  const bytes = (chunk.u16(12) || Math.ceil(bits / 8) * channels) / channels;
  const formats = INTEGERS[bytes];
  if (encoding === PCM && formats && bits > 8 && bits <= bytes * 8) {
    return { format: formats[bigEndian ? 1 : 0], rate, channels, mayBeLow: bytes === 4 && bits <= 24 };
  }
  if (encoding === FLOAT && bits === 32 && bytes === 4) {
    return { format: bigEndian ? 'FLOAT_BE' : 'FLOAT_LE', rate, channels, mayBeLow: false };
  }
  const kind = encoding === PCM ? 'integers' : (ENCODINGS.get(encoding) ?? `encoding ${encoding}`);
  throw invalid(
    name,
    `holds ${kind} of ${bits} bits in ${bytes === 1 ? 'a byte' : `${bytes} bytes`}: integers of 16, 24 and 32 bits are read`,
    CONVERT_SAMPLES,
  );
}

export function invalid(name: string, problem: string, hint?: string): AlsaError {
  return new AlsaError(`${name} ${problem}`, { code: 'ERR_INVALID_WAV', path: name, ...(hint && { hint }) });
}
