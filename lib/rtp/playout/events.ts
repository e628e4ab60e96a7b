/** What a stream that is played by a clock tells, and what it counts. */
import type { ClockState } from '../../clock/events.js';

/** What happened to the clock that a stream is played by, and to the thread that plays it. */
export type ClockEvent =
  /** The clock is known, or is not any more. */
  | {
      readonly what: 'state';
      /** 'holdover': it cannot be read any more, or no packet comes. Its last frequency goes on. */
      readonly state: ClockState;
      /** The errno that its last reading ended with, by its name: 'ENODEV' once a device is gone. */
      readonly error: string | undefined;
    }
  /** The clock was set, and what is played follows it: forward, and frames are skipped; back, and there is silence. */
  | {
      readonly what: 'step';
      /** How far, in milliseconds. */
      readonly stepMs: number;
    }
  /** The machine was busy, or stopped, or the clock leapt. */
  | {
      readonly what: 'late';
      /** Periods that moved late, at once with another one. */
      readonly caughtUp: number;
      /** Periods that did not move. The listener is that much ahead of the clock. */
      readonly missed: number;
    };

/** Counters of a stream that is played by a clock. */
export interface PlayoutStats {
  /** As it was given: 'tai', '/dev/ptp0', 'arrival'. */
  readonly clock: string;
  readonly state: ClockState;
  readonly linkOffsetMs: number;
  /**
   * Of the packets of the stream that came in the last 10 to 20 s: by how much the latest came before its frames were heard, in
   * milliseconds; less than 0 where it came too late. The link offset may be shorter by that much. Undefined before a packet came.
   */
  readonly marginMs: number | undefined;
  /** Frames that came when their time was over. They are among those that are lost, where the stream had begun. */
  readonly framesLate: number;
  /** Periods that did not move: see {@link ClockEvent}. */
  readonly periodsMissed: number;
  /** How often the clock was set. */
  readonly steps: number;
  /** By how much the clock is faster than this machine's, in parts per million. */
  readonly clockPpm: number;
}
