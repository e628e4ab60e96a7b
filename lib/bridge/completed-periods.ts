/** CompletedPeriods: of a stream that falls silent, the period that it has begun is heard, with silence behind it (idle 'stall'). */
import type { ClockedLoopback } from '../loopback/clocked-loopback.js';
import type { SilencedCable } from './covered-gaps.js';
import type { Outlet } from './outlet.js';

/** The cable as far as its periods are concerned. */
export type StallingCable = Pick<ClockedLoopback, 'frameBytes' | 'periodBytes' | 'parameters'> & {
  stats(): Pick<ReturnType<ClockedLoopback['stats']>, 'pendingBytes'>;
};

/** To a gap that follows, this silence is what a cable inserts that keeps its listener alive: time that has passed. */
export class CompletedPeriods implements SilencedCable {
  readonly #cable: StallingCable;
  readonly #outlet: Pick<Outlet, 'framesWaiting' | 'write'>;
  #frames = 0;

  constructor(cable: StallingCable, outlet: Pick<Outlet, 'framesWaiting' | 'write'>) {
    this.#cable = cable;
    this.#outlet = outlet;
  }

  get frameBytes(): number {
    return this.#cable.frameBytes;
  }

  get periodBytes(): number {
    return this.#cable.periodBytes;
  }

  get parameters(): StallingCable['parameters'] {
    return this.#cable.parameters;
  }

  /** Frames of silence so far. They go where all frames go, so that somebody hears them who hears the stream. */
  stats(): ReturnType<SilencedCable['stats']> {
    return { insertedFrames: this.#frames, listener: true };
  }

  /** Completes a period that was begun. Throws what the outlet throws. */
  complete(): void {
    const waiting = this.#outlet.framesWaiting * this.frameBytes + this.#cable.stats().pendingBytes;
    const begun = waiting % this.periodBytes;
    if (begun === 0) return;
    const missing = this.periodBytes - begun;
    this.#outlet.write(new Uint8Array(missing));
    this.#frames += missing / this.frameBytes;
  }
}
