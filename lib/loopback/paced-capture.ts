/** How a pacer takes a ClockedCapture: from then on its thread moves the periods, which wait to be read. */
import { closedError } from '../errors.js';
import type { PacedCaptureHandle } from '../native/binding.js';
import type { ClockedCapture } from './clocked-capture.js';
import { pacedError, queuePeriods } from './pacing-queue.js';
import type { Reading } from './reading.js';
import type { Wakes } from './wakes.js';

export interface PacedCapture {
  /** For messages. */
  readonly name: string;
  readonly handle: PacedCaptureHandle;
  /** Why a period could not be moved. */
  explain(errno: number, call: string): unknown;
  /** It is not paced any more: the reader is its clock again. */
  end(): void;
}

interface Parts {
  readonly reading: Reading;
  /** Of its iterations. */
  readonly wakes: Wakes;
}

const parts = new WeakMap<ClockedCapture, Parts>();

/** For the capture itself, when it is made. */
export function allowPacing(capture: ClockedCapture, of: Parts): void {
  parts.set(capture, of);
}

/**
 * Has a pacer move what is read from now on.
 *
 * @param aheadMs how much may wait to be read
 * @param close is called where the capture is closed first
 * @throws RangeError ERR_OUT_OF_RANGE; AlsaError ERR_CLOSED, ERR_TIMER_IN_USE
 */
export function paceCapture(capture: ClockedCapture, aheadMs: number, close: () => void): PacedCapture {
  const { reading, wakes } = parts.get(capture) as Parts;
  const { name, parameters, frameBytes } = reading;
  if (reading.closed) throw closedError(name);
  if (reading.isPaced) throw pacedError(name);
  const { handle } = reading.pace(queuePeriods(aheadMs, { ...parameters, frameBytes }), close);
  wakes.wake();
  return {
    name,
    handle,
    explain: (errno, call) => reading.moveFailed(errno, call),
    end() {
      reading.unpace();
      wakes.wake();
    },
  };
}
