/** FramesReady: those who wait for frames of a capture. */
import type { WatcherHandle } from '../native/binding.js';

/** The event loop waits while somebody does; the watcher stays its owner's. */
export class FramesReady {
  readonly #watcher: WatcherHandle;
  readonly #waiting = new Set<() => void>();

  constructor(watcher: WatcherHandle) {
    this.#watcher = watcher;
  }

  /** Until there is at least a period, or an error, or {@link wake}. Rejects with the reason of `signal`. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const done = (finish: () => void) => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', abort);
        finish();
      };
      const wake = () => done(resolve);
      const abort = () => {
        done(() => reject(signal?.reason));
        if (this.#waiting.size === 0) this.#watcher.disarm();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(wake);
      this.#watcher.arm(this.wake);
    });
  }

  /** Has all of them look again. */
  readonly wake = (): void => {
    for (const wake of [...this.#waiting]) wake();
  };
}
