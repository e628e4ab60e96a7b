/** Clocks, at the seam. */
import type { NativeHandle } from './handle.js';

/** A clock and CLOCK_MONOTONIC at one instant, and how long the reading took; all in nanoseconds. */
export interface ClockReadingNative {
  readonly time: bigint;
  readonly monotonic: bigint;
  readonly delay: bigint;
}

export interface ClockHandle extends NativeHandle {
  /** The call that reads it, 'clock_gettime' or 'ioctl PTP_SYS_OFFSET'. */
  readonly method: string;
  read(): ClockReadingNative;
}
