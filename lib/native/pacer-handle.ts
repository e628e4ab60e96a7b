/** Pacers, at the seam. */
import type { ArrivalsHandle } from './arrivals-handle.js';
import type { ClockHandle } from './clock-handle.js';
import type { NativeHandle, WatcherHandle } from './handle.js';
import type { PacedCableHandle } from './paced-cable-handle.js';
import type { PacedCaptureHandle } from './paced-capture-handle.js';
import type { PacketStreamHandle } from './packet-stream-handle.js';
import type { PlayedCableHandle } from './played-cable-handle.js';
import type { TimerInstanceHandle, UtimerHandle } from './timer-handles.js';

export interface PacerSchedulingNative {
  /** Of SCHED_FIFO, or 0. */
  readonly priority: number;
  /** -1 for any. */
  readonly cpu: number;
  readonly lockMemory: boolean;
}

/** Of each an errno, or 0 where it was not asked for or was given. */
export interface PacerRefusalsNative {
  readonly priority: number;
  readonly cpu: number;
  readonly memory: number;
}

/** What can be moved at the end of a period. */
export type PacedHandle =
  | UtimerHandle
  | PacedCableHandle
  | PacedCaptureHandle
  | PlayedCableHandle
  | PacketStreamHandle;

/** What becomes of ends that come together. */
export interface PacingPolicyNative {
  /** Of the ends that are late all but the last one. */
  readonly skip: boolean;
  readonly maxBurst: number;
}

export interface PacingParametersNative extends PacingPolicyNative {
  /** Hz. */
  readonly rate: number;
  /** Of 100 us or more. */
  readonly periodFrames: number;
  /** Nanoseconds of the clock, when the first period begins; null for now. */
  readonly origin: bigint | null;
  /** -500000000..500000000. */
  readonly ppb: number;
}

export interface PacingStatsNative {
  readonly ticks: bigint;
  readonly caughtUp: bigint;
  readonly missed: bigint;
  readonly underruns: bigint;
  /** In `buckets` two each: from how many nanoseconds on, and how many. Those that are empty are left out. */
  readonly lateness: {
    readonly count: number;
    readonly min: number;
    readonly mean: number;
    readonly max: number;
    readonly buckets: readonly number[];
  };
  readonly ppb: number;
  /** TimeScale::State. */
  readonly state: number;
  /** How often it was another one than before. */
  readonly stateChanges: number;
  readonly steps: number;
  /** Of the last step. */
  readonly stepNs: bigint;
  readonly frequencyPpb: number;
  readonly readingDelayNs: number;
  readonly phaseErrorNs: number;
  /** The errno that the last look at the clock ended with, or 0. */
  readonly clockError: number;
  /** Whether its source has ended. */
  readonly ended: boolean;
  /** The errno that has ended it, or 0, and the call that it came from. */
  readonly error: number;
  readonly call: string;
}

/** What a pacer moves. It owns nothing of that. */
export interface PacingHandle extends NativeHandle {
  /** Of all pacings of a pacer this one has it. */
  readonly number: number;
  setPpb(ppb: number): void;
  /** So many periods end now. */
  tick(ends: number): void;
  /** Whether each tick is news, and any beyond those that were told already. */
  tellTicks(wanted: boolean, told: bigint): void;
  stats(): PacingStatsNative;
  /** The same, and what comes after this is news again. */
  news(): PacingStatsNative;
}

/** A thread, and what it moves. */
export interface PacerHandle extends NativeHandle {
  readonly refusals: PacerRefusalsNative;
  /** A null target: nothing moves. A null clock: CLOCK_MONOTONIC. */
  start(
    target: PacedHandle | null,
    parameters: PacingParametersNative,
    clock: ClockHandle | ArrivalsHandle | null,
  ): PacingHandle;
  /** Each tick of `source` is the end of a period; a number is a descriptor. With null tick() alone moves. */
  follow(
    target: PacedHandle | null,
    source: TimerInstanceHandle | number | null,
    policy: PacingPolicyNative,
  ): PacingHandle;
  /** Ready while there is news. */
  watchNews(): WatcherHandle;
  /** The numbers of the pacings that there is news of since they were asked for it. */
  takeNews(): readonly number[];
}
