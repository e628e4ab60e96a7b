// Lines that a command prints, and a reader that takes none.
import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { handOver, json, print, UnreadError } from '../../../lib/cli/output/printing.js';

describe('A line', () => {
  /** A reader that takes nothing. */
  const blocked = () => new Writable({ highWaterMark: 1, write() {} });

  it('is not waited for any more once a command is to end', async () => {
    const end = new AbortController();
    const printed = print({ stdout: blocked(), signal: end.signal }, 'a line');
    end.abort();
    await printed;
    await print({ stdout: blocked(), signal: end.signal }, 'another');
  });

  it('is handed over at the end, unless nobody takes it', async () => {
    const taken: string[] = [];
    const stdout = new Writable({
      write(chunk, _, done) {
        taken.push(String(chunk));
        setImmediate(done);
      },
    });
    stdout.write('a line');
    await handOver({ stdout });
    expect(taken.join('')).toBe('a line');
    vi.useFakeTimers();
    try {
      const waiting = blocked();
      waiting.write('a line');
      const result = expect(handOver({ stdout: waiting })).rejects.toThrow(UnreadError);
      await vi.advanceTimersByTimeAsync(5_000);
      await result;
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps all bits of an integer', () => {
    expect(json({ a: 2n ** 63n, b: 1 })).toBe('{"a":"9223372036854775808","b":1}');
  });
});
