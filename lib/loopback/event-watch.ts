/** EventWatch: what an emitter watches in the kernel while it has handlers of the events that tell of it. */
import { adopt, disown, keep } from '../native/lifetime.js';

interface Watch {
  setRef(referenced: boolean): void;
  close(): void;
}

/** It keeps the event loop alive, and its owner with it, until setRef(false). */
export class EventWatch<W extends Watch> {
  readonly #owner: object;
  readonly #open: () => W;
  #watch: W | undefined;
  #referenced = true;

  /** `open` begins to watch. What it opens must not keep `owner`, which closes it when it is collected. */
  constructor(owner: object, open: () => W) {
    this.#owner = owner;
    this.#open = open;
  }

  get running(): boolean {
    return this.#watch !== undefined;
  }

  /** @throws what `open` throws */
  start(): void {
    if (this.#watch) return;
    this.#watch = this.#open();
    adopt(this.#owner, this.#watch);
    this.setRef(this.#referenced);
  }

  stop(): void {
    this.#watch?.close();
    disown(this.#owner, this.#watch);
    this.#watch = undefined;
    keep(this.#owner, false);
  }

  /** Whether watching keeps the event loop alive, and the owner with it. */
  setRef(referenced: boolean): void {
    this.#referenced = referenced;
    this.#watch?.setRef(referenced);
    keep(this.#owner, referenced && this.running);
  }
}
