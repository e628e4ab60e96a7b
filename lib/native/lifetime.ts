/**
 * The safety net under `close()`: an object that is collected while open closes its descriptor and says so, because a
 * silent leak would eat the 128 timers of the whole system.
 */
import type { NativeHandle } from './binding.js';

interface Held {
  readonly handle: NativeHandle;
  readonly what: string;
}

const registry = new FinalizationRegistry<Held>(({ handle, what }) => {
  if (handle.closed()) return;
  handle.close();
  process.emitWarning(`${what} was garbage-collected while open, and has been closed now`, {
    type: 'AlsaResourceWarning',
    code: 'ALSA_UTIMER_LEAK',
    detail: 'Close it with close(), or declare it with `using`.',
  });
});

/** Watches `owner`; `what` names it in the warning. */
export function watch(owner: object, handle: NativeHandle, what: string): void {
  registry.register(owner, { handle, what }, handle);
}

/** Closes the handle of a watched owner, which needs no watching any more. */
export function release(handle: NativeHandle): void {
  registry.unregister(handle);
  handle.close();
}
