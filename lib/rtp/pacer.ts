/** When each packet of a stream is sent, by a clock; and how fast a stream that fell behind catches up. */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

/** A clock to send by. */
export interface PaceClock {
  /** Nanoseconds; does not go backwards. */
  now(): bigint;
  /** Resolves after about so many nanoseconds; rejects when the signal aborts. */
  sleep(nanoseconds: bigint, signal?: AbortSignal): Promise<void>;
}

export const systemClock: PaceClock = {
  now: () => process.hrtime.bigint(),
  sleep: (nanoseconds, signal) =>
    delay(Math.max(1, Math.ceil(Number(nanoseconds) / 1e6)), undefined, signal ? { signal } : {}),
};

/** A source that falls further behind starts a new count of time, instead of being made up for. */
const MAX_CATCH_UP_NANOSECONDS = 1_000_000_000n;
/** Packets that a stream which is behind sends in the time of one: more at once would overrun the receiver's socket. */
const CATCH_UP_SPEED = 4n;
/** How much of that may come at once: a program is woken up late, and timers count whole milliseconds. */
const SLACK_NANOSECONDS = 5_000_000n;
/** Packets in a row after which other events get their turn, though the stream is behind. */
const PACKETS_A_TURN = 64;

export class Pacer {
  readonly #nanosecondsPerFrame: number;
  readonly #step: bigint;
  readonly #slack: bigint;
  readonly #clock: PaceClock;
  /** When the frame `#first` was due. */
  #start: bigint;
  #first = 0;
  /** Before this the next packet would be too close to those before it. */
  #earliest: bigint;
  #last = -1;
  #inARow = 0;

  /** @param frameRate frames a second, by the clock */
  constructor(frameRate: number, packetFrames: number, clock: PaceClock = systemClock) {
    this.#nanosecondsPerFrame = 1e9 / frameRate;
    const packet = BigInt(Math.round(packetFrames * this.#nanosecondsPerFrame));
    this.#step = packet / CATCH_UP_SPEED;
    this.#slack = packet > SLACK_NANOSECONDS ? packet : SLACK_NANOSECONDS;
    this.#clock = clock;
    this.#start = clock.now();
    this.#earliest = this.#start;
  }

  /**
   * Waits until a packet may be sent. To be asked again, for the same packet, costs nothing.
   *
   * @param frame how many frames the stream had before it
   */
  async wait(frame: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    let now = this.#clock.now();
    const due = this.#start + BigInt(Math.round((frame - this.#first) * this.#nanosecondsPerFrame));
    const at = frame !== this.#last && this.#earliest > due ? this.#earliest : due;
    if (at > now) {
      this.#inARow = 0;
      await this.#clock.sleep(at - now, signal);
      now = this.#clock.now();
    } else if (++this.#inARow >= PACKETS_A_TURN) {
      this.#inARow = 0;
      await turn();
    }
    signal?.throwIfAborted();
    if (now - due > MAX_CATCH_UP_NANOSECONDS) {
      this.#start = now;
      this.#first = frame;
    }
    if (frame === this.#last) return;
    this.#last = frame;
    if (this.#earliest < now - this.#slack) this.#earliest = now - this.#slack;
    this.#earliest += this.#step;
  }
}
