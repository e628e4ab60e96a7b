/** ArrivalClock: the clock of a sender of which nothing is known but when its packets came, and their media times. */
import type { ArrivalsHandle } from '../native/binding.js';
import { native } from '../native/load.js';

/**
 * Packets are late by what the network does to them, and never early. So of each tenth of a second the one that was late least
 * counts, and a servo follows those. Until the first packet came it is CLOCK_MONOTONIC.
 */
export class ArrivalClock {
  readonly handle: ArrivalsHandle;

  /** @param quietNs so long without a packet is holdover: the last frequency goes on */
  constructor(quietNs: bigint) {
    this.handle = native().createArrivals(quietNs);
  }

  /** What it says at an instant of CLOCK_MONOTONIC, in nanoseconds. */
  at(monotonicNs: bigint): bigint {
    return this.handle.timeAt(monotonicNs);
  }

  /** A packet came. Nanoseconds. */
  add(arrivalNs: bigint, mediaTimeNs: bigint): void {
    this.handle.add(arrivalNs, mediaTimeNs);
  }
}
