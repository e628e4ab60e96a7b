/** Tells when nothing was heard for a while: exactly so long after the last packet, whenever that came. */
import { arrivalNs } from '../monotonic.js';
import type { Backlog } from './backlog.js';

/** Whoever puts packets in their place. */
interface Listener {
  /** When the newest packet came that has its place in the stream; undefined before the first. */
  latestArrival(): bigint | undefined;
  /** Gives packets their place that have waited for others to confirm them. */
  settle(): void;
}

export class SilenceWatch {
  readonly #milliseconds: number;
  readonly #backlog: Backlog;
  readonly #listener: Listener;
  readonly #onSilence: (isFirst: boolean) => void;
  readonly #began = arrivalNs();
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;
  /** The packet after which silence was told last. */
  #toldAfter: bigint | undefined;
  #closed = false;

  /**
   * @param listener is told to settle before silence begins
   * @param onSilence called when silence begins, and after each such time that it goes on
   */
  constructor(
    milliseconds: number,
    backlog: Backlog,
    listener: Listener,
    onSilence: (isFirst: boolean) => void,
  ) {
    this.#milliseconds = milliseconds;
    this.#backlog = backlog;
    this.#listener = listener;
    this.#onSilence = onSilence;
    this.#arm(milliseconds);
  }

  /** Whether nothing was heard yet, or since silence was told. */
  get isSilent(): boolean {
    return this.#listener.latestArrival() === this.#toldAfter;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): void {
    const check = () => this.#backlog.behind(() => this.#check());
    this.#timer = setTimeout(check, Math.ceil(milliseconds));
  }

  #check(): void {
    if (this.#closed) return;
    const isFirst = !this.#isTold || !this.isSilent;
    // Another source may have sent all the while, and is heard then.
    if (isFirst && this.#quietMs() >= this.#milliseconds) this.#listener.settle();
    if (this.#closed) return;
    const quiet = this.#quietMs();
    if (quiet < this.#milliseconds) {
      this.#arm(this.#milliseconds - quiet);
      return;
    }
    this.#isTold = true;
    this.#toldAfter = this.#listener.latestArrival();
    this.#arm(this.#milliseconds);
    this.#onSilence(isFirst);
  }

  #quietMs(): number {
    return Number(arrivalNs() - (this.#listener.latestArrival() ?? this.#began)) / 1e6;
  }
}
