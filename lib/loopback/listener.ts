/** Whoever captures at the other end of a cable, as far as a writer can see it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { procAsound, readProc } from '../proc.js';

/** A look at the capture substream: /proc/asound/card<N>/pcm<D>c/sub<S>/status and hw_params, readable by everybody. */
export class Listener {
  readonly #folder: string;
  readonly #periodMs: number;
  readonly #status: string;

  constructor(card: number, device: number, substream: number, resolution: bigint) {
    this.#folder = join(procAsound(), `card${card}`, `pcm${device}c`, `sub${substream}`);
    this.#periodMs = Math.max(1, Math.floor(Number(resolution) / 1_000_000));
    this.#status = readProc(join(this.#folder, 'status')) ?? '';
  }

  get running(): boolean {
    return /^state: RUNNING/m.test(this.#status);
  }

  /**
   * Frames that can be moved now so that the listener has at least half of its buffer left: for silence that a thread
   * inserts meanwhile, and because the kernel's default stops a capture whose buffer is full to the last frame.
   */
  room(): number {
    const waiting = Number(/^avail\s*:\s*(\d+)/m.exec(this.#status)?.[1] ?? 0);
    const buffer = /^buffer_size:\s*(\d+)/m.exec(readProc(join(this.#folder, 'hw_params')) ?? '')?.[1];
    return buffer === undefined ? 0 : (Number(buffer) >> 1) - waiting;
  }

  /** A period's time, after which things may be different. */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    await sleep(this.#periodMs, undefined, signal ? { signal } : {});
  }
}
