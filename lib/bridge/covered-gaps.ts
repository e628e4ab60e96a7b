/** Gaps of the stream while the cable keeps its listener alive with silence: time that must not be heard twice. */
import type { ClockedLoopback } from '../loopback/clocked-loopback.js';
import type { ClockedLoopbackStats } from '../loopback/events.js';
import type { FrameSink } from '../rtp/jitter-buffer/options.js';

/** How much of a stream has to come, in several packets, before earlier silence has nothing to do with its next gap. */
const RUNNING_SECONDS = 0.01;

/** The cable as far as gaps are concerned. */
export interface SilencedCable {
  readonly frameBytes: number;
  readonly periodBytes: number;
  readonly parameters: Pick<ClockedLoopback['parameters'], 'rate' | 'periodFrames'>;
  stats(): Pick<ClockedLoopbackStats, 'insertedFrames' | 'listener'>;
}

/** Leaves out of a gap's fill what the cable has inserted since the stream ran last. */
export class CoveredGaps implements FrameSink {
  readonly #cable: SilencedCable;
  readonly #outlet: FrameSink;
  readonly #onlyHeard: boolean;
  readonly #runningFrames: number;
  /** What the cable had inserted when the stream ran last, and what gaps have made up for since. */
  #inserted = 0;
  /** What the cable had inserted when it was looked at last. */
  #seen = 0;
  #framesRunning = 0;
  #packetsRunning = 0;
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
    this.#seen = this.#cable.stats().insertedFrames;
    this.#inserted = this.#seen;
    this.#beginRun();
  }

  write(bytes: Uint8Array): void {
    this.#outlet.write(bytes);
    this.#framesRunning += bytes.length / this.#cable.frameBytes;
    this.#packetsRunning++;
    // A single packet, however long, may be one that an outage let through.
    if (this.#packetsRunning === 1 || this.#framesRunning < this.#runningFrames) return;
    const { insertedFrames } = this.#cable.stats();
    // Silence amid these frames: some of them came before the outage, and it may not be over.
    if (insertedFrames === this.#seen) this.#inserted = insertedFrames;
    this.#seen = insertedFrames;
    this.#beginRun();
  }

  writeFill(bytes: Uint8Array): void {
    const { periodBytes } = this.#cable;
    this.#beginRun();
    const fill = this.#uncovered(bytes);
    this.#outlet.write(fill.subarray(0, periodBytes));
    // Where that moved a period, none is inserted for a while, so what was inserted just before it is known now. An outlet
    // that keeps frames moves nothing here: what is inserted after this look covers the next gap at most.
    if (fill.length > periodBytes) this.#outlet.write(this.#uncovered(fill.subarray(periodBytes)));
  }

  #uncovered(bytes: Uint8Array): Uint8Array {
    const { frameBytes } = this.#cable;
    const stats = this.#cable.stats();
    if (this.#onlyHeard && !stats.listener) return bytes;
    this.#seen = stats.insertedFrames;
    const frames = Math.min(bytes.length / frameBytes, this.#seen - this.#inserted);
    this.#inserted += frames;
    this.#framesCovered += frames;
    return bytes.subarray(frames * frameBytes);
  }

  #beginRun(): void {
    this.#framesRunning = 0;
    this.#packetsRunning = 0;
  }
}
