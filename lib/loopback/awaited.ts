/** Awaited: those who wait for what another thread does with a cable. */
import type { WatcherHandle } from '../native/binding.js';

export class Awaited {
  readonly #watcher: WatcherHandle;
  readonly #begin: () => void;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** @param begin has the watcher tell of what comes from then on */
  constructor(watcher: WatcherHandle, begin: () => void) {
    this.#watcher = watcher;
    this.#begin = begin;
  }

  /** Calls back once something has come, or this has ended, and keeps the event loop alive until then. Returns how to take that back. */
  when(callback: () => void): () => void {
    if (this.#ended) {
      queueMicrotask(callback);
      return () => {};
    }
    this.#waiting.add(callback);
    this.#begin();
    this.#watcher.arm(() => this.#tell());
    return () => {
      this.#waiting.delete(callback);
      if (this.#waiting.size === 0) this.#watcher.disarm();
    };
  }

  /** Nothing comes any more; ending again does nothing. */
  end(): void {
    this.#ended = true;
    this.#watcher.close();
    this.#tell();
  }

  #tell(): void {
    const told = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of told) callback();
  }
}
