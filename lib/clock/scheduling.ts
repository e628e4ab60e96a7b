/** How the thread of a pacer is scheduled, and what was refused to it. */
import { getSystemErrorName } from 'node:util';
import type { PacerRefusalsNative, PacerSchedulingNative } from '../native/binding.js';

export interface PacerScheduling {
  /** Of the thread: SCHED_FIFO, or SCHED_OTHER. */
  readonly policy: 'fifo' | 'other';
  /** Of SCHED_FIFO. */
  readonly priority: number | undefined;
  /** The only CPU that it runs on. */
  readonly cpu: number | undefined;
  /** Whether its stack and the addon stay in memory. */
  readonly memoryLocked: boolean;
  /** What was asked for and refused, each with the reason and what to do: a sentence or two. */
  readonly refused: readonly string[];
}

export function pacerSchedulingOf(
  asked: PacerSchedulingNative,
  refusals: PacerRefusalsNative,
): PacerScheduling {
  const { priority, cpu, lockMemory } = asked;
  const isFifo = priority > 0 && refusals.priority === 0;
  return Object.freeze({
    policy: isFifo ? 'fifo' : 'other',
    priority: isFifo ? priority : undefined,
    cpu: cpu >= 0 && refusals.cpu === 0 ? cpu : undefined,
    memoryLocked: lockMemory && refusals.memory === 0,
    refused: Object.freeze([...refusedOf(asked, refusals)]),
  });
}

function* refusedOf(
  { priority, cpu }: PacerSchedulingNative,
  refusals: PacerRefusalsNative,
): Iterable<string> {
  if (refusals.priority !== 0) {
    yield `SCHED_FIFO with priority ${priority} was refused (${name(refusals.priority)}): it needs CAP_SYS_NICE, or a limit of ` +
      `${priority} or more (\`ulimit -r\`, rtprio in /etc/security/limits.conf, LimitRTPRIO= of a unit).`;
  }
  if (refusals.cpu !== 0) {
    yield `CPU ${cpu} was refused (${name(refusals.cpu)}): there is no such CPU, or this process may not run on it ` +
      '(Cpus_allowed_list in /proc/self/status).';
  }
  if (refusals.memory !== 0) {
    yield `Locking memory was refused (${name(refusals.memory)}): it needs CAP_IPC_LOCK, or a limit of 4 MiB or more (\`ulimit -l\`, ` +
      'memlock in /etc/security/limits.conf, LimitMEMLOCK= of a unit).';
  }
}

const name = (errno: number) => getSystemErrorName(-errno);
