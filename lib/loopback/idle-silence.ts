/** IdleSilence: keeps a listener alive with silence while nothing is written (idle 'silence'). */
import type { PeriodPumpHandle, WatcherHandle } from '../native/binding.js';
import { weakly } from '../native/lifetime.js';
import type { KeepAlive } from './options.js';

/** What ended it: an errno, and the call that it came from. */
export interface SilenceFailure {
  readonly errno: number;
  readonly call: string;
}

/**
 * A thread of the addon moves the silence. An error ends it. That is told once, and refuses one write or start(); the next
 * start() begins anew.
 */
export class IdleSilence {
  readonly #pump: PeriodPumpHandle;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #failed: (failure: SilenceFailure) => void;
  #watcher: WatcherHandle | undefined;
  #running = false;
  #isPaused = false;
  #isTold = false;

  /**
   * @param keepAlive undefined with idle 'stall': then nothing is ever inserted
   * @param failed is told what ended it, in a tick of its own
   */
  constructor(
    pump: PeriodPumpHandle,
    keepAlive: KeepAlive | undefined,
    failed: (failure: SilenceFailure) => void,
  ) {
    this.#pump = pump;
    this.#keepAlive = keepAlive;
    this.#failed = failed;
  }

  /** Whether start() would begin something. */
  get isDue(): boolean {
    return this.#keepAlive !== undefined && !this.#running;
  }

  /** What has ended it, for a write that learns of that before the event loop turns: the next start() begins anew. */
  ended(): SilenceFailure {
    this.#running = false;
    this.#tellFailure();
    return this.#failure();
  }

  /** @throws what the addon's `keepAlive` and `watchFailure` throw */
  start(): void {
    if (!this.#keepAlive || this.#running) return;
    this.#pump.keepAlive(this.#keepAlive.period, this.#keepAlive.grace);
    this.#running = true;
    this.#isTold = false;
    if (!this.#watcher) {
      this.#watcher = this.#pump.watchFailure();
      this.#watcher.setRef(false);
    }
    this.#awaitFailure();
  }

  /** The same, and nothing is inserted before what `move` moves, however long that takes. */
  startBehind(move: () => void): void {
    const isPaused = this.#isPaused;
    if (!isPaused) this.pause();
    try {
      this.start();
      move();
    } finally {
      if (!isPaused) this.resume(0);
    }
  }

  /** From here to resume() nothing is inserted. */
  pause(): void {
    this.#isPaused = true;
    this.#pump.pauseSilence();
  }

  /** `unread`: whole periods that the listener has yet to read. */
  resume(unread: number): void {
    this.#isPaused = false;
    this.#pump.resumeSilence(unread);
  }

  stop(): void {
    this.#running = false;
    this.#pump.keepAlive(0n, 0n);
    // The next start forgets a failure, perhaps before the watcher calls back.
    this.#tellFailure();
  }

  close(): void {
    this.#watcher?.close();
  }

  /** An errno of 0 where nothing has ended it. */
  #failure(): SilenceFailure {
    const { insertedError, insertedCall } = this.#pump.stats();
    return { errno: insertedError, call: insertedCall };
  }

  #awaitFailure(): void {
    this.#watcher?.arm(weakly(this, (silence) => silence.#lookForFailure()));
  }

  #lookForFailure(): void {
    // A write has started it anew, behind the news of its end.
    if (this.#failure().errno === 0) {
      this.#awaitFailure();
      return;
    }
    this.#running = false;
    this.#tellFailure();
  }

  #tellFailure(): void {
    const failure = this.#failure();
    if (failure.errno === 0 || this.#isTold) return;
    this.#isTold = true;
    process.nextTick(() => {
      if (!this.#pump.closed()) this.#failed(failure);
    });
  }
}
