/** What a ClockedLoopback tells: its events, and what it has counted. */
import type { ListenerEvent } from './listener.js';
import type { ListenerMismatch } from './mismatch.js';

export interface ClockedLoopbackStats {
  /** Periods of given frames that were moved. */
  readonly periods: number;
  /** Frames of those periods. */
  readonly frames: number;
  /** Bytes that wait for the rest of their period. */
  readonly pendingBytes: number;
  /** Frames of silence that were moved because nothing was written (idle 'silence'). */
  readonly insertedFrames: number;
  /** Frames of silence that completed a last period in {@link ClockedLoopback.flush}. */
  readonly paddedFrames: number;
  /** Xruns and suspends of the playback side, which were recovered from without loss. */
  readonly xruns: number;
  /** Whether somebody captures right now. */
  readonly listener: boolean;
  /** With `measure`: element k counts the triggers that took 2^k..2^(k+1)-1 ns. */
  readonly triggerCosts: readonly number[] | undefined;
}

export interface ClockedLoopbackEvents {
  /**
   * Somebody began to capture, or stopped. Who captures when the first handler is added is told, too. The kernel announces
   * it through the timer of the other side's substream, which disturbs nobody; while there are handlers, that timer keeps
   * snd-aloop from being unloaded. Adding the first handler opens that timer. What TimerInstance.open throws then comes as
   * 'error': EACCES, ENODEV once the card is gone.
   */
  listener: [event: ListenerEvent];
  /**
   * Somebody tried to listen and cannot, since its access (or format, rate or channels) is not this end's: JACK and
   * `arecord -I`, for instance, beside interleaved access. It gets a bare EIO at its START. Watched for like 'listener', while
   * there are handlers of either, and while a {@link ClockedLoopback.send} waits for a listener. Without a handler it is a
   * warning of the process with the code ALSA_UTIMER_LISTENER_MISMATCH, once for a process that tries several times in a row.
   * Who it was is not known where it had left before it could be looked at.
   */
  mismatch: [mismatch: ListenerMismatch];
  /**
   * Watching for listeners failed; or the inserting of silence has ended by an error (idle 'silence'). Whoever handles it is
   * told of that once, and the next write throws it once in any case. The write after that begins the silence anew.
   */
  error: [error: unknown];
}
