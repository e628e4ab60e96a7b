/** EventWatch: what an emitter watches in the kernel while somebody wants to be told. */
import { adopt, disown, keep } from '../native/lifetime.js';

interface Watch {
  setRef(referenced: boolean): void;
  close(): void;
}

/** While there are handlers, it keeps the event loop alive, and its owner with it, until setRef(false). */
export class EventWatch<W extends Watch> {
  readonly #owner: object;
  readonly #open: () => W;
  #watch: W | undefined;
  #isHandled = false;
  #isObserved = false;
  #isReferenced = true;

  /** `open` begins to watch. What it opens must not keep `owner`, which closes it when it is collected. */
  constructor(owner: object, open: () => W) {
    this.#owner = owner;
    this.#open = open;
  }

  /** Whether there are handlers. */
  get isHandled(): boolean {
    return this.#isHandled;
  }

  /** Whether it watches. */
  get running(): boolean {
    return this.#watch !== undefined;
  }

  /**
   * There are handlers.
   *
   * @throws what `open` throws
   */
  start(): void {
    this.#isHandled = true;
    this.#begin();
  }

  /** There are none any more. */
  stop(): void {
    this.#isHandled = false;
    if (this.#isObserved) this.#update();
    else this.close();
  }

  /**
   * Watches from now on whether there are handlers or not. That alone keeps nothing alive.
   *
   * @throws what `open` throws
   */
  observe(): void {
    this.#isObserved = true;
    this.#begin();
  }

  /** Watches no more; the next start() begins anew. */
  close(): void {
    this.#isObserved = false;
    this.#watch?.close();
    disown(this.#owner, this.#watch);
    this.#watch = undefined;
    this.#update();
  }

  /** Whether watching for handlers keeps the event loop alive, and the owner with it. */
  setRef(referenced: boolean): void {
    this.#isReferenced = referenced;
    this.#update();
  }

  #begin(): void {
    if (!this.#watch) {
      this.#watch = this.#open();
      adopt(this.#owner, this.#watch);
    }
    this.#update();
  }

  #update(): void {
    const isAlive = this.#isReferenced && this.#isHandled;
    this.#watch?.setRef(isAlive);
    keep(this.#owner, isAlive && this.running);
  }
}
