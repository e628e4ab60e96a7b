/** Cables that play frames by their media time, at the seam. */
import type { NativeHandle } from './handle.js';

export interface PlayedCableParametersNative {
  /** Hz. */
  readonly rate: number;
  readonly frameBytes: number;
  /** That it holds, 2 or more, of 256 MiB at most. */
  readonly periods: number;
  /** Whether silence moves also where no stream runs. */
  readonly silent: boolean;
  /** For so long the last packet stands for missing frames, before silence does. */
  readonly repeatFrames: number;
  /** Packets that are later by more frames than this are refused. */
  readonly lateFrames: number;
  /** The position of the period that moves first, as far as that is known. 0..2^53. */
  readonly next: bigint;
}

/** What became of a packet. Frames that are neither placed nor late were there already. */
export interface PlayedOutcomeNative {
  /** Of its first frame: frames since the epoch of the clock. */
  readonly position: number;
  /** The position of the frame that moved next at that time. */
  readonly next: number;
  readonly placed: number;
  /** Their period had moved. */
  readonly late: number;
  /** It lay beyond what is held, or was too late: nothing else was done with it. */
  readonly refused: boolean;
}

export interface PlayedCableStatsNative {
  /** Frames that were not there when their time had come, between others of the stream. */
  readonly lost: number;
  /** How often that was. */
  readonly gaps: number;
  /** Frames. */
  readonly waiting: number;
  /** The position of the frame that moves next. */
  readonly next: number;
  /** The position behind the newest frame of the stream; null where none came. */
  readonly end: number | null;
  /** By how much the packet of the stream that came latest came before its period moved; null where that is not known. */
  readonly marginNs: number | null;
}

/** Frames that wait for their media time. It owns nothing of the cable. */
export interface PlayedCableHandle extends NativeHandle {
  /** No more comes for now. */
  rest(): void;
  /**
   * The frames of a packet. `timestamp`: RTP's, less what it is at the epoch. `before`: MediaRing::Before. Returns whether all were
   * placed, and nothing is lost that was not asked for.
   */
  write(timestamp: number, bytes: Uint8Array, before: number): boolean;
  /** Of the last write. */
  outcome(): PlayedOutcomeNative;
  /** Of each loss that is over the position of its first frame, and how many frames it has. */
  takeLosses(): readonly number[];
  stats(): PlayedCableStatsNative;
}
