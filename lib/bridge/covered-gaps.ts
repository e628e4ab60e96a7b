/** Gaps of the stream while the cable keeps its listener alive with silence: time that must not be heard twice. */
import type { ClockedLoopback } from '../loopback/clocked-loopback.js';
import type { FrameSink } from '../rtp/placer.js';

/** How much of a stream has to come before silence that was inserted earlier has nothing to do with its next gap. */
const RUNNING_SECONDS = 0.01;

/** The cable as far as gaps are concerned. */
export interface SilencedCable {
  readonly frameBytes: number;
  readonly periodBytes: number;
  readonly parameters: Pick<ClockedLoopback['parameters'], 'rate' | 'periodFrames'>;
  readonly stats: Pick<ClockedLoopback['stats'], 'insertedFrames' | 'listener'>;
}

/** Leaves out of a gap's fill what the cable has inserted since the stream ran last. */
export class CoveredGaps implements FrameSink {
  readonly #cable: SilencedCable;
  readonly #outlet: FrameSink;
  readonly #onlyHeard: boolean;
  readonly #runningFrames: number;
  /** What the cable had inserted when the stream ran last, and what gaps have made up for since. */
  #inserted = 0;
  #framesRunning = 0;
  #framesCovered = 0;

  /** @param onlyHeard whether silence that nobody heard stands for nothing, since frames wait for a listener */
  constructor(cable: SilencedCable, outlet: FrameSink, onlyHeard: boolean) {
    const { rate, periodFrames } = cable.parameters;
    this.#cable = cable;
    this.#outlet = outlet;
    this.#onlyHeard = onlyHeard;
    this.#runningFrames = Math.max(periodFrames, Math.ceil(rate * RUNNING_SECONDS));
  }

  /** Frames of fill that were left out. */
  get framesCovered(): number {
    return this.#framesCovered;
  }

  /** What was inserted before stands for no gap that comes: a stream, or somebody to hear it, begins. */
  begin(): void {
    this.#inserted = this.#cable.stats.insertedFrames;
    this.#framesRunning = 0;
  }

  write(bytes: Uint8Array): void {
    this.#outlet.write(bytes);
    this.#framesRunning += bytes.length / this.#cable.frameBytes;
    if (this.#framesRunning >= this.#runningFrames) this.begin();
  }

  writeFill(bytes: Uint8Array): void {
    const { periodBytes } = this.#cable;
    const fill = this.#uncovered(bytes);
    this.#outlet.write(fill.subarray(0, periodBytes));
    // No silence is inserted for a while when a period has moved, so what was inserted just before it is known now.
    if (fill.length > periodBytes) this.#outlet.write(this.#uncovered(fill.subarray(periodBytes)));
  }

  #uncovered(bytes: Uint8Array): Uint8Array {
    const { frameBytes, stats } = this.#cable;
    if (this.#onlyHeard && !stats.listener) return bytes;
    const frames = Math.min(bytes.length / frameBytes, stats.insertedFrames - this.#inserted);
    this.#inserted += frames;
    this.#framesCovered += frames;
    return bytes.subarray(frames * frameBytes);
  }
}
