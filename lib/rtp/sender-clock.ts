/** How fast the sender's clock runs against ours, and how unevenly its packets come. */

/** Arrivals are gathered over this time, and the least delayed one stands for all. */
const BLOCK_NANOSECONDS = 250e6;
const MAX_BLOCKS = 128;
/** A step of the delay between two blocks that no clock makes, but a sender that paused or a network that changed. */
const STEP_NANOSECONDS = 100e6;
/** A slope through fewer points says more about the network than about the clock. */
const MIN_BLOCKS = 5;

/**
 * Compares RTP timestamps with arrivals. Delays only ever add, so the rate comes from a line through the least
 * delayed packet of each quarter of a second, over the last 32 seconds (least squares). It begins anew where the delay
 * steps: a sender that pauses without advancing its timestamps is no slow clock.
 */
export class SenderClock {
  readonly #nanosecondsPerFrame: number;
  readonly #times = new Float64Array(MAX_BLOCKS);
  readonly #delays = new Float64Array(MAX_BLOCKS);
  #blocks = 0;
  #started = false;
  #origin = 0n;
  #timestamp = 0;
  #frames = 0;
  #delay = 0;
  #jitter = 0;
  #block = 0;
  #blockTime = 0;
  #blockDelay = 0;

  /** @param rate Hz of the timestamp's clock */
  constructor(rate: number) {
    this.#nanosecondsPerFrame = 1e9 / rate;
  }

  /** Forgets everything: another stream. */
  reset(): void {
    this.pause();
    this.#jitter = 0;
  }

  /** Nothing comes for a while. How long that lasts says nothing of the clock, nor of how evenly packets come. */
  pause(): void {
    this.#started = false;
    this.#blocks = 0;
  }

  /** A packet with this RTP timestamp came at `arrival` nanoseconds. */
  add(timestamp: number, arrival: bigint): void {
    if (!this.#started) {
      this.#started = true;
      this.#origin = arrival;
      this.#timestamp = timestamp;
      this.#frames = 0;
      this.#delay = 0;
      this.#block = 0;
      this.#blockTime = 0;
      this.#blockDelay = 0;
      return;
    }
    const time = Number(arrival - this.#origin);
    this.#frames += (timestamp - this.#timestamp) | 0;
    this.#timestamp = timestamp;
    const delay = time - this.#frames * this.#nanosecondsPerFrame;
    this.#jitter += (Math.abs(delay - this.#delay) - this.#jitter) / 16;
    this.#delay = delay;

    const block = Math.floor(time / BLOCK_NANOSECONDS);
    if (block > this.#block) {
      const previous = this.#delays[(this.#blocks - 1) % MAX_BLOCKS] as number;
      if (this.#blocks > 0 && Math.abs(this.#blockDelay - previous) > STEP_NANOSECONDS) this.#blocks = 0;
      const slot = this.#blocks++ % MAX_BLOCKS;
      this.#times[slot] = this.#blockTime;
      this.#delays[slot] = this.#blockDelay;
      this.#block = block;
    } else if (delay >= this.#blockDelay) return;
    this.#blockTime = time;
    this.#blockDelay = delay;
  }

  /** Interarrival jitter in nanoseconds: RFC 3550, section 6.4.1. */
  get jitter(): number {
    return this.#jitter;
  }

  /** Parts per million by which the sender's clock is faster than ours; undefined until there was a second to judge by. */
  get ppm(): number | undefined {
    const count = Math.min(this.#blocks, MAX_BLOCKS);
    if (count < MIN_BLOCKS) return undefined;
    let meanTime = 0;
    let meanDelay = 0;
    for (let i = 0; i < count; i++) {
      meanTime += (this.#times[i] as number) / count;
      meanDelay += (this.#delays[i] as number) / count;
    }
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < count; i++) {
      const time = (this.#times[i] as number) - meanTime;
      covariance += time * ((this.#delays[i] as number) - meanDelay);
      variance += time * time;
    }
    return (-covariance / variance) * 1e6;
  }
}
