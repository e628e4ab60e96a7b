/** The period pump, at the seam. */
import type { NativeHandle, WatcherHandle } from './handle.js';

export interface PumpStatsNative {
  readonly periods: number;
  readonly insertedPeriods: number;
  /** Of the last write. */
  readonly consumedBytes: number;
  /** Xruns and suspends that were recovered from. */
  readonly xruns: number;
  /** The errno that ended the inserting of silence, or 0. */
  readonly insertedError: number;
  /** The call that it came from. */
  readonly insertedCall: string;
  /** Bucket k: triggers that took 2^k..2^(k+1)-1 ns. */
  readonly triggerCosts: readonly number[];
}

export interface PumpParametersNative {
  /** The byte that silence is made of. */
  readonly silence: number;
  readonly measure: boolean;
  /** /proc/asound/card<N>/pcm<D>c/sub<S> of the other side. */
  readonly listener: string;
}

/** Writes periods to a configured playback substream and triggers the timer of its cable. It owns neither. */
export interface PeriodPumpHandle extends NativeHandle {
  /**
   * Takes all bytes, or throws; `consumedBytes` tells then how many it took. The first one after the inserting of silence has
   * ended by an error takes none and throws SILENCE_ENDED.
   */
  write(bytes: Uint8Array): void;
  /** Bytes that wait for the rest of their period. */
  pendingBytes(): number;
  /** Completes a begun period with silence; returns the bytes of silence. */
  pad(): number;
  /** The stream was prepared, and is started with the next period; `forget` drops a begun one. */
  restart(forget: boolean): void;
  /** Drops the bytes of a frame that is not complete; whole frames stay. Does nothing once it is closed. */
  dropPartialFrame(): void;
  /**
   * Inserts silence while nothing is written. Nanoseconds; a `period` of 0 ends it. Where an error has ended it before, and no
   * write has thrown SILENCE_ENDED, this does instead of beginning.
   */
  keepAlive(period: bigint, grace: bigint): void;
  /** Nothing is inserted until resumeSilence(). */
  pauseSilence(): void;
  /** `unread`: whole periods that the listener has yet to read. */
  resumeSilence(unread: number): void;
  /** Ready once the inserting of silence, which keepAlive began, has ended by an error. */
  watchFailure(): WatcherHandle;
  stats(): PumpStatsNative;
}
