/** What a pacer moves, as its pacing needs it. */
import { constants } from 'node:os';
import { typeError } from '../arguments.js';
import { closedError, systemError } from '../errors.js';
import { ClockedCapture } from '../loopback/clocked-capture.js';
import { ClockedLoopback } from '../loopback/clocked-loopback.js';
import { type PacedCapture, paceCapture } from '../loopback/paced-capture.js';
import { type PacedLoopback, paceLoopback } from '../loopback/paced-loopback.js';
import type { PacedHandle, PacingHandle, UtimerHandle } from '../native/binding.js';
import { handleOf } from '../native/lifetime.js';
import { checkUnclaimed, claimTimer, UserTimer } from '../timer/user-timer.js';

/** A cable that this process writes to, or reads from. */
export type PacedCable = ClockedLoopback | ClockedCapture;

/** A timer, a cable, or nothing. */
export type PacedTarget = UserTimer | PacedCable | null;

export function isPacedCable(target: unknown): target is PacedCable {
  return target instanceof ClockedLoopback || target instanceof ClockedCapture;
}

/**
 * Before options that depend on the target: a forgotten `await` of `ClockedLoopback.open()` is told as what it is.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function checkTarget(target: unknown): asserts target is PacedTarget {
  if (target === null || target instanceof UserTimer || isPacedCable(target)) return;
  throw typeError('target', 'a UserTimer, a ClockedLoopback, a ClockedCapture, or null', target);
}

export interface PreparedTarget {
  /** For messages: 'UserTimer 3'. */
  readonly what: string;
  readonly handle: PacedHandle | null;
  /** From now on until this is closed, nobody else moves it. */
  claim(pacing: PacingHandle): void;
  /** Why it could not be moved. */
  explain(errno: number, call: string): unknown;
  /** It is not paced any more. */
  end(): void;
}

/**
 * @param aheadMs how much is written ahead of a cable, or moved ahead of its reader
 * @param close is called where the target is closed first, if it tells
 * @throws AlsaError ERR_CLOSED, ERR_TIMER_IN_USE, ERR_BUSY
 */
export function prepareTarget(target: PacedTarget, aheadMs: number, close: () => void): PreparedTarget {
  if (target === null) return NOTHING;
  if (target instanceof UserTimer) return preparedTimer(target);
  if (target instanceof ClockedLoopback) return preparedCable(paceLoopback(target, aheadMs, close));
  return preparedCable(paceCapture(target, aheadMs, close));
}

const NOTHING: PreparedTarget = {
  what: 'nothing',
  handle: null,
  claim: () => {},
  explain: (errno, call) => systemError(errno, call),
  end: () => {},
};

function preparedTimer(timer: UserTimer): PreparedTarget {
  checkUnclaimed(timer);
  const what = `UserTimer ${timer.id}`;
  return {
    what,
    handle: handleOf<UtimerHandle>(timer),
    claim: (pacing) => claimTimer(timer, { what: 'is paced by a Pacer', owner: pacing }),
    explain: (errno, call) =>
      errno === constants.errno.EBADF ? closedError(what) : systemError(errno, call, what),
    end: () => {},
  };
}

/** It has claimed its timer itself. */
function preparedCable({ name, handle, explain, end }: PacedLoopback | PacedCapture): PreparedTarget {
  return { what: name, handle, claim: () => {}, explain, end };
}
