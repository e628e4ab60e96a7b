// `utimer send` by the clock of the machine: what it sends is counted where it comes in.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFullPipe } from '../../support/full-pipe.js';
import { liftLimits } from '../../support/network.js';
import { countingSocket } from '../../support/rtp-sockets.js';

const SHAPE = ['--sample-format', 'S16_LE', '--rate', '48000', '--channels', '2'];
/** Packets of 6 frames of 4 bytes. */
const PACKET_BYTES = 24;
const PACKETS = 20_000;
/** Less than what a sender makes up for, and many times what it may send at once. */
const PAUSE_MS = 900;

let folder = '';
let lower: () => void;
beforeEach(async () => {
  lower = liftLimits();
  folder = await mkdtemp(join(tmpdir(), 'alsa-utimer-sender-'));
});
afterEach(async () => {
  lower();
  await rm(folder, { recursive: true });
});

function send(port: number, args: readonly string[], stderr: 'pipe' | number = 'pipe'): ChildProcess {
  const command = ['dist/cli/main.js', 'send', '--to', `127.0.0.1:${port}`, '--ptime', '0.125', ...args];
  return spawn(process.execPath, command, { stdio: ['pipe', 'pipe', stderr] });
}

async function closeLine(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  expect([child.exitCode, child.signalCode]).toEqual([0, null]);
  return text.trim().split('\n').at(-1) ?? '';
}

describe('utimer send', () => {
  it('loses nothing of a program that paused', async () => {
    const counted = await countingSocket();
    const child = send(counted.port, ['--stats', '0', ...SHAPE, '-']);
    const closed = closeLine(child);
    child.stdin?.write(Buffer.alloc(400 * PACKET_BYTES));
    await counted.all(400);
    await delay(PAUSE_MS);
    child.stdin?.end(Buffer.alloc(PACKETS * PACKET_BYTES));
    expect(await closed).toBe(
      `closed: packets ${PACKETS + 400}, dropped 0, failed 0, frames ${(PACKETS + 400) * 6}`,
    );
    expect(await counted.all(PACKETS + 400)).toBe(PACKETS + 400);
  });

  it('loses nothing when it is stopped for a while', async () => {
    const path = join(folder, 'audio.raw');
    await writeFile(path, Buffer.alloc(PACKETS * PACKET_BYTES));
    const counted = await countingSocket();
    const child = send(counted.port, ['--stats', '0', ...SHAPE, path]);
    const closed = closeLine(child);
    await counted.all(1000);
    child.kill('SIGSTOP');
    await delay(PAUSE_MS);
    child.kill('SIGCONT');
    expect(await closed).toBe(`closed: packets ${PACKETS}, dropped 0, failed 0, frames ${PACKETS * 6}`);
    expect(await counted.all(PACKETS)).toBe(PACKETS);
  });

  it('ends when it is told to, though nobody reads its standard error, where the counters go', async () => {
    const full = openFullPipe();
    try {
      const counted = await countingSocket();
      const child = send(counted.port, ['--sdp-out', '-', '--stats', '10ms', ...SHAPE, '/dev/zero'], full);
      child.stdout?.resume();
      await counted.all(100);
      child.kill('SIGTERM');
      await once(child, 'close');
      expect([child.exitCode, child.signalCode]).toEqual([1, null]);
    } finally {
      closeSync(full);
    }
  });
});
