/** What a ClockedCapture tells: its events, and what it has counted. */
import type { PlayerMismatch } from './player-mismatch.js';
import type { WriterState } from './writer.js';

export interface ClockedCaptureStats {
  /** Periods that reads have moved, or a pacer. */
  readonly periods: number;
  /** Frames of those periods. */
  readonly frames: number;
  /** Of those periods: while nobody played, or the player had paused. They are silence. */
  readonly silentPeriods: number;
  /** Of those periods: which a player had not filled in time. What it lacked is silence. */
  readonly underruns: number;
  /** Overruns and suspends of the capture side, which were recovered from. */
  readonly xruns: number;
  /**
   * Periods that were lost before they were read: by an overrun or a suspend, or since the queue of a pacer had no room for them.
   */
  readonly lostPeriods: number;
  /** Whether somebody plays right now. */
  readonly player: boolean;
}

export interface OverrunEvent {
  /** So many periods were lost. */
  readonly periods: number;
}

export interface ClockedCaptureEvents {
  /**
   * Somebody began to play, stopped, or paused, or plays in another format than before. Who plays when the first handler is added
   * is told, too. While there are handlers, the capture has the control device of its card open. What opening that throws comes
   * as 'error': EACCES, ENODEV once the card is gone.
   */
  player: [state: WriterState];
  /**
   * Somebody began to play whose access (or format, rate or channels) is not the capture's: the kernel stops the capture for it, and
   * nothing of it can be read. `read` and `frames` throw EIO then; beneath a pacer nothing comes of it but what `idle` says. Watched
   * for like 'player', while there are handlers of either, and by iterations. Without a handler it is a warning of the process with
   * the code ALSA_UTIMER_PLAYER_MISMATCH, once for a process that tries several times in a row.
   */
  mismatch: [mismatch: PlayerMismatch];
  /** Periods were lost. The read that comes behind them tells that, before it returns. */
  overrun: [event: OverrunEvent];
  /** Watching the player failed. */
  error: [error: unknown];
}
