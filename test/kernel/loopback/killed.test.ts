// Writers that are killed in the middle of everything, over and over.
import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTimers } from '../../../lib/index.js';
import { ClockedLoopback, LoopbackCapture, LoopbackCard } from '../../../lib/loopback/index.js';
import { difference, distLoopback, noise } from './support.js';

let card: LoopbackCard;
beforeAll(async () => {
  card = await LoopbackCard.load();
});
afterAll(() => LoopbackCard.unload());

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 48 } as const;
const SUBSTREAMS = 8;
const GENERATIONS = 13;

/**
 * Opens a cable on each substream and writes for ever: the first one sends frames that count, the others what comes, every
 * other one with silence when it starves. A line says that they are open, and one that each has written.
 */
const writer = () => `
  const { ClockedLoopback } = await import(${distLoopback});
  console.log('opening');
  const [first, ...others] = Array.from({ length: ${SUBSTREAMS} }, (_, substream) => ClockedLoopback.open({
    card: ${card.number}, substream, starvation: substream % 2 === 0 ? 'hold' : 'silence', grace: 0,
    ...${JSON.stringify(stream)},
  }));
  console.log('open');
  const noise = new Uint8Array(1000);
  for (let count = 0; ; ) {
    for (const [index, loop] of others.entries()) loop.write(noise.subarray(0, 100 * (index + 1)));
    const frames = Uint32Array.from({ length: 100 }, () => count++);
    await first.send(new Uint8Array(frames.buffer));
    console.log('written');
    await new Promise(setImmediate);
  }`;

/** Starts a writer, and kills it when it has said so many lines. A listener gets frames that count meanwhile. */
async function killOne(lines: number, listening: boolean): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', writer()], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const exited = once(child, 'exit');
  const received: Buffer[] = [];
  let capture: LoopbackCapture | undefined;
  let left = lines;
  for await (const line of createInterface(child.stdout)) {
    if (line === 'open' && listening) {
      capture = LoopbackCapture.open({ card, device: 1, substream: 0, periods: 500, ...stream });
    }
    if (capture) received.push(capture.read());
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  expect(Buffer.concat(said).toString()).toBe('');
  if (!capture) return;
  received.push(capture.read());
  capture.close();
  const all = Buffer.concat(received);
  expect(all.length).toBeGreaterThan(0);
  const counts = new Uint32Array(all.buffer.slice(all.byteOffset, all.byteOffset + all.length));
  expect(counts.findIndex((count, index) => count !== (counts[0] as number) + index)).toBe(-1);
}

const kernelLog = () => execFileSync('dmesg', { encoding: 'latin1' });
const userTimers = () => listTimers().filter(({ timerId }) => timerId.device === 4);

describe('A hundred writers that are killed while they write', () => {
  it('leave cables that the next ones open, and nothing else', { timeout: 600_000 }, async () => {
    const quiet = kernelLog().length;
    for (let generation = 0; generation < GENERATIONS; generation += 1) {
      // With every other generation somebody listens. Lines: 'opening', 'open', and then what was written.
      await killOne(randomInt(12, 30), generation % 2 === 1);
      expect(userTimers()).toEqual([]);
    }
    expect(GENERATIONS * SUBSTREAMS).toBeGreaterThanOrEqual(100);
    // And while they open: with the card pointed at the timer of one that is gone, perhaps.
    for (let generation = 0; generation < 3; generation += 1) await killOne(1, false);
    expect(userTimers()).toEqual([]);
    for (let substream = 0; substream < SUBSTREAMS; substream += 1) {
      using loop = ClockedLoopback.open({ card, substream, ...stream });
      using capture = loop.listen();
      const sent = noise(3 * loop.periodBytes);
      loop.write(sent);
      expect(difference(sent, capture.read())).toBeUndefined();
    }
    expect(card.timerSource).toBe('');
    expect(card.holders()).toEqual([]);
    const complaints = /BUG|WARNING|Oops|refcount|corruption|blocked for more/g;
    expect(kernelLog().slice(quiet).match(complaints)).toBeNull();
  });
});
