// `utimer kernel` on a kernel that a distribution has built without userspace-driven timers.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

it('gives the kernel timers, and takes them away without a trace', { timeout: 1_200_000 }, async () => {
  const [folder] = (await run(`${root}scripts/kernel/prepare`, ['plain'])).stdout.split('\n');
  const guest = [
    '--kernel',
    'plain',
    '--timeout',
    '1100',
    'test/vm/rebuilt-timer/guest.sh',
    folder as string,
  ];
  const { stdout } = await run(`${root}scripts/vm/run`, guest, { cwd: root });
  const told = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), JSON.parse(line.slice(line.indexOf(' ')))]),
  );
  const none = { isRunning: true, supported: false, installed: 'none', loaded: 'other' };
  const release = expect.stringMatching(/^6\.12|^[7-9]\./);
  expect(told).toMatchObject({
    before: { ...none, release },
    'doctor-before': { userTimers: expect.stringMatching(/fail|skip/), timer: 'skip', cable: 'skip' },
    installed: { supported: false, installed: 'ours', loaded: 'other' },
    reloaded: { supported: true, installed: 'ours', loaded: 'installed' },
    'doctor-reloaded': { userTimers: 'ok', timer: 'ok', cable: 'ok' },
    removed: none,
    left: true,
  });
});
