/** How a pacer takes a ClockedLoopback: from then on its thread moves the periods. */
import { closedError } from '../errors.js';
import type { PacedCableHandle } from '../native/binding.js';
import type { ClockedLoopback } from './clocked-loopback.js';
import { queuePeriods } from './pacing-queue.js';
import type { Playback } from './playback.js';
import type { SendQueue } from './send-queue.js';

export interface PacedLoopback {
  /** For messages. */
  readonly name: string;
  readonly handle: PacedCableHandle;
  /** Why a period could not be moved. */
  explain(errno: number, call: string): unknown;
  /** It is not paced any more. */
  end(): void;
}

interface Parts {
  readonly playback: Playback;
  readonly queue: SendQueue;
}

const parts = new WeakMap<ClockedLoopback, Parts>();

/** For the loopback itself, when it is made. */
export function allowPacing(loop: ClockedLoopback, of: Parts): void {
  parts.set(loop, of);
}

/**
 * The playback of a loopback that a pacer may take.
 *
 * @throws AlsaError ERR_CLOSED, ERR_BUSY, ERR_TIMER_IN_USE
 */
export function unpacedPlayback(loop: ClockedLoopback): Playback {
  const { playback, queue } = parts.get(loop) as Parts;
  if (playback.closed) throw closedError(playback.name);
  playback.refuseWhilePaced();
  queue.refuseWhileBusy();
  return playback;
}

/**
 * Has a pacer move what is written from now on.
 *
 * @param close is called where the loopback is closed first
 * @throws RangeError ERR_OUT_OF_RANGE; AlsaError ERR_CLOSED, ERR_BUSY, ERR_TIMER_IN_USE
 */
export function paceLoopback(loop: ClockedLoopback, aheadMs: number, close: () => void): PacedLoopback {
  const playback = unpacedPlayback(loop);
  const { name } = playback;
  const { handle } = playback.pace(queuePeriods(aheadMs, playback), close);
  return {
    name,
    handle,
    explain: (errno, call) => playback.moveFailed(errno, call),
    end: () => playback.unpace(),
  };
}
