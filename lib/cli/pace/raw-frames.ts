/** Raw frames, from a file, a named pipe or standard input, that are played into a cable. */
import { pipeline } from 'node:stream/promises';
import type { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import { ByteReader } from '../../wav/byte-reader.js';
import { type Io, onInterrupt } from '../output/io.js';
import { HEAD_BYTES, kindOf, openInput } from '../send/input-file.js';
import { UsageError } from '../table/usage-error.js';

/** Frames that can be played, once. */
export interface RawFrames extends Disposable {
  /** Resolves when the last one has moved. Throws an AbortError for the signal. */
  playInto(loop: ClockedLoopback, signal: AbortSignal): Promise<void>;
}

/** @throws UsageError for a file of another kind; the error of the system */
export async function openRawFrames(file: string, { stdin }: Pick<Io, 'stdin'>): Promise<RawFrames> {
  const { name, stream, isThere } = await openInput(file, stdin);
  const reader = new ByteReader(stream);
  const check = async () => refuse(name, kindOf(await reader.peek(HEAD_BYTES)));
  const close = () => void stream.destroy();
  if (isThere) await check().catch(closing(close));
  return {
    async playInto(loop, signal) {
      // What is waited for, stdin for instance, does not look at the signal.
      onInterrupt(signal, close);
      await pipeline(frames(), loop.writable(), { signal });
    },
    [Symbol.dispose]: close,
  };
  async function* frames() {
    await check();
    yield* reader.pieces();
  }
}

function closing(close: () => void): (error: unknown) => never {
  return (error) => {
    close();
    throw error;
  };
}

/** The header of a file would be noise, and so would what is compressed. */
function refuse(name: string, kind: string | undefined): void {
  if (kind === undefined) return;
  const what = kind === 'WAV' ? 'a WAV file' : kind;
  throw new UsageError(
    `${name} is ${what}, and no raw frames; convert it: ffmpeg -i FILE -f s16le -ar 48000 -ac 2 - | utimer pace ... -`,
  );
}
