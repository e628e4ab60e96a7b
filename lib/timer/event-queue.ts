/**
 * What one iteration over a timer's events has not taken yet. A queue that is full does what the kernel's does: it adds up
 * ticks, and counts what it has to drop. It does so for itself alone.
 */
import { mergedTicks, type TimerEvent } from './events.js';

type Result = IteratorResult<TimerEvent, undefined>;

interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface QueueOptions {
  readonly signal: AbortSignal | undefined;
  /** A full queue has been emptied. */
  readonly drained: () => void;
  /** Nothing is wanted any more. */
  readonly closed: () => void;
  /** The iteration is over, and did not give these. */
  readonly left: (events: readonly TimerEvent[]) => void;
}

const DONE: Result = { done: true, value: undefined };

export class TimerEventQueue implements AsyncIterableIterator<TimerEvent, undefined> {
  readonly #size: number;
  readonly #options: QueueOptions;
  readonly #waiting: Waiting[] = [];
  #events: TimerEvent[] = [];
  #next = 0;
  /** Was full when the batch began that is told now. */
  #behind = false;
  /** Events that were dropped since the last one that is queued. */
  #lost = 0;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: unknown;
  readonly #abort = () => this.fail(this.#options.signal?.reason);

  /** @param size events from which on the queue is full; a batch that begins before is taken whole */
  constructor(size: number, options: QueueOptions) {
    this.#size = size;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get full(): boolean {
    return this.#events.length - this.#next >= this.#size;
  }

  /** A batch of events begins; the last one is taken whole. */
  begin(isLast: boolean): void {
    this.#behind = this.full && !isLast;
  }

  push(event: TimerEvent): void {
    // The end is the end of the iteration.
    if (this.#state !== 'open' || event.type === 'end') return;
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ done: false, value: event });
    else if (this.#behind) this.#squeeze(event);
    else {
      this.#tellLost();
      this.#events.push(event);
    }
  }

  /** What is queued is still to be had, then the iteration is over. */
  end(): void {
    this.#finish('ended');
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE);
  }

  /** The iteration throws, and leaves what is queued. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    const [first, ...others] = this.#waiting.splice(0);
    if (first === undefined) this.#error = error;
    this.#finish(first === undefined ? 'failed' : 'ended');
    this.#leave();
    first?.reject(error);
    for (const { resolve } of others) resolve(DONE);
  }

  next(): Promise<Result> {
    if (this.#next === this.#events.length) this.#tellLost();
    const event = this.#events[this.#next];
    if (event !== undefined) {
      const wasFull = this.full;
      this.#next += 1;
      if (this.#next === this.#events.length) this.#clear();
      else if (this.#next >= this.#size) {
        this.#events = this.#events.slice(this.#next);
        this.#next = 0;
      }
      if (!this.full) this.#behind = false;
      if (wasFull && !this.full && this.#state === 'open') this.#options.drained();
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#state === 'failed') {
      this.#state = 'ended';
      return Promise.reject(this.#error);
    }
    if (this.#state === 'ended') return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the iteration from the consumer's side: `break` does this. */
  return(): Promise<Result> {
    this.end();
    this.#leave();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #squeeze(event: TimerEvent): void {
    const merged = mergedTicks(this.#events.at(-1), event);
    if (merged) this.#events.splice(-1, 1, merged);
    else this.#lost += event.type === 'overrun' ? event.lost : 1;
  }

  #tellLost(): void {
    if (this.#lost > 0) this.#events.push({ type: 'overrun', lost: this.#lost });
    this.#lost = 0;
  }

  #leave(): void {
    this.#tellLost();
    const events = this.#events.slice(this.#next);
    this.#clear();
    if (events.length > 0) this.#options.left(events);
  }

  #clear(): void {
    this.#events = [];
    this.#next = 0;
  }

  #finish(state: 'ended' | 'failed'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.closed();
  }
}
