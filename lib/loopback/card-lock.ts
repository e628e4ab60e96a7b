/** The lock of a card: flock on its control device, which whoever opens one of its cables holds for that moment. */
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { controlDevice } from '../device-nodes.js';
import { AlsaError, fromNative } from '../errors.js';
import type { NativeError, NativeHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { glance, readProcName } from '../proc.js';
import type { LoopbackCard } from './card.js';

/** How long one process may hold the lock while the event loop waits for it, ms. An open takes a few. */
const HOLDER_TIMEOUT = 500;
/** How long processes may hold it that take turns, ms. */
const CROWD_TIMEOUT = 5_000;
/** How often to look who holds it, ms. */
const LOOK = 20;

/**
 * One opener at a time points a card. Whoever may open its PCMs may open its control device, and the lock goes with the
 * process. Containers with device nodes of their own do not share the lock; they give way to each other.
 *
 * @throws AlsaError ERR_TIMEOUT, with the holder's name, when a process holds it for half a second: it was stopped, or keeps
 * the lock for something else. Where one process after the other has it, after five seconds
 */
export function lockCard(card: LoopbackCard): NativeHandle {
  const path = controlDevice(card.number);
  const began = performance.now();
  let since = began;
  let looked = began;
  let holder = lockHolder(path);
  for (;;) {
    try {
      return native().lockFile(path);
    } catch (error) {
      if ((error as NativeError).errno !== constants.errno.EAGAIN) throw fromNative(error, `${card}`);
    }
    const now = performance.now();
    if (now - looked >= LOOK) {
      looked = now;
      const next = lockHolder(path);
      if (next !== holder) since = now;
      holder = next;
    }
    if (now - since > HOLDER_TIMEOUT || now - began > CROWD_TIMEOUT)
      throw held(card, path, holder, now - began);
    Atomics.wait(MOMENT, 0, 0, 1);
  }
}

/** For waiting a millisecond without the event loop. */
const MOMENT = new Int32Array(new SharedArrayBuffer(4));

function held(card: LoopbackCard, path: string, holder: number | undefined, waited: number): AlsaError {
  const name = holder === undefined ? undefined : readProcName(`/proc/${holder}/comm`);
  const who = holder === undefined ? 'another process' : `${name || 'a program'} (process ${holder})`;
  return new AlsaError(`${card} is being opened by ${who}, and was for ${Math.round(waited)} ms`, {
    code: 'ERR_TIMEOUT',
    path,
    hint:
      holder === undefined
        ? `It may have been stopped: \`lslocks\` shows who has a lock on ${path}.`
        : `It has a lock (flock) on ${path}. If it was stopped, continue or end it.`,
  });
}

/** The process that has a flock on a file, from /proc/locks; undefined where there is none, or it is of another container. */
export function lockHolder(path: string): number | undefined {
  let file: string;
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
    const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffff_ffffn);
    const hex = (number: bigint) => number.toString(16).padStart(2, '0');
    file = `${hex(major)}:${hex(minor)}:${ino}`;
  } catch {
    return undefined;
  }
  for (const line of (glance('/proc/locks') ?? '').split('\n')) {
    // Those who wait for it have an arrow before the type.
    const [, pid, where] = /^\d+: FLOCK +\S+ +\S+ +(\d+) (\S+)/.exec(line) ?? [];
    if (where === file && Number(pid) > 0) return Number(pid);
  }
  return undefined;
}
