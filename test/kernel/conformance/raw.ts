// Runs the cases of the raw callers of the kernel's timer interface.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, expect } from 'vitest';
import { UserTimer, type UserTimerOptions } from '../../../lib/index.js';
import { findPrograms } from './programs.js';

/** What a case observed. */
export type Observed = Record<string, string | number>;

/**
 * Starts one. It ends with this process, and the keys of a terminal do not reach it: a case that is interrupted would leave a cable
 * in the middle of something.
 */
export async function startProgram(
  ...parameters: readonly (string | number)[]
): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const { native } = await findPrograms();
  const child = spawn(native, parameters.map(String), { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  // One that hangs keeps no process: while a case runs, its time limit does.
  for (const part of [child, child.stdout, child.stderr] as Partial<Socket>[]) part.unref?.();
  return child;
}

/** Why a case that triggers from several threads at once is left out where `raw defers` finds that they do not defer. */
export const TRIGGERS_OVERLAP =
  'triggers at once enter a callback together on this kernel, a use after free beside a close (CVE-2026-68200)';

/** The 64-bit program of a case. */
export async function raw(...parameters: (string | number)[]): Promise<Observed> {
  const child = await startProgram(...parameters);
  const [printed, said, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (status !== 0) throw new Error(`raw ${parameters.join(' ')}: ${said.trim() || (signal ?? status)}`);
  return JSON.parse(printed);
}

/** The same source as a 32-bit program; the 64-bit one starts it, and says so where the kernel runs none. */
export async function raw32(...parameters: (string | number)[]): Promise<Observed> {
  return raw('execute', await narrowProgram(), ...parameters);
}

/** The path of the 32-bit program. */
export async function narrowProgram(): Promise<string> {
  const { narrow } = await findPrograms();
  if (narrow === undefined) throw new Error('there is no 32-bit program');
  return narrow;
}

/** Why no 32-bit program runs here. */
export async function narrowRefusal(): Promise<string | undefined> {
  const { narrow } = await findPrograms();
  if (narrow === undefined) return 'this package has no 32-bit program for this processor';
  try {
    await raw32('numbers');
    return undefined;
  } catch (error) {
    // What `raw execute` says of ENOEXEC.
    const [said] = /this kernel runs no 32-bit programs.*/.exec((error as Error).message) ?? [];
    if (said === undefined) throw error;
    return said;
  }
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
  const child = await startProgram('listen', id, ticks);
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
    await findPrograms();
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
