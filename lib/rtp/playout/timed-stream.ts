/** TimedStream: the stream that is followed. Its packets go to the cable at their media time; it counts what became of them. */
import type { MissingBefore, PlayedLoopback } from '../../loopback/played-loopback.js';
import type { RtpEncoding } from '../format.js';
import { DiscontinuityDetector } from '../jitter-buffer/discontinuity.js';
import type { Placement, StreamStart, StreamStartEvent } from '../jitter-buffer/events.js';
import type { CheckedJitterBufferOptions } from '../jitter-buffer/options.js';
import type { JitterBufferStats } from '../jitter-buffer/stats.js';
import { type RtpPacket, sequenceDistance } from '../packet.js';
import { type MediaTimes, positionOf, timestampOf } from './media-times.js';

/** What a packet says before its frames are looked at. */
export type Head = Pick<RtpPacket, 'sequence' | 'timestamp' | 'ssrc'>;

/** The calls of a played cable that packets need. */
export type MediaCable = Pick<PlayedLoopback, 'rest' | 'write' | 'outcome' | 'takeLosses' | 'stats'>;

/** The position of a packet that is too far from what is played, and of the frame that is played next. */
export interface FarTime {
  readonly position: number;
  readonly next: number;
}

export class TimedStream {
  readonly detector: DiscontinuityDetector;
  readonly #options: CheckedJitterBufferOptions;
  readonly #cable: MediaCable;
  readonly #times: MediaTimes;
  readonly #packets = { placed: 0, reordered: 0, duplicate: 0, late: 0 };
  readonly #frames = { received: 0, skipped: 0, cut: 0, late: 0 };
  #count = 0;
  #discontinuities = 0;
  #latestArrival: bigint | undefined;
  /** Behind the newest frame: its timestamp, and the sequence number of its packet; undefined before the first. */
  #newest: { readonly end: number; readonly sequence: number } | undefined;
  /** A stream that has begun, of which nothing had a time that fits. */
  #untold: Pick<StreamStartEvent, 'reason' | 'previous'> | undefined;

  /** @param options with functions that may be called at any time */
  constructor(options: CheckedJitterBufferOptions, cable: MediaCable, times: MediaTimes) {
    this.detector = new DiscontinuityDetector(options);
    this.#options = options;
    this.#cable = cable;
    this.#times = times;
  }

  /** Whether some of it had a time that fits. */
  get isHeard(): boolean {
    return this.#untold === undefined;
  }

