/** Cables that a pacer moves, and others play into, at the seam. */
import type { NativeHandle, WatcherHandle } from './handle.js';

/** CapturePump::Content of the first periods that wait, and how many are alike. */
export interface WaitingPeriodsNative {
  readonly periods: number;
  readonly alike: number;
  readonly content: number;
}

/** Periods that wait to be read; the oldest is lost where there is no room. It owns nothing of the cable. What waits outlives its closing. */
export interface PacedCaptureHandle extends NativeHandle {
  /** Fills whole periods; returns how many. */
  read(bytes: Uint8Array): number;
  waiting(): WaitingPeriodsNative;
  /** Periods that were lost so far. */
  lost(): number;
  /** From now on watchMoved() tells of the next period that comes. */
  awaitMoved(): void;
  /** Ready once a period has come since awaitMoved(), or it was closed. */
  watchMoved(): WatcherHandle;
}
