/** The header of a WAV file that is written: it has the same length whatever it says, so that it can be written again at the end. */
import type { WavFormat } from './head.js';

/** Formats that are written: those of RIFF, whose numbers begin with the least significant byte. */
export type WavWriterFormat = Extract<WavFormat, 'S16_LE' | 'S24_3LE' | 'S32_LE' | 'FLOAT_LE'>;

/** Every format that is written. */
export const WAV_WRITER_FORMATS = Object.freeze([
  ...(['S16_LE', 'S24_3LE', 'S32_LE', 'FLOAT_LE'] as const),
]) satisfies readonly WavWriterFormat[];

/** What a header says of its audio. */
export interface WavShape {
  readonly format: WavWriterFormat;
  /** Hz. */
  readonly rate: number;
  readonly channels: number;
  /** Bytes of one frame. */
  readonly frameBytes: number;
}

/** What 32 bits say of a length that they cannot hold, or that is not known. */
const UNKNOWN_LENGTH = 0xffff_ffff;
/** Readers, the one of this library among them, take the last lengths before that for unknown as well. */
const LONGEST = 0xffff_efff;

/** Of KSDATAFORMAT_SUBTYPE_*, behind the two bytes that are the encoding. */
const SUBTYPE = Buffer.from('000000001000800000aa00389b71', 'hex');
const EXTENSIBLE = 0xfffe;
const PCM = 1;
const FLOAT = 3;

/** Room for the chunk `ds64`, with no table. */
const DS64_BYTES = 28;

/**
 * @param bytes of audio; undefined where nobody knows, or nobody knows yet: readers then take what there is, up to the end of
 * the file. Where 32 bits do not hold it, the file is RF64 (EBU Tech 3306).
 */
export function wavHeader(shape: WavShape, bytes: number | undefined): Buffer {
  const format = chunk('fmt ', formatOf(shape));
  // Of what is no integer, readers are told the frames.
  const hasFact = shape.format === 'FLOAT_LE';
  const length = 12 + 8 + DS64_BYTES + format.length + (hasFact ? 12 : 0) + 8;
  const riff = bytes === undefined ? undefined : length - 8 + bytes + (bytes % 2);
  const isLong = riff !== undefined && riff > LONGEST;
  const frames = bytes === undefined ? undefined : bytes / shape.frameBytes;
  const short = (value: number | undefined) => u32(isLong || value === undefined ? UNKNOWN_LENGTH : value);
  return Buffer.concat([
    ...[Buffer.from(isLong ? 'RF64' : 'RIFF'), short(riff), Buffer.from('WAVE')],
    isLong
      ? chunk('ds64', ds64(riff, bytes as number, frames as number))
      : chunk('JUNK', Buffer.alloc(DS64_BYTES)),
    format,
    ...(hasFact ? [chunk('fact', short(frames))] : []),
    ...[Buffer.from('data'), short(bytes)],
  ]);
}

function ds64(riff: number, data: number, frames: number): Buffer {
  return Buffer.concat([...[riff, data, frames].map(u64), u32(0)]);
}

function formatOf({ format, rate, channels, frameBytes }: WavShape): Buffer {
  const bits = (frameBytes / channels) * 8;
  const encoding = format === 'FLOAT_LE' ? FLOAT : PCM;
  // Where a format of 16 bytes is ambiguous, says Microsoft.
  const isExtensible = channels > 2 || (encoding === PCM && bits > 16);
  return Buffer.concat([
    ...[u16(isExtensible ? EXTENSIBLE : encoding), u16(channels), u32(rate)],
    ...[u32(rate * frameBytes), u16(frameBytes), u16(bits)],
    ...(isExtensible
      ? [u16(22), u16(bits), u32(0), u16(encoding), SUBTYPE]
      : encoding === FLOAT
        ? [u16(0)]
        : []),
  ]);
}

function chunk(id: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(id), u32(body.length), body]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
