/** What a command reads, where it prints, and how it is told to end. */
import type { Writable } from 'node:stream';

/** Signals that ask a command to end: SIGHUP comes from a terminal that is closed. A second one, of any kind, ends it at once. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The signal that has asked a command to end, as the reason of what it aborts. */
export class Interruption extends DOMException {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`${signal} has come`, 'AbortError');
    this.signal = signal;
  }
}

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal;
}

/** Calls `act` once a command is to end: at once, where a signal has come before. Disposed of, it does not any more. */
export function onInterrupt(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', act) };
}
