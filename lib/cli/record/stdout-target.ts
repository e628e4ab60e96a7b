/** Standard output as what a recording is written to. Other commands go on without it; here it is what the command is for. */
import { Writable } from 'node:stream';
import { fromFileSystem } from '../../proc.js';
import { unlessAborted } from '../../promises.js';
import { type Io, onInterrupt } from '../output/io.js';
import type { Output } from '../output/output.js';
import { handOver } from '../output/printing.js';

/**
 * Passes on what it is given, and fails where that could not be written. When the command is to end, and nobody takes what waits,
 * it fails with an UnreadError.
 */
export function stdoutTarget({ stdout, signal }: Pick<Io, 'stdout' | 'signal'>): Writable {
  const unread = new AbortController();
  onInterrupt(signal, () => void handOver({ stdout }).catch((error) => unread.abort(error)));
  const write = async (chunk: Uint8Array) => {
    const taken = new Promise<void>((resolve) => stdout.write(chunk, () => resolve()));
    await unlessAborted(taken, unread.signal);
    const { failure } = stdout as Partial<Output>;
    if (failure) throw fromFileSystem(failure, 'standard output');
  };
  const target = new Writable({
    write(chunk, _, done) {
      write(chunk).then(() => done(), done);
    },
  });
  // The callback of the write tells as well.
  return target.on('error', () => {});
}
