/** Cables that a pacer moves, at the seam. */
import type { NativeHandle, WatcherHandle } from './handle.js';

/**
 * Periods that are written ahead of when they move. It takes over the begun period of the pump, which has it again once this is
 * closed. It owns nothing of the cable.
 */
export interface PacedCableHandle extends NativeHandle {
  /** Takes all bytes, of which there may be no more than room(). */
  write(bytes: Uint8Array): void;
  /** Bytes. */
  room(): number;
  /** Whole periods. */
  queued(): number;
  /** Bytes that wait for the rest of their period. */
  pendingBytes(): number;
  /** Completes a begun period with silence; returns the bytes of silence. */
  pad(): number;
  /** Drops the bytes of a frame that is not complete. */
  dropPartialFrame(frameBytes: number): void;
  /** From now on watchTaken() tells of the next period that is taken. */
  awaitTaken(): void;
  /** Ready once a period was taken since awaitTaken(), or it was closed. */
  watchTaken(): WatcherHandle;
}
