// `utimer send` on a terminal that its user has stopped, as Ctrl-S does it: the audio goes on, and signals end the command.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shellLine } from '../../lib/shell-line.js';
import { noise, receiverFor } from '../support/rtp-sockets.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const AUDIO = noise(48_000);
/** Ctrl-S and Ctrl-Q. */
const [STOP, GO_ON] = ['\x13', '\x11'];

let folder: string;
let terminal: ChildProcessWithoutNullStreams | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-terminal-'));
});
afterEach(async () => {
  const running = terminal;
  terminal = undefined;
  if (running && running.exitCode === null) {
    running.kill('SIGKILL');
    await once(running, 'close');
  }
  rmSync(folder, { recursive: true });
});

it.each([
  ['words', []],
  ['JSON', ['--json']],
])('utimer send that prints %s sends all of a file to a receiver', async (_, options) => {
  const { receiver, sink } = await receiverFor();
  const file = join(folder, 'frames.raw');
  writeFileSync(file, AUDIO);
  const shape = ['--sample-format', 'S24_3LE', '--rate', '48000', '--channels', '2'];
  const to = ['--to', `127.0.0.1:${receiver.port}`, '--stats', '10ms', ...options];
  const send = [process.execPath, main, 'send', ...to, ...shape, file];
  // A sanitizer is for Node.js alone: a shell that has forked with it crashes.
  const { LD_PRELOAD = '', ...env } = process.env;
  const line = shellLine('env', `LD_PRELOAD=${LD_PRELOAD}`, ...send);
  const running = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    env,
  });
  terminal = running;
  const ended = once(running, 'close');
  const [first] = await Promise.race([once(running.stdout, 'data'), ended]);
  running.stdin.write(STOP);
  expect(String(first)).toMatch(/sending L24|"open"/);
  expect((await sink.holds(AUDIO.length)).equals(AUDIO)).toBe(true);
  running.stdin.write(GO_ON);
  running.stdout.resume();
  expect(await ended).toEqual([0, null]);
});
