/** WAV files (RIFF): what is in one, as ALSA names it. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AlsaError } from '../errors.js';
import type { RtpPcmFormat } from '../rtp/format.js';

const PCM = 1;
const EXTENSIBLE = 0xfffe;
const FORMATS = new Map<number, RtpPcmFormat>([
  [16, 'S16_LE'],
  [24, 'S24_3LE'],
  [32, 'S32_LE'],
]);
/** No chunk before the audio is longer in a file that is meant to be played. */
const MAX_FORMAT_BYTES = 4096;

export interface WavAudio {
  readonly format: RtpPcmFormat;
  readonly rate: number;
  readonly channels: number;
  /** Its frames, in `format`. Closes the file at its end, or when it is destroyed. */
  readonly frames: Readable;
}

/**
 * Opens a WAV file of integer samples.
 *
 * @throws AlsaError ERR_INVALID_WAV; the error of the system where it cannot be read
 */
export async function openWav(path: string): Promise<WavAudio> {
  const file = await open(path);
  try {
    return await read(file, path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function read(file: FileHandle, path: string): Promise<WavAudio> {
  const riff = await bytesAt(file, path, 0, 12);
  if (riff.toString('latin1', 0, 4) !== 'RIFF' || riff.toString('latin1', 8) !== 'WAVE') {
    throw invalid(path, 'is no WAV file');
  }
  let description: Omit<WavAudio, 'frames'> | undefined;
  for (let at = 12; ; ) {
    const header = await bytesAt(file, path, at, 8);
    const id = header.toString('latin1', 0, 4);
    const length = header.readUInt32LE(4);
    at += 8;
    if (id === 'fmt ') {
      const chunk = await bytesAt(file, path, at, Math.min(length, MAX_FORMAT_BYTES));
      description = readFormat(path, chunk);
    } else if (id === 'data') {
      if (!description) throw invalid(path, 'has audio before its format');
      const frames = file.createReadStream({
        start: at,
        // Writers into a pipe cannot know the length, and give the largest or none.
        ...(length === 0 || length >= 0xffff_fff0 ? {} : { end: at + length - 1 }),
      });
      return { ...description, frames };
    }
    at += length + (length % 2);
  }
}

function readFormat(path: string, chunk: Buffer): Omit<WavAudio, 'frames'> {
  if (chunk.length < 16) throw invalid(path, 'has a format that is too short');
  const tag = chunk.readUInt16LE(0);
  const bits = chunk.readUInt16LE(14);
  const encoding = tag === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag;
  const format = encoding === PCM ? FORMATS.get(bits) : undefined;
  if (!format) throw invalid(path, `holds encoding ${encoding} of ${bits} bits`);
  return { format, channels: chunk.readUInt16LE(2), rate: chunk.readUInt32LE(4) };
}

async function bytesAt(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw invalid(path, 'ends before its audio');
  return buffer;
}

function invalid(path: string, problem: string): AlsaError {
  return new AlsaError(`${path} ${problem}`, {
    code: 'ERR_INVALID_WAV',
    path,
    hint: 'Integers of 16, 24 or 32 bits are sent. Convert it: sox IN -e signed -b 24 OUT.wav',
  });
}
