/** IdleSilence: keeps a listener alive with silence while nothing is written (idle 'silence'). */
import type { PeriodPumpHandle, WatcherHandle } from '../native/binding.js';
import { weakly } from '../native/lifetime.js';
import type { KeepAlive } from './options.js';

/** A thread of the addon moves the silence. An error ends it; the next start() begins anew. */
export class IdleSilence {
  readonly #pump: PeriodPumpHandle;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #failed: (errno: number, call: string) => void;
  #failure: WatcherHandle | undefined;
  #running = false;

  /**
   * @param keepAlive undefined with idle 'stall': then nothing is ever inserted
   * @param failed is told of the errno that ended it, and of the call that it came from
   */
  constructor(
    pump: PeriodPumpHandle,
    keepAlive: KeepAlive | undefined,
    failed: (errno: number, call: string) => void,
  ) {
    this.#pump = pump;
    this.#keepAlive = keepAlive;
    this.#failed = failed;
  }

  /** Whether start() would begin something. */
  get isDue(): boolean {
    return this.#keepAlive !== undefined && !this.#running;
  }

  /** @throws what the addon's `keepAlive` and `watchFailure` throw */
  start(): void {
    if (!this.#keepAlive || this.#running) return;
    this.#pump.keepAlive(this.#keepAlive.period, this.#keepAlive.grace);
    this.#running = true;
    if (!this.#failure) {
      this.#failure = this.#pump.watchFailure();
      this.#failure.setRef(false);
    }
    this.#awaitFailure();
  }

  stop(): void {
    this.#running = false;
    this.#pump.keepAlive(0n, 0n);
  }

  close(): void {
    this.#failure?.close();
  }

  #awaitFailure(): void {
    this.#failure?.arm(weakly(this, (silence) => silence.#lookForFailure()));
  }

  #lookForFailure(): void {
    const { insertedError, insertedCall } = this.#pump.stats();
    // A write has started it anew, behind the news of its end.
    if (insertedError === 0) {
      this.#awaitFailure();
      return;
    }
    this.#running = false;
    this.#failed(insertedError, insertedCall);
  }
}
