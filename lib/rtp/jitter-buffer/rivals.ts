/** Packets of other sources, kept while the current one may still be alive: RFC 3550, section 8.2. */
import { relation, type Suspect } from './suspect.js';

/** A source is not quiet before so many packets of the current one's length could have come from it. */
const LEAST_PACKETS = 4;
/**
 * Sources whose packets are kept at most: those of which enough packets agree, and those of which too few do. One more takes the
 * place of the one of its kind that was heard longest ago. Forged sources with a packet or two each therefore keep no sender from being confirmed, unless dozens
 * of them come from packet to packet, and displace none that is.
 */
const MAX_SOURCES = { confirmed: 4, unconfirmed: 64 };
/** Packets of a source that are kept at most, beside a limit of their frames. */
const MAX_PACKETS = 16_384;

interface RivalsOptions {
  readonly rate: number;
  readonly confirmPackets: number;
  readonly maxGapFrames: number;
  readonly takeoverMs: number;
}

/** What another source has sent. */
interface Rival {
  /** At least one. */
  packets: Suspect[];
  frames: number;
  /** When the first of them came, though it may not be kept any more. */
  since: bigint;
}

export class Rivals {
  readonly #options: RivalsOptions;
  readonly #takeoverNanoseconds: bigint;
  /** All that come while the takeover is waited for, and a second of them at least. */
  readonly #maxFrames: number;
  /** The one that was heard last is the last. */
  #rivals: Rival[] = [];

  constructor(options: RivalsOptions) {
    this.#options = options;
    this.#takeoverNanoseconds = BigInt(options.takeoverMs) * 1_000_000n;
    this.#maxFrames = options.rate * (1 + options.takeoverMs / 1000);
  }

  get areNone(): boolean {
    return this.#rivals.length === 0;
  }

  /** The newest packets of those sources of which enough packets agree. */
  get confirmed(): Suspect[] {
    return this.#rivals.filter((rival) => this.#isConfirmed(rival)).map(newest);
  }

  /**
   * When one of them is followed, if the current source, with packets of so many frames, is not heard before; undefined while
   * too few packets agree.
   */
  takeover(packetFrames: number): bigint | undefined {
    if (this.areNone) return undefined;
    const next = this.#next(packetFrames);
    return next && next.since + max(this.#takeoverNanoseconds, this.#leastQuiet(packetFrames));
  }

  /** Keeps one more. @returns how many older ones were given up for it; undefined where it is there already */
  add(packet: Suspect): number | undefined {
    const index = this.#rivals.findIndex((rival) => isOf(rival, packet));
    const known = this.#rivals[index];
    const related = known ? relation(packet, newest(known), this.#options.maxGapFrames) : 'other';
    if (related === 'same') return undefined;
    if (known) this.#rivals.splice(index, 1);
    if (known && related === 'near') {
      this.#rivals.push(known);
      known.packets.push(packet);
      known.frames += packet.frames;
      return this.#shorten(known) + this.#displaceFor(known);
    }
    const unknown = { packets: [packet], frames: packet.frames, since: packet.arrival };
    this.#rivals.push(unknown);
    return (known?.packets.length ?? 0) + this.#displaceFor(unknown);
  }

  /**
   * The packets of the one that is followed next, in place of a source with packets of so many frames; and how many others are
   * given up for it: those of all that came before it was last heard.
   */
  take(packetFrames: number): { readonly packets: Suspect[]; readonly dropped: number } {
    const next = this.#next(packetFrames) as Rival;
    const { arrival } = newest(next);
    const before = this.#rivals.filter((rival) => rival !== next && rival.since <= arrival);
    this.#rivals = this.#rivals.filter(({ since }) => since > arrival);
    return { packets: next.packets, dropped: count(before) };
  }

  /** Keeps none any more. @returns how many there were */
  clear(): number {
    const dropped = count(this.#rivals);
    this.#rivals = [];
    return dropped;
  }

  /**
   * Of the sources of which enough packets agree, the one that came first, but for those that have fallen quiet while another
   * one of them goes on.
   */
  #next(packetFrames: number): Rival | undefined {
    const confirmed = this.#rivals.filter((rival) => this.#isConfirmed(rival));
    const last = confirmed.at(-1);
    if (!last) return undefined;
    const quietSince = newest(last).arrival - this.#leastQuiet(packetFrames);
    return confirmed
      .filter((rival) => newest(rival).arrival >= quietSince)
      .reduce((first, rival) => (rival.since < first.since ? rival : first));
  }

  #leastQuiet(packetFrames: number): bigint {
    return BigInt(LEAST_PACKETS * Math.ceil((packetFrames / this.#options.rate) * 1e9));
  }

  #isConfirmed({ packets }: Rival): boolean {
    return packets.length >= this.#options.confirmPackets;
  }

  /** Makes room for the one that was heard last. @returns how many packets were given up for it */
  #displaceFor(last: Rival): number {
    const isConfirmed = this.#isConfirmed(last);
    const alike = this.#rivals.filter((rival) => this.#isConfirmed(rival) === isConfirmed);
    if (alike.length <= MAX_SOURCES[isConfirmed ? 'confirmed' : 'unconfirmed']) return 0;
    const [oldest] = alike as [Rival];
    this.#rivals.splice(this.#rivals.indexOf(oldest), 1);
    return oldest.packets.length;
  }

  #shorten(rival: Rival): number {
    const { confirmPackets } = this.#options;
    let dropped = 0;
    while (
      rival.packets.length > MAX_PACKETS ||
      (rival.packets.length > confirmPackets && rival.frames > this.#maxFrames)
    ) {
      rival.frames -= (rival.packets.shift() as Suspect).frames;
      dropped++;
    }
    return dropped;
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function newest({ packets }: Rival): Suspect {
  return packets.at(-1) as Suspect;
}

function count(rivals: readonly Rival[]): number {
  return rivals.reduce((sum, { packets }) => sum + packets.length, 0);
}

function isOf(rival: Rival, { ssrc, origin }: Suspect): boolean {
  const last = newest(rival);
  return last.ssrc === ssrc && last.origin === origin;
}
