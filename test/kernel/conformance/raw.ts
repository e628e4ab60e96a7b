// Compiles the raw callers of the kernel's timer interface once, and runs their cases.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeAll, expect } from 'vitest';
import { UserTimer, type UserTimerOptions } from '../../../lib/index.js';

const execute = promisify(execFile);

/** What a case observed. */
export type Observed = Record<string, string | number>;

let built: Promise<{ native: string; narrow: string }> | undefined;

/** Does nothing where they are newer than their sources: compiling takes minutes in a guest. */
async function compile() {
  await execute('make', ['--jobs=2', '--directory', import.meta.dirname]);
  const folder = join(import.meta.dirname, '../../../build/conformance', machine());
  return { native: join(folder, 'raw'), narrow: join(folder, 'raw32') };
}

async function start(path: string, parameters: readonly (string | number)[]): Promise<Observed> {
  const { stdout } = await execute(path, parameters.map(String));
  return JSON.parse(stdout);
}

/** Why a case that triggers from several threads at once is left out where `raw defers` finds that they do not defer. */
export const TRIGGERS_OVERLAP =
  'triggers at once enter a callback together on this kernel, a use after free beside a close (CVE-2026-68200)';

/** The 64-bit program of a case. */
export async function raw(...parameters: (string | number)[]): Promise<Observed> {
  return start((await program()).native, parameters);
}

/** The same source as a 32-bit program; the 64-bit one starts it, and says so where the kernel runs none. */
export async function raw32(...parameters: (string | number)[]): Promise<Observed> {
  return raw('execute', (await program()).narrow, ...parameters);
}

export function program() {
  built ??= compile();
  return built;
}

/**
 * A conversation of one thread with timers, listeners and streams: a step a line, and after ` => ` what it is to return where
 * that is not `ok`. See conversation.c and streams.c.
 */
export async function converse(text: string): Promise<void> {
  const expected = linesOf(text).map((line) => (line.includes(' => ') ? line : `${line} => ok`));
  expect(await transcript(text)).toEqual(expected);
}

/** The same where kernels differ: what each step returned, written like what it is compared with. */
export async function transcript(text: string): Promise<string[]> {
  const steps = linesOf(text).map((line) => line.split(' => ')[0] ?? '');
  const answers = await raw('converse', ...steps);
  return steps.map((step, index) => `${step} => ${answers[index]}`);
}

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A listener in a process of its own: `done` is what it got once it had that many ticks. */
export async function listen(id: number, ticks: number): Promise<{ done: Promise<Observed> }> {
  const child = spawn((await program()).native, ['listen', String(id), String(ticks)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close');
  if ((await lines.next()).value !== 'listening') throw new Error(`Cannot listen to timer ${id}`);
  const done = (async () => {
    const observed = JSON.parse((await lines.next()).value ?? '{}');
    await ended;
    return observed;
  })();
  return { done };
}

/** Lines of /proc/asound/timers that are userspace-driven timers. */
export function timerLines(): string[] {
  return readFileSync('/proc/asound/timers', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('G4:'));
}

/** This process's descriptors of userspace-driven timers, by id. */
export function timerDescriptors(): Map<number, number> {
  const descriptors = new Map<number, number>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const id = /^anon_inode:snd-utimer(\d+)$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      if (id !== undefined) descriptors.set(Number(id), Number(fd));
    } catch {
      // The one that the folder itself was read by.
    }
  }
  return descriptors;
}

/** For every file of cases: the programs, and timers that do not outlive their case. */
export function useTimers(): (options?: UserTimerOptions) => UserTimer {
  const timers: UserTimer[] = [];
  let before: string[];
  beforeAll(async () => {
    await program();
    before = timerLines();
  }, 180_000);
  afterEach(() => {
    for (const timer of timers.splice(0)) timer.close();
    expect(timerDescriptors()).toEqual(new Map());
    expect(timerLines()).toEqual(before);
  });
  return (options = { resolutionNs: 10_000_000n }) => {
    const timer = UserTimer.create(options);
    timers.push(timer);
    return timer;
  };
}
