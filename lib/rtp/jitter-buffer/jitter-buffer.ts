/**
 * JitterBuffer: makes one gapless, ordered stream of frames from packets, by their RTP timestamps (RFC 3550, section 5.1).
 *
 * The timestamp counts frames, so it alone says where a packet belongs, whatever was lost, doubled or overtaken on the
 * way. The sequence number only tells a late packet from a sender that began anew. Options limit what is kept, never what
 * arrives.
 */
import { checkBytes, checkInteger } from '../../arguments.js';
import { parseRtpPacket, type RtpPacket } from '../packet.js';
import type { PayloadTypes } from '../payload-types.js';
import { Refusals } from '../refusals.js';
import { Admission, MAX_DATAGRAM_BYTES } from './admission.js';
import { Candidates } from './candidates.js';
import type { Placement, StreamStart, StreamStartEvent } from './events.js';
import { checkJitterBufferOptions, type JitterBufferOptions } from './options.js';
import { SourceSelection } from './source-selection.js';
import type { JitterBufferStats } from './stats.js';
import { Stream } from './stream.js';
import type { Suspect } from './suspect.js';
import { tellUntil } from './tell-until.js';

/**
 * Orders packets, drops duplicates, fills losses. A packet that comes in order is written at once.
 *
 * - A packet within the reorder window waits for those before it, until they come, until more packets wait than
 *   `reorderPackets`, or until it waited for `reorderMs` (see `expire`): then the gap is filled, and later its
 *   packets are late.
 * - A gap longer than the window is believed when `confirmPackets` packets from behind it agree, or when no more come (see
 *   `settle`). Where it is no longer than `maxGapFrames`, it is then filled.
 * - Where the sequence number says that no packet is missing, a gap is one that the sender made: it is filled at once.
 * - A longer jump of the timestamp, a jump back, and a sequence number that contradicts the timestamp are believed when
 *   `confirmPackets` packets in a row agree and none of the current stream comes between them. Then the stream begins anew,
 *   with nothing inserted.
 * - Another source is followed in the same way once it has outlived the current one, see `takeoverMs`; behind a silence (see
 *   `settle`) at once.
 * - When packets for `maxGapFrames` frames came late and none in time, the sender has fallen behind for good: the
 *   stream begins anew as well.
 *
 * So the frames delivered are, for each stream, exactly those from its first timestamp to its last.
 *
 * @example
 * import { JitterBuffer, serializeRtpPacket } from 'alsa-utimer/rtp';
 *
 * const sink = { write: (bytes: Uint8Array) => console.log(bytes) };
 * const buffer = new JitterBuffer({ encoding: 'L16', rate: 48_000, channels: 1, payloadType: 96, sink });
 * for (const sequence of [0, 2, 1]) {
 *   const payload = Uint8Array.of(0, sequence);
 *   const datagram = serializeRtpPacket({ payloadType: 96, sequence, timestamp: sequence, ssrc: 7, payload });
 *   console.log(buffer.receive(datagram, process.hrtime.bigint())); // delivered, held, delivered
 * }
 */
