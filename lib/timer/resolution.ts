/** The resolution of a timer that is to clock PCM periods. */
import { checkInteger, rangeError } from '../arguments.js';

const MAX_UINT32 = 0xffff_ffff;

/** Nanoseconds of one period, rounded down: floor(10^9 * periodFrames / rate). */
export function periodDuration(rate: number, periodFrames: number): bigint {
  return (1_000_000_000n * BigInt(periodFrames)) / BigInt(rate);
}

/**
 * The resolution that a timer needs to clock periods of a PCM: floor(10^9 * periodFrames / rate) ns, of which the kernel
 * keeps the low 32 bits. So it is the period itself where that is shorter than 2^32 ns, 4.29 s.
 *
 * snd-aloop compares a timer's resolution with exactly this number (sound/core/pcm_timer.c:
 * snd_pcm_timer_resolution_change, on 64-bit kernels; snd_pcm_runtime.timer_resolution is an unsigned int), and stops both
 * streams with an xrun at the first tick where they differ. 10^9 / rate * periodFrames in integers is a different number
 * for most rates.
 *
 * @param rate Hz, 1..2^32-1
 * @param periodFrames frames a period, 1..2^32-1
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE, also where the low 32 bits are 0, which no timer has
 * @example
 * periodResolution(44_100, 1024); // 23219954n
 * @example
 * periodResolution(8_000, 40_000); // 705032704n
 */
export function periodResolution(rate: number, periodFrames: number): bigint {
  checkInteger('rate', rate, 1, MAX_UINT32);
  checkInteger('periodFrames', periodFrames, 1, MAX_UINT32);
  const duration = periodDuration(rate, periodFrames);
  if (duration === 0n) throw rangeError('rate', 'at most 10^9 * periodFrames', rate);
  const resolution = BigInt.asUintN(32, duration);
  if (resolution === 0n) {
    throw rangeError('periodFrames', 'of a period that is no multiple of 2^32 ns', periodFrames);
  }
  return resolution;
}
