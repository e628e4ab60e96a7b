/** What RTP timestamps count from: the epoch of a clock that is known, or the instant at which a stream was heard first. */
import type { ArrivalClock } from '../../clock/arrival-clock.js';

const BILLION = 1_000_000_000n;
const SPAN = 2 ** 32;

/** Media positions count frames since the epoch of the clock. */
export interface MediaTimes {
  /** Whether a stream is placed by when it is heard, so that a jump of its timestamps is a stream of its own. */
  readonly isRelative: boolean;
  /** The timestamp at the epoch of the clock. */
  readonly offset: number;
  /** A stream begins with this timestamp, which came at `arrival` of CLOCK_MONOTONIC. */
  begin(timestamp: number, arrival: bigint): void;
  /** A packet of it came. */
  note(timestamp: number, arrival: bigint): void;
}

/** The lower 32 bits of a media position. */
export function positionOf({ offset }: Pick<MediaTimes, 'offset'>, timestamp: number): number {
  return (timestamp - offset) >>> 0;
}

/** The timestamp of a media position. */
export function timestampOf({ offset }: Pick<MediaTimes, 'offset'>, position: number): number {
  return ((position % SPAN) + offset) % SPAN;
}

/** The sender's timestamps count by the clock: RFC 7273, section 5.2. */
export class DirectTimes implements MediaTimes {
  readonly isRelative = false;
  readonly offset: number;

  constructor(offset: number) {
    this.offset = offset;
  }

  begin(): void {}
  note(): void {}
}

/** The sender's clock is known by arrivals. It goes on from stream to stream, so that nothing jumps. */
export class ArrivalTimes implements MediaTimes {
  readonly isRelative = true;
  readonly #clock: Pick<ArrivalClock, 'at' | 'add'>;
  readonly #rate: bigint;
  #offset = 0;
  /** Of the newest packet. */
  #timestamp = 0;
  #position = 0n;

  constructor(clock: Pick<ArrivalClock, 'at' | 'add'>, rate: number) {
    this.#clock = clock;
    this.#rate = BigInt(rate);
  }

  get offset(): number {
    return this.#offset;
  }

  begin(timestamp: number, arrival: bigint): void {
    this.#timestamp = timestamp;
    this.#position = (this.#clock.at(arrival) * this.#rate + BILLION / 2n) / BILLION;
    this.#offset = (timestamp - Number(BigInt.asUintN(32, this.#position))) >>> 0;
  }

  note(timestamp: number, arrival: bigint): void {
    const step = (timestamp - this.#timestamp) | 0;
    const position = this.#position + BigInt(step);
    if (step > 0) {
      this.#timestamp = timestamp;
      this.#position = position;
    }
    this.#clock.add(arrival, (position * BILLION) / this.#rate);
  }
}