export class JitterBuffer {
  readonly #types: PayloadTypes;
  readonly #reorderNs: bigint;
  readonly #onStream: ((event: StreamStartEvent) => void) | undefined;
  readonly #admission: Admission;
  readonly #sources: SourceSelection;
  readonly #stream: Stream;
  readonly #candidates: Candidates;
  /** Holds one converted packet on its way to the sink, and stays valid as what 'repeat' repeats. */
  readonly #scratch: Uint8Array;
  #closed = false;
  #packets = 0;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
  constructor(options: JitterBufferOptions) {
    const checked = checkJitterBufferOptions(options);
    const { types, onContradiction, onRefusal } = checked;
    const isClosed = () => this.#closed;
    const refusals = new Refusals(tellUntil(isClosed, onRefusal));
    this.#types = types;
    this.#reorderNs = checked.reorderNs;
    this.#onStream = tellUntil(isClosed, checked.onStream);
    this.#sources = new SourceSelection(checked, refusals);
    this.#admission = new Admission(checked, refusals, () => this.#sources.isHeard);
    this.#stream = new Stream({ ...checked, onContradiction: tellUntil(isClosed, onContradiction) });
    this.#candidates = new Candidates(types, this.#sources, this.#stream, {
      follow: (agreed) => this.#follow(agreed),
      followRival: () => this.#followRival(),
      place: (suspect) => this.#place(suspect),
    });
    const largest = Math.floor(MAX_DATAGRAM_BYTES / types.leastFrameBytes);
    this.#scratch = new Uint8Array(Math.max(1, largest) * types.frameBytes);
  }

  /** Bytes of one frame at the sink. */
  get frameBytes(): number {
    return this.#types.frameBytes;
  }

  /** The current source and the RTP timestamp of the frame that is written next; undefined before the first packet. */
  get position(): { readonly ssrc: number; readonly timestamp: number } | undefined {
    const { ssrc } = this.#sources;
    return ssrc === undefined ? undefined : { ssrc, timestamp: this.#stream.writer.timestamp };
  }

  /** When the newest packet came of those that have a place in the stream; undefined before the first. */
  get latestArrival(): bigint | undefined {
    return this.#stream.latestArrival;
  }

  /** When `expire` has to be called next, on the clock of the arrivals; undefined while nothing waits. */
  get deadline(): bigint | undefined {
    const { waiting, detector } = this.#stream;
    const first = waiting.earliestArrival;
    const expiry = first === undefined ? undefined : first + this.#reorderNs;
    const takeover = this.#sources.takeover(detector.packetFrames);
    if (takeover === undefined) return expiry;
    return expiry === undefined || takeover < expiry ? takeover : expiry;
  }

  stats(): JitterBufferStats {
    return {
      packets: this.#packets,
      ...this.#stream.stats(),
      packetsStray: this.#candidates.stray,
      packetsRejected: { ...this.#admission.rejected },
    };
  }

  /**
   * Takes a datagram as it came from the network. Never throws on what it holds; what the sink throws comes through.
   *
   * @param arrival nanoseconds on any clock that does not go backwards
   * @param origin the transport address that it came from, in any notation; default: nobody knows
   * @throws TypeError ERR_INVALID_ARG_TYPE
   */
  receive(datagram: Uint8Array, arrival: bigint, origin = ''): Placement {
    const packet = parseRtpPacket(checkBytes('datagram', datagram));
    if (typeof packet !== 'string') return this.push(packet, arrival, origin);
    this.#packets++;
    this.#admission.rejectDatagram(packet, datagram.length);
    return 'rejected';
  }

  /** As {@link receive}, for a packet that was parsed. Its payload is read, or copied, before the call returns. */
  push(packet: RtpPacket, arrival: bigint, origin = ''): Placement {
    this.#packets++;
    const payloads = this.#admission.admit(packet);
    if (!payloads) return 'rejected';
    const { payload, ssrc, sequence } = packet;
    const { encoding, converter } = payloads;
    const frames = payload.length / payloads.frameBytes;
    const sources = this.#sources;
    const { detector, writer } = this.#stream;
    if (sources.ssrc === undefined) this.#start('first', packet, origin);
    else if (sources.ssrc !== ssrc || (sources.origin !== origin && !detector.isLeg(packet))) {
      return this.#candidates.rival(packet, frames, arrival, origin);
    } else if (sources.isContested && !detector.isOld(packet)) this.#candidates.hear();

    const ahead = this.#stream.ahead(packet);
    const verdict = detector.judge(packet, ahead, frames, writer.isNext(sequence));
    if (verdict === 'suspect') return this.#candidates.suspect(packet, frames, arrival, origin);
    if (verdict === 'late') return this.#stream.dropLate(packet, frames);
    // A packet that is not written at once needs memory of its own.
    const bytes = converter.convert(payload, ahead > 0 ? undefined : this.#scratch);
    const placement = this.#stream.place(packet, frames, encoding, bytes, arrival);
    if (detector.hasSuspects) this.#candidates.reconsider();
    return placement;
  }

  /**
   * Gives up on packets that others have waited for too long, and on a source that another one has outlived. `now` is on the
   * clock of the arrivals. Call it when everything that has arrived was pushed: no other method looks at the clock, since a
   * packet that is pushed late may have arrived in time.
   */
  expire(now: bigint): void {
    this.#stream.waiting.expire(now - this.#reorderNs);
    const takeover = this.#sources.takeover(this.#stream.detector.packetFrames);
    if (takeover !== undefined && now >= takeover) this.#followRival();
  }

  /**
   * Goes on without the sender: writes the next `frames` frames, from packets that wait or else as fill. Packets that
   * bring them afterwards are late. For a listener that must not starve.
   *
   * @param frames 0..2^28
   * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
   */
  conceal(frames: number): void {
    checkInteger('frames', frames, 0, 2 ** 28);
    this.#stream.waiting.conceal(this.#stream.writer.next + frames);
  }

  /**
   * For when nothing comes any more: follows packets from behind a gap that is filled, though they are too few to confirm
   * it. Packets that fit the stream no better stay unconfirmed. Another source is followed at once, when enough of its
   * packets agree: now, or from now on until the current one is heard again.
   */
  settle(): void {
    this.#settleSuspects();
    this.#sources.fallQuiet();
    if (this.#sources.isDecided) this.#followRival();
  }

  /** Settles, and writes packets that wait, with gaps filled: the end of the stream. */
  flush(): void {
    this.settle();
    this.#stream.waiting.flush();
    this.#candidates.forgetSuspects();
    this.#candidates.forgetRivals();
  }

  /** Nothing is written, counted as written or told afterwards, not even by the call that is under way. */
  close(): void {
    this.#closed = true;
    this.#stream.writer.close();
  }

  #start(reason: StreamStart, packet: RtpPacket | Suspect, origin: string): void {
    const { ssrc, timestamp } = packet;
    const previous = this.position;
    this.#sources.start(ssrc, origin);
    this.#stream.start(packet);
    this.#onStream?.({ reason, ssrc, timestamp, previous });
  }

  #settleSuspects(): void {
    const { suspects } = this.#stream.detector;
    if (suspects.length > 0 && suspects.every((suspect) => this.#candidates.continues(suspect)))
      this.#candidates.followSuspects();
  }

  /** Goes over to another source, after what the current one has sent. */
  #followRival(): void {
    this.#settleSuspects();
    this.#follow(this.#candidates.takeRival());
  }

  /** Follows packets that agree: over a gap that is filled, or into a stream that begins anew. */
  #follow(suspects: readonly Suspect[]): void {
    const first = suspects[0] as Suspect;
    if (this.#candidates.continues(first)) {
      const { waiting, writer } = this.#stream;
      waiting.advance(writer.next + this.#stream.ahead(first), first.sequence);
    } else {
      this.#stream.waiting.flush();
      this.#start(first.ssrc === this.#sources.ssrc ? 'timestamp' : 'ssrc', first, first.origin);
    }
    this.#sources.moveTo(first.origin);
    this.#stream.detector.forgiveLateness();
    for (const suspect of suspects) this.#place(suspect);
  }

  #place(suspect: Suspect): void {
    const { frames, bytes, arrival } = suspect;
    this.#stream.place(suspect, frames, this.#candidates.encodingOf(suspect), bytes, arrival);
  }
}
