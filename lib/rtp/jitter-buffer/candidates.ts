/** Candidates: packets that do not continue the stream, or are of another source, until enough of them agree. */
import type { RtpEncoding } from '../format.js';
import type { RtpPacket } from '../packet.js';
import type { Payloads, PayloadTypes } from '../payload-types.js';
import type { DiscontinuityDetector } from './discontinuity.js';
import type { Placement } from './events.js';
import type { SourceSelection } from './source-selection.js';
import type { Suspect } from './suspect.js';

/** What is known of the stream that they may follow. */
interface FollowedStream {
  readonly detector: DiscontinuityDetector;
  /** Frames from the end of the newest packet to this one. */
  ahead(packet: Suspect): number;
  dropDuplicate(): Placement;
}

interface CandidateHandlers {
  /** These agree, the earliest first. */
  readonly follow: (agreed: readonly Suspect[]) => void;
  /** Another source has outlived the current one: see {@link Candidates.takeRival}. */
  readonly followRival: () => void;
  /** The stream has come near to this one. */
  readonly place: (suspect: Suspect) => void;
}

export class Candidates {
  readonly #types: PayloadTypes;
  readonly #sources: SourceSelection;
  readonly #stream: FollowedStream;
  readonly #handlers: CandidateHandlers;
  #stray = 0;

  constructor(
    types: PayloadTypes,
    sources: SourceSelection,
    stream: FollowedStream,
    handlers: CandidateHandlers,
  ) {
    this.#types = types;
    this.#sources = sources;
    this.#stream = stream;
    this.#handlers = handlers;
  }

  /** Packets of which none agreed with enough others. */
  get stray(): number {
    return this.#stray;
  }

  /** Keeps a packet that does not continue the stream, until enough of them agree with each other. */
  suspect(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Placement {
    const { detector } = this.#stream;
    const dropped = detector.suspect(this.#keep(packet, frames, arrival, origin));
    if (dropped === undefined) return this.#stream.dropDuplicate();
    this.#stray += dropped;
    if (!detector.isConfirmed) return 'unconfirmed';
    this.followSuspects();
    return 'delivered';
  }

  /** Keeps a packet of another source, until that one has outlived the current one. */
  rival(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Placement {
    const dropped = this.#sources.addRival(this.#keep(packet, frames, arrival, origin));
    if (dropped === undefined) return this.#stream.dropDuplicate();
    this.#stray += dropped;
    if (!this.#sources.isDecided) return 'unconfirmed';
    this.#handlers.followRival();
    return 'delivered';
  }

  /** The current source was heard among others. */
  hear(): void {
    this.#stray += this.#sources.hear();
  }

  /** Whether a packet is one of this stream behind a gap that is filled. */
  continues(suspect: Suspect): boolean {
    if (suspect.ssrc !== this.#sources.ssrc) return false;
    return this.#stream.detector.continues(suspect, this.#stream.ahead(suspect));
  }

  /** The stream goes on. A suspect that lies ahead of it waits on, one that it has come near to is placed, others go. */
  reconsider(): void {
    const { detector } = this.#stream;
    for (const suspect of detector.takeSuspects()) {
      if (!this.continues(suspect)) this.#stray++;
      else if (detector.isLeap(suspect, suspect.frames)) detector.keepSuspect(suspect);
      else this.#handlers.place(suspect);
    }
  }

  followSuspects(): void {
    this.#handlers.follow(inOrder(this.#stream.detector.takeSuspects()));
  }

  forgetSuspects(): void {
    this.#stray += this.#stream.detector.takeSuspects().length;
  }

  forgetRivals(): void {
    this.#stray += this.#sources.forgetRivals();
  }

  /** The packets of the source that has outlived the current one, the earliest first. Forgets the suspects of that one. */
  takeRival(): Suspect[] {
    this.forgetSuspects();
    const { packets, dropped } = this.#sources.takeRival(this.#stream.detector.packetFrames);
    this.#stray += dropped;
    return inOrder(packets);
  }

  encodingOf({ payloadType }: Suspect): RtpEncoding {
    return this.#payloadsOf(payloadType).encoding;
  }

  #keep(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Suspect {
    const { payloadType, ssrc, sequence, timestamp, payload } = packet;
    const bytes = this.#payloadsOf(payloadType).converter.convert(payload);
    return { payloadType, ssrc, sequence, timestamp, frames, bytes, arrival, origin };
  }

  #payloadsOf(payloadType: number): Payloads {
    return this.#types.of(payloadType) as Payloads;
  }
}

/** By their timestamps, which may wrap. */
function inOrder(suspects: Suspect[]): Suspect[] {
  const base = (suspects[0] as Suspect).timestamp;
  return suspects.sort((a, b) => ((a.timestamp - base) | 0) - ((b.timestamp - base) | 0));
}
