// The `utimer` command in this process: what it prints, and what it returns.
import { Readable, Writable } from 'node:stream';
import { utimer as run } from '../../lib/cli/run/utimer.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const utimer = (...args: string[]) => utimerFrom(Readable.from([]), neverAborted(), ...args);

export const neverAborted = () => new AbortController().signal;

export async function utimerFrom(stdin: Readable, signal: AbortSignal, ...args: string[]): Promise<Ran> {
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        text[name] += chunk;
        done();
      },
    });
  const code = await run(args, { stdin, stdout: stream('stdout'), stderr: stream('stderr'), signal });
  return { code, ...text };
}
