/** The stream that is followed: puts its packets in their place, and counts what became of them. */
import type { RtpEncoding } from '../format.js';
import type { RtpPacket } from '../packet.js';
import { DiscontinuityDetector } from './discontinuity.js';
import type { Placement } from './events.js';
import { FrameWriter } from './frame-writer.js';
import type { CheckedJitterBufferOptions } from './options.js';
import { ReorderBuffer } from './reorder-buffer.js';
import type { JitterBufferStats } from './stats.js';

type Place = Pick<RtpPacket, 'sequence' | 'timestamp'>;

export class Stream {
  readonly detector: DiscontinuityDetector;
  readonly waiting: ReorderBuffer;
  readonly writer: FrameWriter;
  #placed = 0;
  /** Packets that a later one had overtaken, and that were placed. */
  #reordered = 0;
  /** Packets whose frames were here already. */
  #duplicate = 0;
  /** Packets whose frames had been filled in. */
  #late = 0;
  #latestArrival: bigint | undefined;
  /** Streams that began. */
  #count = 0;

  constructor(options: CheckedJitterBufferOptions) {
    this.detector = new DiscontinuityDetector(options);
    this.writer = new FrameWriter(options, options.types.frameBytes);
    this.waiting = new ReorderBuffer(this.writer, options.reorderPackets);
  }

  stats(): Omit<JitterBufferStats, 'packets' | 'packetsStray' | 'packetsRejected'> {
    const { frames, framesCut, gaps, discontinuities } = this.writer;
    const { received, lost, skipped, concealed } = frames;
    return {
      packetsPlaced: this.#placed,
      packetsReordered: this.#reordered,
      packetsDuplicate: this.#duplicate,
      packetsLate: this.#late,
      framesDelivered: received + lost + skipped + concealed,
      framesReceived: received,
      framesLost: lost,
      framesSkipped: skipped,
      framesConcealed: concealed,
      framesCut,
      gaps,
      discontinuities,
      streams: this.#count,
      framesWaiting: this.waiting.framesWaiting,
    };
  }

  /** Begins anew, with this packet. */
  start(packet: Place): void {
    this.#count++;
    this.detector.start(packet);
    this.writer.start(packet.timestamp);
  }

  /** When the newest packet came of those that were placed, in any stream. */
  get latestArrival(): bigint | undefined {
    return this.#latestArrival;
  }

  /** Frames from the one that is written next to a packet. */
  ahead({ timestamp }: Place): number {
    return this.writer.ahead(timestamp);
  }

  /** Writes the frames of a packet, and packets that waited for it; or keeps it until those before it came. */
  place(packet: Place, frames: number, encoding: RtpEncoding, bytes: Uint8Array, arrival: bigint): Placement {
    const { sequence, timestamp } = packet;
    const { writer, waiting } = this;
    const ahead = writer.ahead(timestamp);
    if (ahead + frames <= 0) return this.dropDuplicate();
    if (ahead <= 0) {
      this.#note(packet, frames, encoding, arrival);
      writer.write(bytes, -ahead, sequence);
      waiting.drain();
      return 'delivered';
    }
    const at = writer.next + ahead;
    if (!waiting.add({ at, frames, bytes, arrival, sequence })) return this.dropDuplicate();
    this.#note(packet, frames, encoding, arrival);
    waiting.trim();
    return at < writer.next ? 'delivered' : 'held';
  }

  /** Counts a packet whose frames were written before, be it from a packet or as fill. */
  dropLate(packet: Place, frames: number): Placement {
    const at = this.writer.next + this.ahead(packet);
    if (!this.writer.wasFilled(at, at + frames)) return this.dropDuplicate();
    this.#late++;
    return 'late';
  }

  /** Counts a packet that came before. */
  dropDuplicate(): Placement {
    this.#duplicate++;
    return 'duplicate';
  }

  #note(packet: Place, frames: number, encoding: RtpEncoding, arrival: bigint): void {
    this.#placed++;
    if (this.#latestArrival === undefined || arrival > this.#latestArrival) this.#latestArrival = arrival;
    if (this.detector.note(packet, frames, encoding)) this.#reordered++;
  }
}
