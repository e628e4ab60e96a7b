/** What handlers throw: as EventTarget does it, an uncaught exception, which keeps nobody else from being told. */
import type { EventEmitter } from 'node:events';

/** Emits an event to handlers that may throw: also an 'error' that nobody handles. */
export function emitOrThrowUncaught(
  emitter: EventEmitter,
  type: string,
  ...values: readonly unknown[]
): void {
  try {
    emitter.emit(type, ...values);
  } catch (error) {
    throwUncaught(error);
  }
}

export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
