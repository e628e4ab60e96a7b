// A recording on standard output: what cannot be written, or is taken by nobody, is no recording.
import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { Output } from '../../../lib/cli/output/output.js';
import { UnreadError } from '../../../lib/cli/output/printing.js';
import { stdoutTarget } from '../../../lib/cli/record/stdout-target.js';
import { WavWriter } from '../../../lib/wav/index.js';

const SHAPE = { format: 'S16_LE', rate: 48_000, channels: 2 } as const;
const never = new AbortController().signal;

/** A standard stream that takes what `room` has room for, and fails then as process.stdout does: it lives on. */
function disk(room: number) {
  const taken: Buffer[] = [];
  const stdout = new Writable({
    autoDestroy: false,
    write(chunk, _, done) {
      if (taken.reduce((sum, { length }) => sum + length, 0) + chunk.length <= room) {
        taken.push(chunk);
        done();
      } else {
        done(Object.assign(new Error('full'), { code: 'ENOSPC', errno: -28, syscall: 'write' }));
      }
    },
  });
  return new Output(stdout, () => {});
}

describe('A recording on standard output', () => {
  it('fails where a disk is full, though other commands go on then', async () => {
    const stdout = disk(1_000);
    const wav = await WavWriter.create(stdoutTarget({ stdout, signal: never }), SHAPE);
    await wav.write(Buffer.alloc(400));
    await expect(wav.write(Buffer.alloc(4_000))).rejects.toThrow(
      expect.objectContaining({ code: 'ENOSPC', message: expect.stringContaining('standard output') }),
    );
    // There would be a hole before it.
    await expect(wav.write(Buffer.alloc(4))).rejects.toThrow();
    expect(wav.frameCount).toBe(100);
    await wav.close();
  });

  it('is given up when the command is to end and nobody takes it', async () => {
    const end = new AbortController();
    let isTold = () => {};
    const stuck = new Promise<void>((resolve) => {
      isTold = resolve;
    });
    const stdout = new Output(new Writable({ write: () => isTold() }), () => {});
    vi.useFakeTimers();
    try {
      const made = WavWriter.create(stdoutTarget({ stdout, signal: end.signal }), SHAPE);
      const refused = expect(made).rejects.toThrow(UnreadError);
      await stuck;
      end.abort();
      await vi.advanceTimersByTimeAsync(5_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('is handed over to a slow reader when the command is to end', async () => {
    const end = new AbortController();
    const taken: string[] = [];
    let take = () => {};
    const slow = new Writable({
      write(chunk, _, done) {
        taken.push(`${chunk.length}`);
        take = done;
      },
    });
    const stdout = new Output(slow, () => {});
    const made = WavWriter.create(stdoutTarget({ stdout, signal: end.signal }), SHAPE);
    await vi.waitFor(() => expect(taken.length).toBe(1));
    take();
    const wav = await made;
    const written = wav.write(Buffer.alloc(400));
    await vi.waitFor(() => expect(taken.length).toBe(2));
    end.abort();
    take();
    await written;
    expect(wav.frameCount).toBe(100);
    await wav.close();
  });
});
