/** What a command reads, where it prints, and how it is told to end. */
import type { Writable } from 'node:stream';

/** Signals that ask a command to end: SIGHUP comes from a terminal that is closed. A second one, of any kind, ends it at once. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal;
}
