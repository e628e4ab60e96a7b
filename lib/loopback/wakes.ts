/** Wakes: those who wait for a while, or until somebody has them look again. */
import { withResolvers } from '../promises.js';

export class Wakes {
  readonly #waiting = new Set<() => void>();

  /** Has all of them look again. */
  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Until {@link wake}, or until `ms` have passed, where they are given. Rejects with the reason of `signal`. */
  wait(ms: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    return this.waitFor(signal, (resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      return () => clearTimeout(timer);
    });
  }

  /** Until what `begin` begins resolves, which is then undone by what it returned; or {@link wake}, or the signal. */
  async waitFor(
    signal: AbortSignal | undefined,
    begin: (resolve: () => void, reject: (reason: unknown) => void) => () => void,
  ): Promise<void> {
    const { promise, resolve, reject } = withResolvers();
    const abort = () => reject(signal?.reason);
    const undo = begin(resolve, reject);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      this.#waiting.delete(resolve);
      signal?.removeEventListener('abort', abort);
      undo();
    }
  }
}
