/** What a Pacing tells: its events, and what it has counted. */

/**
 * Of the clock, as the pacer sees it. 'free': CLOCK_MONOTONIC, which needs no look at another one. 'acquiring': too few readings
 * to go by. 'locked'. 'holdover': it cannot be read any more, and its last frequency goes on.
 */
export type ClockState = 'free' | 'acquiring' | 'locked' | 'holdover';

export const CLOCK_STATES: readonly ClockState[] = ['free', 'acquiring', 'locked', 'holdover'];

export interface TickEvent {
  /**
   * Periods that were moved since the last 'tick' event, or since a `stats()` that was read while nobody handled the event: 1, or
   * more where the event loop was busy.
   */
  readonly count: number;
}

export interface LateEvent {
  /** Periods that moved late since the last event, behind another one that was due with them. */
  readonly caughtUp: number;
  /** Ends of periods since the last event at which nothing moved. */
  readonly missed: number;
}

export interface StateEvent {
  readonly state: ClockState;
}

export interface StepEvent {
  /** How far the clock jumped, the last time. */
  readonly stepNs: bigint;
  /** Steps so far. */
  readonly steps: number;
}

export interface PacingEvents {
  /** Periods were moved. The pacer's thread does not wait for the handler. */
  tick: [event: TickEvent];
  /** Ends of periods came late, by a period or more: the machine was busy, or stopped, or the clock was set forward. */
  late: [event: LateEvent];
  /** The pacer sees the clock in another way. The state is that of now, also where it was left and is there again. */
  state: [event: StateEvent];
  /** The clock was set. The schedule follows it. */
  step: [event: StepEvent];
  /** The source that it follows has ended, which has closed the pacing. */
  end: [];
  /** What it paces has failed, which has closed the pacing. Without a handler an uncaught exception. */
  error: [error: unknown];
}

/** How late periods were moved; all times are 0n where none was moved. */
export interface Lateness {
  readonly count: number;
  readonly minNs: bigint;
  /** The average, rounded down. */
  readonly meanNs: bigint;
  /** Half of the periods were not later, to 13 %. */
  readonly p50Ns: bigint;
  /** 99 of 100. */
  readonly p99Ns: bigint;
  readonly maxNs: bigint;
  /** How many were that late or later, and less late than the next bucket says; in steps of an eighth of a power of two. */
  readonly buckets: readonly LatenessBucket[];
}

export interface LatenessBucket {
  readonly fromNs: bigint;
  readonly count: number;
}

export interface PacingStats {
  /** Periods that were moved. */
  readonly ticks: bigint;
  /** Those of them that moved late, behind another one that was due with them. */
  readonly caughtUp: bigint;
  /** Ends of periods at which nothing moved: too late for the `late` policy, or somebody else kept the target from moving. */
  readonly missed: bigint;
  /** Ends of periods at which no whole period was queued, or of which a player had not a whole one. */
  readonly underruns: bigint;
  readonly lateness: Lateness;
  /** By how much the rate is higher than nominal, as it was set. */
  readonly ppb: number;
  readonly state: ClockState;
  /** How often the clock was set. */
  readonly steps: number;
  /** By how much the clock is faster than CLOCK_MONOTONIC, in parts per billion. */
  readonly frequencyPpb: number;
  /** How far the last reading of the clock was from where it was expected. */
  readonly phaseErrorNs: bigint;
  /** How long the last reading of the clock took. */
  readonly readingDelayNs: bigint;
  /** The errno that the last reading of the clock ended with, by its name: 'ENODEV' once a device is gone. */
  readonly clockError: string | undefined;
}
