/**
 * JitterBuffer: makes one gapless, ordered stream of frames from packets, by their RTP timestamps (RFC 3550, section 5.1).
 *
 * The timestamp counts frames, so it alone says where a packet belongs, whatever was lost, doubled or overtaken on the
 * way. The sequence number only tells a late packet from a sender that began anew. Options limit what is kept, never what
 * arrives.
 */
import { checkBytes, checkInteger } from '../../arguments.js';
import { parseRtpPacket, type RtpPacket } from '../packet.js';
import type { Payloads, PayloadTypes } from '../payload-types.js';
import { Refusals } from '../refusals.js';
import { Admission, MAX_DATAGRAM_BYTES } from './admission.js';
import type { Placement, StreamStart, StreamStartEvent } from './events.js';
import { checkJitterBufferOptions, type JitterBufferOptions } from './options.js';
import { SourceSelection } from './source-selection.js';
import type { JitterBufferStats } from './stats.js';
import { Stream } from './stream.js';
import type { Suspect } from './suspect.js';

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
 * - Another source is followed in the same way, but not before its first packet has been there for `takeoverMs`, or
 *   four packets of the current source if that is longer, in which nothing new came from the current one. Its packets are
 *   kept until then. Of several sources the one that came first is followed, but for those that have fallen quiet while another
 *   goes on. Behind a silence (see `settle`) it is followed at once. Another transport address with the same source
 *   identifier is another source too (RFC 3550, section 8.2), but where its packets are those of the stream: sequence number
 *   and timestamp as far on as the current one's, as on the two ways of ST 2022-7.
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
  /** Holds one converted packet on its way to the sink, and stays valid as what 'repeat' repeats. */
  readonly #scratch: Uint8Array;
  #closed = false;
  #packets = 0;
  #packetsStray = 0;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
  constructor(options: JitterBufferOptions) {
    const checked = checkJitterBufferOptions(options);
    const { types, onContradiction, onRefusal } = checked;
    const refusals = new Refusals(this.#whileOpen(onRefusal));
    this.#types = types;
    this.#reorderNs = checked.reorderNs;
    this.#onStream = checked.onStream;
    this.#sources = new SourceSelection(checked, refusals);
    this.#admission = new Admission(checked, refusals, () => this.#sources.isHeard);
    this.#stream = new Stream({ ...checked, onContradiction: this.#whileOpen(onContradiction) });
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
    const { placed, reordered, duplicate, late, count, writer, waiting } = this.#stream;
    const { frames, framesCut, gaps, discontinuities } = writer;
    const { received, lost, skipped, concealed } = frames;
    return {
      packets: this.#packets,
      packetsPlaced: placed,
      packetsReordered: reordered,
      packetsDuplicate: duplicate,
      packetsLate: late,
      packetsStray: this.#packetsStray,
      packetsRejected: { ...this.#admission.rejected },
      framesDelivered: received + lost + skipped + concealed,
      framesReceived: received,
      framesLost: lost,
      framesSkipped: skipped,
      framesConcealed: concealed,
      framesCut,
      gaps,
      discontinuities,
      streams: count,
      framesWaiting: waiting.framesWaiting,
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

  /**
   * Takes a packet. Its payload is read, or copied, before the call returns. What the sink throws comes through.
   *
   * @param arrival nanoseconds on any clock that does not go backwards
   * @param origin the transport address that it came from, in any notation; default: nobody knows
   */
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
      return this.#rival(packet, frames, arrival, origin);
    } else if (sources.isContested && !detector.isOld(packet)) this.#packetsStray += sources.hear();

    const ahead = this.#stream.ahead(packet);
    const verdict = detector.judge(packet, ahead, frames, writer.isNext(sequence));
    if (verdict === 'suspect') return this.#suspect(packet, frames, arrival, origin);
    if (verdict === 'late') return this.#stream.dropLate(packet, frames);
    // A packet that is not written at once needs memory of its own.
    const bytes = converter.convert(payload, ahead > 0 ? undefined : this.#scratch);
    const placement = this.#stream.place(packet, frames, encoding, bytes, arrival);
    if (detector.hasSuspects) this.#reconsider();
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
    this.#forgetSuspects();
    this.#packetsStray += this.#sources.forgetRivals();
  }

  /** Nothing is written, counted as written or told afterwards, not even by the call that is under way. */
  close(): void {
    this.#closed = true;
    this.#stream.writer.close();
  }

  #whileOpen<E>(tell: ((event: E) => void) | undefined): ((event: E) => void) | undefined {
    return (
      tell &&
      ((event) => {
        if (!this.#closed) tell(event);
      })
    );
  }

  #start(reason: StreamStart, packet: RtpPacket | Suspect, origin: string): void {
    const { ssrc, timestamp } = packet;
    const previous = this.position;
    this.#sources.start(ssrc, origin);
    this.#stream.start(packet);
    if (!this.#closed) this.#onStream?.({ reason, ssrc, timestamp, previous });
  }

  /** Keeps a packet that does not continue the stream, until enough of them agree with each other. */
  #suspect(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Placement {
    const dropped = this.#stream.detector.suspect(this.#keep(packet, frames, arrival, origin));
    if (dropped === undefined) return this.#stream.dropDuplicate();
    this.#packetsStray += dropped;
    if (!this.#stream.detector.isConfirmed) return 'unconfirmed';
    this.#follow(this.#stream.detector.takeSuspects());
    return 'delivered';
  }

  /** Keeps a packet of another source, until that one has outlived the current one. */
  #rival(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Placement {
    const dropped = this.#sources.addRival(this.#keep(packet, frames, arrival, origin));
    if (dropped === undefined) return this.#stream.dropDuplicate();
    this.#packetsStray += dropped;
    if (!this.#sources.isDecided) return 'unconfirmed';
    this.#followRival();
    return 'delivered';
  }

  #keep(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Suspect {
    const { payloadType, ssrc, sequence, timestamp, payload } = packet;
    const bytes = this.#payloadsOf(payloadType).converter.convert(payload);
    return { payloadType, ssrc, sequence, timestamp, frames, bytes, arrival, origin };
  }

  #payloadsOf(payloadType: number): Payloads {
    return this.#types.of(payloadType) as Payloads;
  }

  /** The stream goes on. A suspect that lies ahead of it waits on, one that it has come near to is placed, others go. */
  #reconsider(): void {
    const { detector } = this.#stream;
    for (const suspect of detector.takeSuspects()) {
      if (!this.#continues(suspect)) this.#packetsStray++;
      else if (detector.isLeap(suspect, suspect.frames)) detector.keepSuspect(suspect);
      else this.#place(suspect);
    }
  }

  /** Whether a packet is one of this stream behind a gap that is filled. */
  #continues(suspect: Suspect): boolean {
    if (suspect.ssrc !== this.#sources.ssrc) return false;
    return this.#stream.detector.continues(suspect, this.#stream.ahead(suspect));
  }

  #settleSuspects(): void {
    const { suspects } = this.#stream.detector;
    if (suspects.length > 0 && suspects.every((suspect) => this.#continues(suspect)))
      this.#follow(this.#stream.detector.takeSuspects());
  }

  #forgetSuspects(): void {
    this.#packetsStray += this.#stream.detector.takeSuspects().length;
  }

  /** Goes over to another source, after what the current one has sent. */
  #followRival(): void {
    this.#settleSuspects();
    this.#forgetSuspects();
    const { packets, dropped } = this.#sources.takeRival(this.#stream.detector.packetFrames);
    this.#packetsStray += dropped;
    this.#follow(packets);
  }

  /** Follows packets that agree: over a gap that is filled, or into a stream that begins anew. Sorts them. */
  #follow(suspects: Suspect[]): void {
    const base = (suspects[0] as Suspect).timestamp;
    suspects.sort((a, b) => ((a.timestamp - base) | 0) - ((b.timestamp - base) | 0));
    const first = suspects[0] as Suspect;
    if (this.#continues(first)) {
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
    const { payloadType, frames, bytes, arrival } = suspect;
    this.#stream.place(suspect, frames, this.#payloadsOf(payloadType).encoding, bytes, arrival);
  }
}
