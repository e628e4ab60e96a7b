/** A diagnosis: all checks in their order, each only where those before it let it say something. */
import { pagePath } from '../package-root.js';
import { type Check, type CheckStatus, type Finding, shell, skip } from './check.js';
import { timerDevice, timerRights, timersTaken, userTimers } from './device-checks.js';
import { addon, kernelDefects, kernelHasOption, kernelIsNew, place, processIsWide } from './kernel-checks.js';
import { cableHolders, loopbackCard, timerSources } from './loopback-checks.js';
import { type Machine, thisMachine } from './machine.js';
import { governor, idleStates, ptpClocks, realTime } from './machine-checks.js';
import { multicast, reversePath, sockets } from './network-checks.js';
import { soundServers } from './sound-servers.js';
import { cableWorks, timerWorks } from './trial-checks.js';

/** In the order in which what is missing is best got. */
export const CHECKS: readonly Check[] = [
  ...[place, addon, kernelIsNew, kernelHasOption, kernelDefects, processIsWide],
  ...[timerDevice, timerRights, userTimers, timersTaken],
  ...[loopbackCard, timerSources, cableHolders, soundServers],
  ...[realTime, governor, idleStates, ptpClocks, sockets, reversePath, multicast],
  ...[timerWorks, cableWorks],
];

const PAGE = pagePath('doctor.md');

/** What one check found. */
export interface CheckResult {
  /** Names the check: 'timer-device'. */
  readonly id: string;
  readonly status: CheckStatus;
  /** What there is, in words. */
  readonly seen: string;
  /** Why it matters, in a sentence. */
  readonly why: string;
  /** What to do about it, in order: lines for a shell begin with '$ ', others are sentences. Empty where nothing is to be done. */
  readonly next: readonly string[];
  /**
   * Those lines for a shell, without their '$ ', that are safe to run: what they change is gone when the machine starts anew. What
   * `utimer doctor --fix` runs.
   */
  readonly fixes: readonly string[];
  /** Where the documents say more: the path of a page, and an anchor. */
  readonly help: string;
}

/**
 * Looks at all that userspace-driven timers and cables need on this machine, and at the end tries them: it creates a timer and
 * ticks it, and sends frames through a free cable of the first loopback card. What it opens it closes again. Nothing is changed.
 *
 * Never rejects: what goes wrong is a result.
 *
 * @example
 * for await (const { id, status } of diagnose()) if (id === 'timer-trial') console.log(status); // ok
 */
export function diagnose(): AsyncGenerator<CheckResult, void, undefined> {
  return examine(thisMachine(), CHECKS);
}

/** Of any machine. */
export async function* examine(
  machine: Machine,
  checks: readonly Check[],
): AsyncGenerator<CheckResult, void, undefined> {
  const failed = new Set<string>();
  for (const check of checks) {
    const { id, why, after = [] } = check;
    const reason = after.find((before) => failed.has(before));
    const found =
      reason === undefined ? await attempt(check, machine) : skip(`not looked at: ${reason} comes first`);
    // What could not be looked at is no better than what failed, for those behind it.
    if (found.status === 'fail' || reason !== undefined) failed.add(id);
    const { status, seen, next = [] } = found;
    yield {
      ...{ id, status, seen, why, help: `${PAGE}#${id}` },
      next: next.map((step) => (typeof step === 'string' ? step : shell(step.safe))),
      fixes: next.flatMap((step) => (typeof step === 'string' ? [] : step.safe)),
    };
  }
}

async function attempt(check: Check, machine: Machine): Promise<Finding> {
  try {
    return await check.run(machine);
  } catch (error) {
    return { status: 'fail', seen: (error as Error).message };
  }
}
