/** Tells when nothing was heard for a while: exactly so long after the last packet, whenever that came. */
import { arrivalNs } from '../monotonic.js';

export class SilenceWatch {
  readonly #milliseconds: number;
  readonly #onSilence: (isFirst: boolean) => void;
  #timer: NodeJS.Timeout | undefined;
  #lastHeard = arrivalNs();
  #isSilent = false;
  #closed = false;

  /** @param onSilence called when silence begins, and after each such time that it goes on */
  constructor(milliseconds: number, onSilence: (isFirst: boolean) => void) {
    this.#milliseconds = milliseconds;
    this.#onSilence = onSilence;
    this.#arm(milliseconds);
  }

  /** A packet came at this time of the monotonic clock. */
  hear(arrival: bigint): void {
    this.#lastHeard = arrival;
    this.#isSilent = false;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): void {
    // Where the event loop was kept from turning, packets wait in the socket, which has its turn in between.
    this.#timer = setTimeout(() => setImmediate(() => this.#check()), Math.ceil(milliseconds));
  }

  #check(): void {
    if (this.#closed) return;
    const quiet = Number(arrivalNs() - this.#lastHeard) / 1e6;
    if (quiet < this.#milliseconds) {
      this.#arm(this.#milliseconds - quiet);
      return;
    }
    const isFirst = !this.#isSilent;
    this.#isSilent = true;
    this.#arm(this.#milliseconds);
    this.#onSilence(isFirst);
  }
}
