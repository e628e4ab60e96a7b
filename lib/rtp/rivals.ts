/** Packets of another source, kept while the current one may still be alive: RFC 3550, section 8.2. */
import type { RtpPacket } from './packet.js';
import { relation, type Suspect } from './suspect.js';

/** The current source is quiet for so many of its packets at least before another one is followed. */
const LEAST_PACKETS = 4;
/** Packets that are kept at most, beside a limit of their frames. */
const MAX_PACKETS = 16_384;

interface RivalsOptions {
  readonly rate: number;
  readonly confirmPackets: number;
  readonly maxGapFrames: number;
  readonly takeoverMs: number;
}

export class Rivals {
  readonly #options: RivalsOptions;
  readonly #takeoverNanoseconds: number;
  /** All that come while the takeover is waited for, and a second of them at least. */
  readonly #maxFrames: number;
  #packets: Suspect[] = [];
  #frames = 0;
  /** When the first of them came, though it may not be kept any more. */
  #since = 0n;

  constructor(options: RivalsOptions) {
    this.#options = options;
    this.#takeoverNanoseconds = options.takeoverMs * 1e6;
    this.#maxFrames = options.rate * (1 + options.takeoverMs / 1000);
  }

  get count(): number {
    return this.#packets.length;
  }

  /** Whether enough of them agree. */
  get areConfirmed(): boolean {
    return this.#packets.length >= this.#options.confirmPackets;
  }

  get newest(): Suspect | undefined {
    return this.#packets.at(-1);
  }

  /** When they are followed, if the current source, with packets of so many frames, is not heard before. */
  takeover(packetFrames: number): bigint {
    const packetNanoseconds = Math.ceil((packetFrames / this.#options.rate) * 1e9);
    return this.#since + BigInt(Math.max(this.#takeoverNanoseconds, LEAST_PACKETS * packetNanoseconds));
  }

  /** How a packet stands to those that are kept: 'third' is of yet another source, which has to wait for its turn. */
  relation(packet: RtpPacket, origin: string): 'same' | 'near' | 'other' | 'third' {
    const { newest } = this;
    const isTheirs = packet.ssrc === newest?.ssrc && origin === newest.origin;
    if (!isTheirs) return this.areConfirmed ? 'third' : 'other';
    return relation(packet, newest, this.#options.maxGapFrames);
  }

  /** Keeps one more. @returns how many older ones were given up for it */
  add(packet: Suspect): number {
    if (this.#packets.length === 0) this.#since = packet.arrival;
    this.#packets.push(packet);
    this.#frames += packet.frames;
    let dropped = 0;
    while (
      this.#packets.length > MAX_PACKETS ||
      (this.#packets.length > this.#options.confirmPackets && this.#frames > this.#maxFrames)
    ) {
      this.#frames -= (this.#packets.shift() as Suspect).frames;
      dropped++;
    }
    return dropped;
  }

  /** Keeps none any more. */
  take(): Suspect[] {
    const packets = this.#packets;
    this.#packets = [];
    this.#frames = 0;
    return packets;
  }
}
