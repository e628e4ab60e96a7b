/**
 * Tells packets that continue a stream from those that do not: leaps of the timestamp, sequence numbers that contradict it,
 * and senders that have fallen behind. A packet that does not continue the stream is a suspect, kept until others confirm it.
 */
import type { RtpEncoding } from '../format.js';
import { type RtpPacket, sequenceDistance } from '../packet.js';
import { Contradictions } from './contradictions.js';
import type { CheckedJitterBufferOptions } from './options.js';
import { agree, relation, type Suspect } from './suspect.js';

/** Distances of sequence numbers are told apart up to half their range; beyond, only the timestamp counts. */
const SEQUENCE_REACH = 2 ** 14;
/** Two transport addresses bring the same stream where their packets are near and fit: the legs of ST 2022-7. */
const LEG_REACH = 1024;

type Place = Pick<RtpPacket, 'sequence' | 'timestamp'>;
type DetectorOptions = Pick<
  CheckedJitterBufferOptions,
  'channels' | 'reorderPackets' | 'confirmPackets' | 'maxGapFrames' | 'onContradiction'
>;

export class DiscontinuityDetector {
  readonly #options: DetectorOptions;
  readonly #contradictions: Contradictions;
  /** The packet with the highest timestamp so far: what others are measured against. */
  #newestSequence = 0;
  #newestTimestamp = 0;
  /** Frames of the stream's largest packet. */
  #packetFrames = 1;
  /** Frames of late packets since one came in time. */
  #lateFrames = 0;
  /** Of the current source; fewer than confirmPackets. */
  #suspects: Suspect[] = [];

  constructor(options: DetectorOptions) {
    this.#options = options;
    this.#contradictions = new Contradictions(options.channels, options.onContradiction);
  }

  /** Frames of the stream's largest packet. */
  get packetFrames(): number {
    return this.#packetFrames;
  }

  get hasSuspects(): boolean {
    return this.#suspects.length > 0;
  }

  get suspects(): readonly Suspect[] {
    return this.#suspects;
  }

  /** Whether so many suspects agree that they are to be believed. */
  get isConfirmed(): boolean {
    return this.#suspects.length >= this.#options.confirmPackets;
  }

  /** Begins a stream. */
  start({ sequence, timestamp }: Place): void {
    this.#newestSequence = sequence;
    this.#newestTimestamp = timestamp;
    this.#packetFrames = 1;
    this.#lateFrames = 0;
    this.#contradictions.reset();
  }

  /**
   * Judges a packet of the current source: it continues the stream, is late, or is a suspect.
   *
   * @param ahead frames from the end of what was written to the packet
   * @param isNext whether its sequence number follows that of the packet that was written last
   */
  judge(packet: Place, ahead: number, frames: number, isNext: boolean): 'continues' | 'late' | 'suspect' {
    if (ahead !== 0) {
      if (!this.#sequenceAgrees(packet)) return 'suspect';
      if (ahead + frames <= 0) {
        if (!this.#isBelievedLate(ahead, frames)) return 'suspect';
        this.#lateFrames += frames;
        return 'late';
      }
      if (ahead > this.#options.maxGapFrames || (!isNext && this.isLeap(packet, frames))) return 'suspect';
    }
    this.#lateFrames = 0;
    return 'continues';
  }

  /** Takes note of a packet of the stream. @returns whether a later one had overtaken it */
  note({ sequence, timestamp }: Place, frames: number, encoding: RtpEncoding): boolean {
    if (frames > this.#packetFrames) this.#packetFrames = frames;
    if (((timestamp - this.#newestTimestamp) | 0) < 0) return true;
    this.#newestTimestamp = timestamp;
    this.#newestSequence = sequence;
    this.#contradictions.note(sequence, timestamp, frames, encoding);
    return false;
  }

  /** Lateness so far is forgiven: the stream goes on elsewhere. */
  forgiveLateness(): void {
    this.#lateFrames = 0;
  }

  /** Whether a packet with the current source's identifier has the place in the stream that its sequence number says. */
  isLeg({ sequence, timestamp }: Place): boolean {
    const steps = sequenceDistance(sequence, this.#newestSequence);
    if (Math.abs(steps) > LEG_REACH) return false;
    const step = this.#contradictions.step ?? this.#packetFrames;
    return ((timestamp - this.#newestTimestamp) | 0) === steps * step;
  }

  /** Whether a packet is one that others have overtaken, or that came again, and so says nothing of its sender's health. */
  isOld({ sequence, timestamp }: Place): boolean {
    const steps = sequenceDistance(sequence, this.#newestSequence);
    return ((timestamp - this.#newestTimestamp) | 0) <= 0 && steps <= 0 && steps > -SEQUENCE_REACH;
  }

  /** Whether a packet lies further behind the newest one than reordering and small losses explain. */
  isLeap({ timestamp }: Place, frames: number): boolean {
    const packets = this.#options.reorderPackets + this.#options.confirmPackets;
    const leap = (timestamp - this.#newestTimestamp) | 0;
    return leap > Math.max(this.#packetFrames, frames) * packets;
  }

  /** Whether a packet of the current source, so many frames ahead, lies behind a gap that is filled. */
  continues(packet: Place, ahead: number): boolean {
    return ahead >= 0 && ahead <= this.#options.maxGapFrames && this.#sequenceAgrees(packet);
  }

  /** Keeps one more suspect. @returns how many older ones were given up for it; undefined where it is there already */
  suspect(packet: Suspect): number | undefined {
    const { maxGapFrames } = this.#options;
    const related = relation(packet, this.#suspects.at(-1), maxGapFrames, this.#areSequencesStanding);
    if (related === 'same') return undefined;
    const dropped = related === 'other' ? this.takeSuspects().length : 0;
    this.#suspects.push(packet);
    return dropped;
  }

  /** Gives the suspects away. */
  takeSuspects(): Suspect[] {
    const suspects = this.#suspects;
    this.#suspects = [];
    return suspects;
  }

  /** Takes back a suspect that still lies too far ahead of the stream. */
  keepSuspect(suspect: Suspect): void {
    this.#suspects.push(suspect);
  }

  #isBelievedLate(ahead: number, frames: number): boolean {
    const { maxGapFrames } = this.#options;
    return -ahead <= maxGapFrames && this.#lateFrames + frames <= maxGapFrames;
  }

  /** Whether sequence number and timestamp lie on the same side of the newest packet's. */
  #sequenceAgrees({ timestamp, sequence }: Place): boolean {
    if (sequence === this.#newestSequence && this.#areSequencesStanding) return true;
    return agree(
      (timestamp - this.#newestTimestamp) | 0,
      sequenceDistance(sequence, this.#newestSequence),
      SEQUENCE_REACH * this.#packetFrames,
    );
  }

  /** Whether sequence numbers have stood still for so long that they say nothing. */
  get #areSequencesStanding(): boolean {
    return this.#contradictions.standing >= this.#options.confirmPackets;
  }
}
