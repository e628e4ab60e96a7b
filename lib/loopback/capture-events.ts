/** What a LoopbackCapture tells: its events, and what it has counted. */
import type { WriterState } from './writer.js';

export interface LoopbackCaptureStats {
  /** Frames that were read. */
  readonly frames: number;
  /** Overruns that were recovered from (onInterruption 'restart'). */
  readonly overruns: number;
  /** Suspends of the system that were recovered from (onInterruption 'restart'). */
  readonly suspends: number;
}

export interface LoopbackCaptureEvents {
  /**
   * The writer started, stopped, paused, died, was replaced, or has other parameters now. One that plays when the first
   * handler is added is told, too. Changes that cancel each other out within one turn of the event loop are not told. It is
   * snd-aloop's control 'PCM Slave Active' that announces it; the control device is open while there are handlers. Where it
   * cannot be opened, that comes as 'error'.
   */
  writer: [state: WriterState];
  /** Watching the writer failed. */
  error: [error: unknown];
}
