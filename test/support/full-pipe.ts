// A pipe that is full, and that nobody reads: what a program finds whose reader has stopped.
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** @returns its descriptor */
export function openFullPipe(): number {
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-pipe-'));
  try {
    const path = join(folder, 'full');
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    expect(() => {
      for (;;) writeSync(pipe, Buffer.alloc(4096));
    }).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    return pipe;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
