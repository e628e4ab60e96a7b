/** Lines that a command prints, and whether anybody takes them. */
import { once } from 'node:events';
import type { Io } from './io.js';

/** Prints a line, and waits while whoever reads it is behind; not when the command is to end. */
export async function print({ stdout, signal }: Pick<Io, 'stdout' | 'signal'>, line: string): Promise<void> {
  if (stdout.write(`${line}\n`) || signal.aborted) return;
  try {
    await once(stdout, 'drain', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How long a command that was told to end waits for whoever reads it, ms. */
const READER_PATIENCE = 5_000;

/** Nobody takes what was printed: the command ends without it. */
export class UnreadError extends Error {
  override readonly name = 'UnreadError';
}

/**
 * Waits, at the end of a command that was told to end, until all that it printed is taken.
 *
 * @throws UnreadError when that takes too long
 */
export async function handOver({ stdout }: Pick<Io, 'stdout'>): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), READER_PATIENCE);
  try {
    await Promise.race([
      new Promise<void>((resolve) => stdout.write('', () => resolve())),
      once(late.signal, 'abort').then(() => {
        throw new UnreadError(
          `nobody reads standard output: its end was dropped after ${READER_PATIENCE / 1000} s`,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** An object as one line of JSON. Integers of 64 bits are strings, since few readers keep more than 53 of them. */
export function json(value: object): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member));
}
