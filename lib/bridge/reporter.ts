/** Events on their way out of a thread: bounded, however long nobody takes them. */
import type { MessagePort } from 'node:worker_threads';
import type { FromThread, ThreadEvent } from './messages.js';

const MAX_WAITING = 1024;

/** Sends the events of a turn of the event loop in one message, and the next when that was taken. */
export class Reporter {
  readonly #port: MessagePort;
  #waiting: ThreadEvent[] = [];
  #scheduled = false;
  #unacknowledged = false;
  #dropped = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Events that nobody took in time. */
  get dropped(): number {
    return this.#dropped;
  }

  tell(event: ThreadEvent): void {
    // Only the newest counters are of interest.
    if (event.type === 'stats') this.#waiting = this.#waiting.filter(({ type }) => type !== 'stats');
    if (this.#waiting.length === MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    this.#schedule();
  }

  acknowledge(): void {
    this.#unacknowledged = false;
    this.#schedule();
  }

  /** Sends what waits, acknowledged or not: the end. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.post({ kind: 'events', events: this.#waiting });
    this.#waiting = [];
    this.#unacknowledged = true;
  }

  post(message: FromThread): void {
    this.#port.postMessage(message);
  }

  #schedule(): void {
    if (this.#scheduled || this.#unacknowledged || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
