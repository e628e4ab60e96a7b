/** The number that the kernel knows a thread by, which is not that of gettid(2) in a PID namespace, as containers have. */
import { statSync } from 'node:fs';
import { TIMER_DEVICE } from '../device-nodes.js';
import { AlsaError, callNative } from '../errors.js';
import { native } from '../native/load.js';
import { addressOf, globalTimerId } from './id.js';
import { readTimers } from './proc-timers.js';

/** PROC_PID_INIT_INO (include/linux/proc_ns.h): the inode of the initial PID namespace. */
const INITIAL_NAMESPACE = 0xefff_fffc;
/** Openings, in case that others open the timer at the same time. */
const ROUNDS = 10;

let found: number | undefined;

/**
 * The number of the calling thread, whose gettid(2) is `thread`, in the initial PID namespace. In another one no system call
 * tells it, but the name of a client in /proc/asound/timers does (sound/core/timer.c: snd_timer_user_tselect).
 *
 * @throws AlsaError ERR_PID_NAMESPACE where it cannot be told; what opening the system timer throws
 */
export function kernelThread(thread: number): number {
  if (statSync('/proc/self/ns/pid', { throwIfNoEntry: false })?.ino === INITIAL_NAMESPACE) return thread;
  found ??= findThread();
  return found;
}

/** Nothing else happens in this thread meanwhile, so that a name that is alone in being there once more is its own. */
function findThread(): number {
  const what = 'client of the system timer';
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = clients();
    const after = callNative(what, () => {
      const handle = native().openTimerInstance(TIMER_DEVICE, false);
      try {
        const [timerClass, ...rest] = addressOf(SYSTEM);
        handle.select(timerClass, 0, ...rest);
        return clients();
      } finally {
        handle.close();
      }
    });
    const more = [...after].filter(([number, count]) => count > (before.get(number) ?? 0));
    if (more[0] !== undefined && more.length === 1) return more[0][0];
  }
  throw new AlsaError('The number that the kernel gives this thread, the master of slaves, cannot be told', {
    code: 'ERR_PID_NAMESPACE',
    hint:
      'In a PID namespace, as of a container, only /proc/asound/timers tells it: make that readable ' +
      '(docker run --security-opt systempaths=unconfined).',
  });
}

const SYSTEM = globalTimerId('system');

/** How often each thread has the system timer open, by the number that the kernel gives it. */
function clients(): Map<number, number> {
  const [timerClass, , device] = addressOf(SYSTEM);
  const counts = new Map<number, number>();
  for (const { address, clients: list } of readTimers()) {
    if (address[0] !== timerClass || address[2] !== device) continue;
    for (const { owner } of list) {
      const [, number] = /^application (\d+)$/.exec(owner) ?? [];
      if (number !== undefined) counts.set(Number(number), (counts.get(Number(number)) ?? 0) + 1);
    }
  }
  return counts;
}
