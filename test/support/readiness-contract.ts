// What waiting for descriptors promises, whatever wakes the event loop and whatever runs the JavaScript: one suite for all of
// them. The scenarios are in test/support/readiness/, and run in a process of their own.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { addonPath } from './addon.js';

export interface Runtime {
  readonly command: string;
  /** Before the path of a program. */
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const program = fileURLToPath(new URL('readiness/scenarios.mjs', import.meta.url));

/** By the names of the scenarios: what they promise, and what they print, or the status that they exit with. */
const promises: Readonly<Record<string, readonly [promise: string, printed: unknown, code?: number]>> = {
  order: ['brings each record once and in order, while others are written', { wrong: 0 }],
  together: ['brings all that is ready in a turn with one call', [20]],
  again: [
    'goes on after it was stopped, also where something came meanwhile',
    [
      [2, [1]],
      [3, [2]],
      [3, [3]],
    ],
  ],
  watcher: ['tells a watcher once each time that it is armed', 3],
  ref: ['keeps the process alive', 'called'],
  unref: ['keeps nothing alive when told not to, or when nobody waits', 'ends'],
  hangup: [
    'tells a hang-up once, and waits no more',
    [
      [7, [1]],
      [7, 0],
    ],
  ],
  closing: ['tells nothing of what was closed, though another has its descriptor now', { wrong: 0 }],
  exitInside: ['lets a process exit from a callback', undefined, 3],
  exitWhileOpen: ['lets a process exit while it waits', undefined, 4],
  throws: ['turns what a callback throws into an uncaught exception, and tells all others', ['a', 'b', 'c']],
  queued: ['runs what a callback has queued', ['nextTick', 'promise']],
  context: [
    'calls in the asynchronous context of whoever waits',
    ['first', 'first', 'second', 'second', 'socket'],
  ],
  workers: ['goes with a worker that is terminated at any moment', { descriptors: 1, more: 0 }],
  workerEnds: ['lets a worker end', 1],
  errors: [
    'fails with the errno and its name',
    [
      ['ENOENT', 2, 'open'],
      ['ENOTTY', 25, 'ioctl SNDRV_TIMER_IOCTL_START'],
      ['EPERM', 1, 'epoll_ctl'],
      ['ERR_CLOSED', 0, ''],
      ['TypeError', 0, ''],
    ],
  ],
};

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function runProgram(
  { command, args, env = {} }: Runtime,
  path: string,
  ...rest: string[]
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args, path, ...rest],
      { env: { ...process.env, ALSA_UTIMER_ADDON: addonPath, NO_COLOR: '1', ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}

export const runScenario = (runtime: Runtime, name: string) => runProgram(runtime, program, name);

/** Within a `describe`: a test for each promise. */
export function keepsItsPromises(runtime: Runtime): void {
  for (const [name, [promise, printed, code = 0]] of Object.entries(promises)) {
    it(promise, async () => {
      const ended = await runScenario(runtime, name);
      const stdout = printed === undefined ? '' : `${JSON.stringify(printed)}\n`;
      expect(ended).toEqual({ code, signal: null, stdout, stderr: '' });
    });
  }
}
