/** A file, a named pipe or standard input to read audio from: opened so that it can be given up at any time. */
import type { Readable } from 'node:stream';
import { openToRead } from '../../unblocking-file.js';
import { WavReader } from '../../wav/reader.js';

export interface Input {
  /** For messages. */
  readonly name: string;
  readonly stream: AsyncIterable<Uint8Array> & Pick<Readable, 'destroy'>;
  /** Whether what it holds is there already, so that looking at it does not wait. */
  readonly isThere: boolean;
}

/**
 * Opens a file, or takes standard input for '-'.
 *
 * @throws the error of the system; AlsaError EISDIR
 */
export async function openInput(path: string, stdin: NodeJS.ReadableStream): Promise<Input> {
  if (path === '-') return { name: 'standard input', stream: stdin as Readable, isThere: false };
  return { name: path, ...(await openToRead(path)) };
}

/** Files that are no raw frames, though their bytes could be taken for some: by how they begin. */
const KINDS: readonly (readonly [offset: number, text: string, kind: string])[] = [
  [0, 'fLaC', 'a FLAC file'],
  [0, 'OggS', 'an Ogg file'],
  [0, 'ID3\x02', 'an MP3 file'],
  [0, 'ID3\x03', 'an MP3 file'],
  [0, 'ID3\x04', 'an MP3 file'],
  [8, 'AIFF', 'an AIFF file'],
  [8, 'AIFC', 'an AIFF file'],
  [0, 'riff\x2e\x91\xcf\x11', 'a Wave64 file'],
  [0, '.snd\0', 'a Sun audio file'],
  [0, 'caff\0', 'a CAF file'],
  [4, 'ftyp', 'an MP4 file'],
  [0, '\x1a\x45\xdf\xa3', 'a Matroska file'],
];

/** Bytes of a file that tell its kind. */
export const HEAD_BYTES = 12;

/** @returns 'WAV'; or what else a file is known to be, with its article */
export function kindOf(head: Uint8Array): string | undefined {
  if (WavReader.begins(head)) return 'WAV';
  const text = Buffer.from(head).toString('latin1');
  return KINDS.find(([offset, begin]) => text.startsWith(begin, offset))?.[2];
}
