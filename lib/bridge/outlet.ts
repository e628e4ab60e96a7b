/** Where the frames of a bridge go: into the cable at once, or as soon as somebody listens. */
import type { ClockedLoopback } from '../loopback/clocked-loopback.js';
import type { FrameSink } from '../rtp/placer.js';

/** How long the end of what is kept may take to be read. */
const FINISH_MS = 1000;

export interface Outlet extends FrameSink {
  readonly framesHeld: number;
  readonly framesDropped: number;
  /** Gives the listener what is kept, where there is one. */
  finish(): Promise<void>;
}

/** Writes at once: the sender keeps the time, and the listener's buffer takes what comes in bursts. */
export class DirectOutlet implements Outlet {
  readonly framesHeld = 0;
  readonly framesDropped = 0;
  readonly write: (bytes: Uint8Array) => void;

  constructor(loop: ClockedLoopback) {
    this.write = (bytes) => loop.write(bytes);
  }

  async finish(): Promise<void> {}
}

/** Keeps the newest frames until somebody listens, and gives them as fast as they are read. */
export class HoldingOutlet implements Outlet {
  readonly #loop: ClockedLoopback;
  readonly #limit: number;
  readonly #onError: (error: unknown) => void;
  readonly #finished = new AbortController();
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #bytesDropped = 0;
  #listening = false;
  #sending: Promise<void> | undefined;

  constructor(loop: ClockedLoopback, holdFrames: number, onError: (error: unknown) => void) {
    this.#loop = loop;
    this.#limit = holdFrames * loop.frameBytes;
    this.#onError = onError;
    loop.on('listener', ({ type }) => {
      this.#listening = type === 'start';
      this.#startSending();
    });
  }

  get framesHeld(): number {
    return this.#bytes / this.#loop.frameBytes;
  }

  get framesDropped(): number {
    return this.#bytesDropped / this.#loop.frameBytes;
  }

  write(bytes: Uint8Array): void {
    this.#chunks.push(Uint8Array.from(bytes));
    this.#bytes += bytes.length;
    while (this.#bytes > this.#limit) this.#dropOldest(this.#bytes - this.#limit);
    this.#startSending();
  }

  async finish(): Promise<void> {
    if (this.#sending) {
      const patience = setTimeout(() => this.#finished.abort(), FINISH_MS);
      await this.#sending;
      clearTimeout(patience);
    }
    this.#bytesDropped += this.#bytes;
    this.#bytes = 0;
  }

  #dropOldest(bytes: number): void {
    const first = this.#chunks.shift() as Uint8Array;
    const dropped = Math.min(bytes, first.length);
    if (dropped < first.length) this.#chunks.unshift(first.subarray(dropped));
    this.#bytes -= dropped;
    this.#bytesDropped += dropped;
  }

  #startSending(): void {
    if (this.#listening) this.#sending ??= this.#send();
  }

  async #send(): Promise<void> {
    const { signal } = this.#finished;
    try {
      while (this.#listening && this.#chunks.length > 0) {
        const chunk = this.#chunks.shift() as Uint8Array;
        await this.#loop.send(chunk, { pace: 'listener', unheard: 'hold', signal });
        this.#bytes -= chunk.length;
      }
    } catch (error) {
      if (!signal.aborted) this.#onError(error);
    } finally {
      this.#sending = undefined;
    }
  }
}
