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

const handles = new WeakMap<object, NativeHandle>();

/** The native object of a watched owner, for parts of the library that pass it on to the addon. */
export function handleOf<T extends NativeHandle>(owner: object): T {
  return handles.get(owner) as T;
}

/** Watches `owner`; `what` names it in the warning. */
export function watch(owner: object, handle: NativeHandle, what: string): void {
  handles.set(owner, handle);
  registry.register(owner, { handle, what }, handle);
}

/** Closes the handle of a watched owner, which needs no watching any more. */
export function release(handle: NativeHandle): void {
  registry.unregister(handle);
  handle.close();
}
