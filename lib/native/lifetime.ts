/**
 * The safety net under `close()`: an object that is collected while open closes its descriptor and says so, because a
 * silent leak would eat the 128 timers of the whole system.
 */
import { refuseCloning } from '../uncloneable.js';
import type { NativeHandle } from './binding.js';

/** What an owner closes when it is closed, and nobody else knows. */
interface Part {
  close(): void;
}

interface Held {
  readonly handle: NativeHandle;
  /** In the order in which they are to be closed. They must not hold the owner. */
  readonly parts: Set<Part>;
  readonly what: string;
}

const registry = new FinalizationRegistry<Held>(({ handle, parts, what }) => {
  if (handle.closed()) return;
  handle.close();
  for (const part of parts) part.close();
  process.emitWarning(`${what} was garbage-collected while open, and has been closed now`, {
    type: 'AlsaResourceWarning',
    code: 'ALSA_UTIMER_LEAK',
    detail: 'Close it with close(), or declare it with `using`.',
  });
});

const watched = new WeakMap<object, Held>();

/** The native object of a watched owner, for parts of the library that pass it on to the addon. */
export function handleOf<T extends NativeHandle>(owner: object): T {
  return watched.get(owner)?.handle as T;
}

/** Watches `owner`, which cannot be cloned; `what` names it in the warning. */
export function watch(owner: object, handle: NativeHandle, what: string): void {
  refuseCloning(owner);
  const held = { handle, parts: new Set<Part>(), what };
  watched.set(owner, held);
  registry.register(owner, held, handle);
}

/**
 * What belongs to a watched owner and to nobody else: when the owner is collected, its parts are closed behind it, in the
 * order of adoption. A part that was watched is watched no more by itself.
 */
export function adopt(owner: object, ...parts: readonly Part[]): void {
  for (const part of parts) {
    const own = watched.get(part);
    if (own) registry.unregister(own.handle);
    watched.get(owner)?.parts.add(part);
  }
}

/** The owner has closed it. */
export function disown(owner: object, part: Part | undefined): void {
  if (part) watched.get(owner)?.parts.delete(part);
}

const kept = new Set<object>();

/** Whether what an owner waits for keeps it: while that keeps the event loop alive. */
export function keep(owner: object, wanted: boolean): void {
  if (wanted) kept.add(owner);
  else kept.delete(owner);
}

/** A callback that does not keep `target`: who forgets to close it shall not be kept by what it waits for. */
export function weakly<T extends object, A extends unknown[]>(
  target: T,
  body: (target: T, ...values: A) => void,
): (...values: A) => void {
  const reference = new WeakRef(target);
  return (...values) => {
    const alive = reference.deref();
    if (alive) body(alive, ...values);
  };
}

/** Closes the handle of a watched owner, which needs no watching any more. */
export function release(handle: NativeHandle): void {
  registry.unregister(handle);
  handle.close();
}
