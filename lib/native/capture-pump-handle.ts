/** The pump of a capture that is the clock of its cable, at the seam. */
import type { NativeHandle } from './handle.js';

export interface CapturePumpStatsNative {
  /** Periods that were moved. */
  readonly periods: number;
  /** Of those: periods while nobody played. */
  readonly silentPeriods: number;
  /** Of those: periods that a player had not filled. */
  readonly underruns: number;
  /** Overruns and suspends that were recovered from. */
  readonly xruns: number;
  /** Periods that were lost by that. */
  readonly lostPeriods: number;
}

export interface CapturePumpParametersNative {
  /** The byte that silence is made of. */
  readonly silence: number;
  /** Whether nothing moves while nobody plays; else that is silence. */
  readonly stalls: boolean;
  /** /proc/asound/card<N>/pcm<D>p/sub<S> of the other side. */
  readonly player: string;
}

/** Triggers the timer of a cable, and reads the periods from a configured capture substream. It owns neither. */
export interface CapturePumpHandle extends NativeHandle {
  /** Starts the stream; no period moves by that. */
  start(): void;
  /**
   * Moves periods, and fills `bytes` with them. Returns how many: fewer where it stalls, and where something went wrong behind them,
   * which the next call throws.
   */
  read(bytes: Uint8Array): number;
  stats(): CapturePumpStatsNative;
}
