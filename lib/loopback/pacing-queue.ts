/** The queue between a pacer and whoever writes into a cable that it moves, or reads from it. */
import { rangeError } from '../arguments.js';
import { AlsaError } from '../errors.js';

/** Of what waits for its time to move, or to be read. */
export const MAX_QUEUE_BYTES = 2 ** 28;

interface Shape {
  /** Hz. */
  readonly rate: number;
  readonly periodFrames: number;
  readonly frameBytes: number;
}

/**
 * How many periods have room in so much time.
 *
 * @throws RangeError ERR_OUT_OF_RANGE
 */
export function queuePeriods(aheadMs: number, { rate, periodFrames, frameBytes }: Shape): number {
  const periods = Math.ceil((aheadMs * rate) / (1_000 * periodFrames));
  const most = Math.floor(MAX_QUEUE_BYTES / (periodFrames * frameBytes));
  if (periods <= most) return periods;
  const mostMs = Math.floor((most * periodFrames * 1_000) / rate);
  throw rangeError('aheadMs', `1..${mostMs} for this stream (256 MiB)`, aheadMs);
}

/** Another pacer moves it. */
export function pacedError(name: string): AlsaError {
  return new AlsaError(`${name} is paced by a Pacer already`, {
    code: 'ERR_TIMER_IN_USE',
    hint: 'Close that Pacing first.',
  });
}
