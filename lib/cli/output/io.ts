/** What a command reads, where it prints, and how it is told to end. */
import type { Writable } from 'node:stream';

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal;
}
