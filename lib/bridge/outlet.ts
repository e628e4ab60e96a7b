/** Outlet: takes the frames of a bridge, and writes them into the cable at once, or when a listener reads them. */
import type { ClockedLoopback } from '../loopback/clocked-loopback.js';
import type { ListenerEvent } from '../loopback/listener.js';
import type { FrameSink } from '../rtp/jitter-buffer/options.js';

/** At the end, a listener has this long to read the frames that are kept for it. */
const FINISH_MS = 1000;

export interface Outlet extends FrameSink {
  readonly framesWaiting: number;
  readonly framesDropped: number;
  /** Gives a listener the frames that are kept for it. Rejects if a write fails before all are read. */
  finish(): Promise<void>;
}

/** Writes at once: the sender keeps the time, and the listener's buffer takes what comes in bursts. */
export class DirectOutlet implements Outlet {
  readonly framesWaiting = 0;
  readonly framesDropped = 0;
  readonly write: (bytes: Uint8Array) => void;

  constructor(loop: ClockedLoopback) {
    this.write = (bytes) => loop.write(bytes);
  }

  async finish(): Promise<void> {}
}

/** The calls of a cable that keeping frames needs. */
export type HeldCable = Pick<ClockedLoopback, 'frameBytes' | 'periodBytes' | 'stats' | 'send'> & {
  on(event: 'listener', handler: (event: Pick<ListenerEvent, 'type'>) => void): unknown;
};

/**
 * Keeps the newest frames until there is a listener, and gives them as fast as it reads. It gives a period at a time, which goes
 * as a whole or not at all.
 */
export class HoldingOutlet implements Outlet {
  readonly #loop: HeldCable;
  readonly #onError: (error: unknown) => void;
  /** Ends the send that is under way; replaced by the next. */
  #interrupt = new AbortController();
  /** The kept frames, oldest first, from `#start` on and around the end. */
  readonly #ring: Uint8Array;
  /** A copy of the period that a send is moving: write() may overwrite the ring during the send. */
  readonly #period: Uint8Array;
  #start = 0;
  #bytes = 0;
  #sendingBytes = 0;
  #bytesDropped = 0;
  #listening = false;
  #finishing = false;
  /** Nothing more goes, whatever is said next. */
  #ended = false;
  #isSending = false;
  #sent: Promise<void> | undefined;

  /**
   * @param maxWaitingFrames at least a period
   * @param onError told what fails before the end
   */
  constructor(loop: HeldCable, maxWaitingFrames: number, onError: (error: unknown) => void) {
    this.#loop = loop;
    this.#ring = new Uint8Array(maxWaitingFrames * loop.frameBytes);
    this.#period = new Uint8Array(loop.periodBytes);
    this.#onError = onError;
    loop.on('listener', ({ type }) => this.#hear(type === 'start'));
  }

  get framesWaiting(): number {
    return (this.#bytes + this.#sendingBytes) / this.#loop.frameBytes;
  }

  get framesDropped(): number {
    return this.#bytesDropped / this.#loop.frameBytes;
  }

  write(bytes: Uint8Array): void {
    const room = this.#ring.length - this.#sendingBytes;
    const kept = bytes.subarray(Math.max(0, bytes.length - room));
    this.#bytesDropped += bytes.length - kept.length;
    this.#drop(Math.max(0, this.#bytes + kept.length - room));
    const end = (this.#start + this.#bytes) % this.#ring.length;
    const before = kept.subarray(0, this.#ring.length - end);
    this.#ring.set(before, end);
    this.#ring.set(kept.subarray(before.length));
    this.#bytes += kept.length;
    this.#startSending();
  }

  async finish(): Promise<void> {
    this.#finishing = true;
    const patience = setTimeout(() => this.#end(), FINISH_MS);
    try {
      // What happened last may not have been told yet.
      this.#hear(this.#loop.stats().listener);
      await this.#sent;
    } finally {
      clearTimeout(patience);
      this.#drop(this.#bytes);
    }
  }

  #end(): void {
    this.#ended = true;
    this.#interrupt.abort();
  }

  #hear(listening: boolean): void {
    this.#listening = listening;
    if (listening) this.#startSending();
    else if (this.#finishing) this.#end();
    else this.#interrupt.abort();
  }

  #drop(bytes: number): void {
    this.#start = (this.#start + bytes) % this.#ring.length;
    this.#bytes -= bytes;
    this.#bytesDropped += bytes;
  }

  /** Less than a period moves nothing, so it may as well wait here, except at the end. */
  get #isDue(): boolean {
    if (this.#ended || !this.#listening) return false;
    return this.#bytes >= (this.#finishing ? 1 : this.#period.length);
  }

  #startSending(): void {
    if (this.#isSending || !this.#isDue) return;
    this.#isSending = true;
    this.#sent = this.#send();
  }

  async #send(): Promise<void> {
    try {
      while (this.#isDue) await this.#sendPeriod();
    } catch (error) {
      this.#bytesDropped += this.#sendingBytes;
      this.#sendingBytes = 0;
      this.#ended = true;
      // finish() rejects with it.
      if (this.#finishing) throw error;
      this.#onError(error);
    } finally {
      this.#isSending = false;
    }
  }

  async #sendPeriod(): Promise<void> {
    if (this.#interrupt.signal.aborted) this.#interrupt = new AbortController();
    const { signal } = this.#interrupt;
    const period = this.#take();
    const dropped = this.#bytesDropped;
    try {
      await this.#loop.send(period, { pace: 'listener', unheard: 'wait', signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#putBack(dropped);
    }
    this.#sendingBytes = 0;
  }

  /** The oldest period, or what there is, out of the ring. */
  #take(): Uint8Array {
    const taken = this.#period.subarray(0, Math.min(this.#bytes, this.#period.length));
    const before = this.#ring.subarray(this.#start, this.#start + taken.length);
    taken.set(before);
    taken.set(this.#ring.subarray(0, taken.length - before.length), before.length);
    this.#start = (this.#start + taken.length) % this.#ring.length;
    this.#bytes -= taken.length;
    this.#sendingBytes = taken.length;
    return taken;
  }

  /**
   * The listener left without the period, which is the oldest again. It still lies in the ring, since write() leaves its room
   * alone. If write() has dropped newer frames since, this one is dropped, too.
   */
  #putBack(droppedBefore: number): void {
    if (this.#bytesDropped > droppedBefore) {
      this.#bytesDropped += this.#sendingBytes;
      return;
    }
    const { length } = this.#ring;
    this.#start = (this.#start - this.#sendingBytes + length) % length;
    this.#bytes += this.#sendingBytes;
  }
}
