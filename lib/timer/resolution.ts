/** The resolution of a timer that is to clock PCM periods. */
import { checkInteger, rangeError } from '../arguments.js';

const MAX_UINT32 = 0xffff_ffff;

/**
 * Nanoseconds of one period, rounded down: floor(10^9 * periodFrames / rate).
 *
 * snd-aloop compares a timer's resolution with exactly this number (sound/core/pcm_timer.c:
 * snd_pcm_timer_resolution_change, on 64-bit kernels), and stops both streams with an xrun at the first tick where they
 * differ. 10^9 / rate * periodFrames in integers is a different number for most rates.
 *
 * @param rate Hz, 1..2^32-1
 * @param periodFrames frames a period, 1..2^32-1
 * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
 * @example
 * periodResolution(44_100, 1024); // 23219954n
 */
export function periodResolution(rate: number, periodFrames: number): bigint {
  checkInteger('rate', rate, 1, MAX_UINT32);
  checkInteger('periodFrames', periodFrames, 1, MAX_UINT32);
  const resolution = (1_000_000_000n * BigInt(periodFrames)) / BigInt(rate);
  if (resolution === 0n) throw rangeError('rate', 'at most 10^9 * periodFrames', rate);
  return resolution;
}