  /** The RTP timestamp of the frame that is played next. */
  get timestamp(): number {
    return timestampOf(this.#times, this.#cable.stats().next);
  }

  /** Frames that came when their time was over. */
  get framesLate(): number {
    return this.#frames.late;
  }

  stats(): Omit<JitterBufferStats, 'packets' | 'packetsStray' | 'packetsRejected'> {
    const { placed, reordered, duplicate, late } = this.#packets;
    const { received, skipped, cut } = this.#frames;
    const { lost, gaps, waiting } = this.#cable.stats();
    return {
      packetsPlaced: placed,
      packetsReordered: reordered,
      packetsDuplicate: duplicate,
      packetsLate: late,
      framesDelivered: received + lost + skipped,
      framesReceived: received,
      framesLost: lost,
      framesSkipped: skipped,
      framesConcealed: 0,
      framesCut: cut,
      gaps,
      discontinuities: this.#discontinuities,
      streams: this.#count,
      framesWaiting: waiting,
    };
  }

  /** When the newest packet came of those that were placed, in any stream. */
  get latestArrival(): bigint | undefined {
    return this.#latestArrival;
  }

  /** Begins anew, with a packet that came at `arrival`. @param previous of the source before */
  begin(reason: StreamStart, packet: Head, arrival: bigint, previous: StreamStartEvent['previous']): void {
    const before = this.#newest && previous;
    this.#times.begin(packet.timestamp, arrival);
    this.detector.start(packet);
    this.#newest = undefined;
    this.#untold ??= { reason, previous: before };
  }

  /** No more of it comes for now. */
  rest(): void {
    this.#cable.rest();
    this.#tellLosses();
  }

  /** Frames from the end of the newest packet to this one; less than 0 where it was overtaken. */
  ahead({ timestamp }: Pick<RtpPacket, 'timestamp'>): number {
    return this.#newest === undefined ? 0 : (timestamp - this.#newest.end) | 0;
  }

  /** Where nothing but the stream itself says which time a packet has, and it does not say that. */
  isSuspicious(packet: RtpPacket, frames: number): boolean {
    if (!this.#times.isRelative || this.#newest === undefined) return false;
    return this.detector.judge(packet, this.ahead(packet), frames, this.#isNext(packet)) === 'suspect';
  }

  /** Gives the frames of a packet to the cable, unless its time is too far away. */
  place(
    packet: Head,
    frames: number,
    encoding: RtpEncoding,
    bytes: Uint8Array,
    arrival: bigint,
  ): Placement | FarTime {
    const ahead = this.ahead(packet);
    const before = this.#before(packet, ahead);
    const { timestamp: next } = this;
    const isWhole = this.#cable.write(positionOf(this.#times, packet.timestamp), bytes, before);
    const outcome = isWhole ? undefined : this.#cable.outcome();
    if (outcome?.refused) return outcome;
    const { placed, late } = outcome ?? { placed: frames, late: 0 };
    // Behind a gap that is longer than what is believed to be lost.
    if (before === 'nothing' && this.#newest) {
      this.begin('timestamp', packet, arrival, { ssrc: packet.ssrc, timestamp: next });
    }
    this.#tellBegun(packet);
    if (before === 'left-out') this.#tellSkipped(ahead);
    this.#follow(packet, frames, encoding, placed);
    this.#times.note(packet.timestamp, arrival);
    this.#frames.received += placed;
    this.#frames.late += late;
    if (outcome) this.#tellLosses();
    if (placed === 0) return late > 0 ? this.#drop('late') : this.dropDuplicate();
    this.#packets.placed++;
    if (this.#latestArrival === undefined || arrival > this.#latestArrival) this.#latestArrival = arrival;
    this.#frames.cut += frames - placed;
    return 'delivered';
  }

  /** Counts a packet whose frames are much too late. */
  dropLate(frames: number): Placement {
    this.#frames.late += frames;
    return this.#drop('late');
  }

  /** Counts a packet that came before. */
  dropDuplicate(): Placement {
    return this.#drop('duplicate');
  }

  #drop(what: 'late' | 'duplicate'): Placement {
    this.#packets[what]++;
    return what;
  }

  #isNext({ sequence }: Pick<RtpPacket, 'sequence'>): boolean {
    return this.#newest !== undefined && sequenceDistance(sequence, this.#newest.sequence) === 1;
  }

  #before(packet: Head, ahead: number): MissingBefore {
    if (this.#newest === undefined || ahead > this.#options.maxGapFrames) return 'nothing';
    return ahead > 0 && this.#isNext(packet) ? 'left-out' : 'lost';
  }

  #follow(packet: Head, frames: number, encoding: RtpEncoding, placed: number): void {
    if (this.detector.note(packet, frames, encoding) && placed > 0) this.#packets.reordered++;
    if (this.#newest === undefined || this.ahead(packet) + frames > 0) {
      this.#newest = { end: (packet.timestamp + frames) >>> 0, sequence: packet.sequence };
    }
  }

  #tellBegun({ ssrc, timestamp }: Head): void {
    if (!this.#untold) return;
    const begun = this.#untold;
    this.#untold = undefined;
    this.#count++;
    this.#options.onStream?.({ ...begun, ssrc, timestamp });
  }

  #tellSkipped(frames: number): void {
    this.#frames.skipped += frames;
    this.#discontinuities++;
    this.#options.onDiscontinuity?.({ timestamp: this.#newest?.end ?? 0, frames });
  }

  #tellLosses(): void {
    for (const { position, frames } of this.#cable.takeLosses()) {
      this.#options.onLoss?.({ timestamp: timestampOf(this.#times, position), frames });
    }
  }
}
