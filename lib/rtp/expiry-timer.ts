/** Calls when packets have waited long enough: at a deadline, but not before the socket was read. */
import { arrivalNs } from '../monotonic.js';
import type { Backlog } from './backlog.js';

export class ExpiryTimer {
  readonly #backlog: Backlog;
  readonly #onExpiry: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** What the timer is set for. */
  #deadline = 0n;
  #closed = false;

  constructor(backlog: Backlog, onExpiry: () => void) {
    this.#backlog = backlog;
    this.#onExpiry = onExpiry;
  }

  /** Sets the timer, unless it is set for an earlier time. @param deadline on the monotonic clock */
  arm(deadline: bigint | undefined): void {
    if (deadline === undefined || this.#closed) return;
    if (this.#timer !== undefined && deadline >= this.#deadline) return;
    clearTimeout(this.#timer);
    this.#deadline = deadline;
    const wait = Number(deadline - arrivalNs()) / 1e6;
    const expire = () => this.#backlog.behind(() => this.#expire());
    this.#timer = setTimeout(expire, Math.max(1, Math.ceil(wait)));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #expire(): void {
    if (this.#closed) return;
    this.#timer = undefined;
    this.#onExpiry();
  }
}
