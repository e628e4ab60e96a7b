// An application whose frames are recorded as it writes them: what is sent into a card, and what comes out of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const FRAMES = 4800;

/** Records what it writes, and keeps both. */
const APPLICATION = `
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { ClockedLoopback } from 'alsa-utimer/loopback';

const loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
const format = ['-t', 'raw', '-f', 'S16_LE', '-r', '48000', '-c', '2', '-s', '${FRAMES}'];
const recorder = spawn('arecord', ['-q', '-D', loop.listenerName, ...format, 'results/recorded.raw'], { stdio: 'inherit' });
const ended = once(recorder, 'exit');
const frames = randomBytes(${FRAMES} * loop.frameBytes);
writeFileSync('results/sent.raw', frames);
await loop.send(frames);
const [status] = await ended;
loop.close();
process.exitCode = status;
`;

export class RecordedFrames {
  /** To be run in the folder, with a Loopback card. */
  readonly command = ['node', 'application.js'];
  /** What it writes to. */
  readonly results: string;

  /** @param folder of a program that depends on the package */
  constructor(folder: string) {
    writeFileSync(join(folder, 'application.js'), APPLICATION);
    this.results = join(folder, 'results');
    mkdirSync(this.results);
  }

  expectAll(): void {
    const read = (name: string) => readFileSync(join(this.results, `${name}.raw`));
    const recorded = read('recorded');
    expect(recorded.length).toBe(FRAMES * 4);
    expect(recorded.equals(read('sent'))).toBe(true);
  }
}
