/** The lock of a card: flock on its control device, which whoever opens one of its cables holds for that moment. */
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { controlDevice } from '../device-nodes.js';
import { AlsaError, fromNative } from '../errors.js';
import type { NativeError, NativeHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { glance, readProcName } from '../proc.js';
import { unlessAborted } from '../promises.js';
import type { LoopbackCard } from './card.js';

/** How long one process may keep the lock from whoever waits, ms. An open takes a few. */
const HOLDER_TIMEOUT = 5_000;
/** The longest pause between two tries, ms. flock tells only a thread that it blocks when it is free. */
const PAUSE = 10;

/**
 * Runs `body` with the lock of the card, and gives it back before anything else of this process runs: whatever follows the
 * call may open cables without a wait, or start a program that does, and wait for it.
 *
 * One opener at a time points a card. Whoever may open its PCMs may open its control device, and the lock goes with the
 * process. Containers with device nodes of their own do not share the lock; they give way to each other.
 *
 * @throws what `body` throws; AlsaError ERR_CARD_LOCKED, with the holder's name, when one process holds it for five seconds: it was stopped, or
 * keeps the lock for something else; the reason of `signal`
 */
export async function withCardLock<T>(
  card: LoopbackCard,
  signal: AbortSignal | undefined,
  body: () => T,
): Promise<T> {
  signal?.throwIfAborted();
  let holder: number | undefined;
  let since = performance.now();
  for (let pause = 1; ; pause = Math.min(2 * pause, PAUSE)) {
    const lock = tryLock(card);
    if (lock) return unlockAfter(lock, body);
    const now = performance.now();
    const next = lockHolder(controlDevice(card.number));
    if (next !== holder) since = now;
    holder = next;
    if (now - since > HOLDER_TIMEOUT) throw lockedError(card, holder, now - since);
    await unlessAborted(delay(pause), signal);
  }
}

/**
 * The same without a wait.
 *
 * @throws what `body` throws; AlsaError ERR_CARD_LOCKED, with the holder's name, where somebody has the lock
 */
export function withCardLockNow<T>(card: LoopbackCard, body: () => T): T {
  const lock = tryLock(card);
  if (lock) return unlockAfter(lock, body);
  throw lockedError(card, lockHolder(controlDevice(card.number)), undefined);
}

function unlockAfter<T>(lock: NativeHandle, body: () => T): T {
  try {
    return body();
  } finally {
    lock.close();
  }
}

/** Undefined where somebody has it. */
function tryLock(card: LoopbackCard): NativeHandle | undefined {
  try {
    return native().lockFile(controlDevice(card.number));
  } catch (error) {
    if ((error as NativeError).code === 'EAGAIN') return undefined;
    throw fromNative(error, `${card}`);
  }
}

/** `waited`: ms, where somebody did. */
function lockedError(card: LoopbackCard, holder: number | undefined, waited: number | undefined): AlsaError {
  const path = controlDevice(card.number);
  const name = holder === undefined ? undefined : readProcName(`/proc/${holder}/comm`);
  const who = holder === undefined ? 'another process' : `${name || 'a program'} (process ${holder})`;
  const long = waited === undefined ? '' : `, and was for ${Math.round(waited)} ms`;
  const stopped =
    holder === undefined
      ? `It may have been stopped: \`lslocks\` shows who has a lock on ${path}.`
      : `It has a lock (flock) on ${path}. If it was stopped, continue or end it.`;
  const wait = waited === undefined ? 'ClockedLoopback.open() waits for its turn. ' : '';
  return new AlsaError(`${card} is being opened by ${who}${long}`, {
    code: 'ERR_CARD_LOCKED',
    path,
    hint: `${wait}${stopped}`,
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
