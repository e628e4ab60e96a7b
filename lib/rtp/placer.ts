/**
 * Places packets by their RTP timestamp (RFC 3550, section 5.1) into one gapless, ordered stream of frames.
 *
 * The timestamp counts frames, so it alone says where a packet belongs, whatever was lost, doubled or overtaken on the
 * way. The sequence number only tells a late packet from a sender that began anew. What is kept is bounded by options, never by
 * what arrives.
 */
import { checkBytes, checkInteger, checkNumber, checkOneOf, checkOptions, typeError } from '../arguments.js';
import { Contradictions } from './contradictions.js';
import { FilledGaps } from './filled-gaps.js';
import { checkAudioFormat, defaultPcmFormat } from './format.js';
import { parseRtpPacket, type RtpPacket } from './packet.js';
import { type Payloads, PayloadTypes } from './payload-types.js';
import {
  type DiscontinuityEvent,
  type FrameSink,
  type LossEvent,
  type PacketRejection,
  PLACER_OPTIONS,
  type Placement,
  type PlacerOptions,
  type PlacerStats,
  type StreamStart,
  type StreamStartEvent,
} from './placement.js';
import { type RefusalOption, type RefusalReason, Refusals, sourceText } from './refusals.js';
import { Rivals } from './rivals.js';
import { agree, relation, type Suspect, sequenceDistance } from './suspect.js';

const TIMESTAMP_SPAN = 2 ** 32;
/** Distances of sequence numbers are told apart up to half their range; beyond, only the timestamp counts. */
const SEQUENCE_REACH = 2 ** 14;
/** How long the last frames are repeated before a gap goes silent: longer than that it is a buzz. */
const REPEAT_SECONDS = 0.02;
/** Bytes of fill that are written at once. */
const FILL_CHUNK_BYTES = 16_384;
/** A UDP datagram's largest payload: no packet can hold more. */
const MAX_DATAGRAM_BYTES = 65_535;

/** Another transport address brings the same stream, where its packets are near and fit: the legs of ST 2022-7. */
const LEG_REACH = 1024;

/** Why frames are filled in. */
type Fill = 'lost' | 'skipped' | 'concealed';

/** A packet that waits. `at` counts frames from the first of the stream. */
interface Held {
  readonly at: number;
  readonly frames: number;
  readonly bytes: Uint8Array;
  readonly arrival: bigint;
  readonly sequence: number;
}

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
 * import { Placer, serializeRtpPacket } from 'alsa-utimer/rtp';
 *
 * const sink = { write: (bytes: Uint8Array) => console.log(bytes) };
 * const placer = new Placer({ encoding: 'L16', rate: 48_000, channels: 1, payloadType: 96, sink });
 * for (const sequence of [0, 2, 1]) {
 *   const payload = Uint8Array.of(0, sequence);
 *   const datagram = serializeRtpPacket({ payloadType: 96, sequence, timestamp: sequence, ssrc: 7, payload });
 *   console.log(placer.receive(datagram, process.hrtime.bigint())); // delivered, held, delivered
 * }
 */
export class Placer {
  readonly #sink: FrameSink;
  readonly #types: PayloadTypes;
  readonly #frameBytes: number;
  readonly #onlySsrc: number | undefined;
  readonly #reorderPackets: number;
  readonly #reorderNs: bigint;
  readonly #maxGapFrames: number;
  readonly #confirmPackets: number;
  readonly #onStream: ((event: StreamStartEvent) => void) | undefined;
  readonly #onLoss: ((event: LossEvent) => void) | undefined;
  readonly #onDiscontinuity: ((event: DiscontinuityEvent) => void) | undefined;
  readonly #refusals: Refusals;
  readonly #contradictions: Contradictions;
  readonly #channels: number;

  /** Holds one converted packet on its way to the sink, and stays valid as what 'repeat' repeats. */
  readonly #scratch: Uint8Array;
  readonly #silence: Uint8Array;
  readonly #repeatFrames: number;
  #last: Uint8Array;

  #started = false;
  #ssrc = 0;
  /** The transport address that the stream comes from; '' where nobody knows. */
  #origin = '';
  /** The timestamp of frame #next: what the packet in order has. */
  #expected = 0;
  /** Frames written of this stream. */
  #next = 0;
  /** The packet with the highest timestamp so far: what sequence numbers are measured against. */
  #newestSequence = 0;
  #newestTimestamp = 0;
  /** The sequence number of the packet that was written last. */
  #writtenSequence: number | undefined;
  /** Frames of the stream's largest packet. */
  #packetFrames = 1;
  /** Frames of late packets since one came in time. */
  #lateFrames = 0;

  /** Sorted by `at`; at most #reorderPackets + 1. */
  readonly #held: Held[] = [];
  /** Of the current source; fewer than #confirmPackets. */
  #suspects: Suspect[] = [];
  readonly #rivals: Rivals;
  /** Whether the current source is known to have ended, for now. */
  #isQuiet = false;
  readonly #filledGaps = new FilledGaps();
  /** Frames repeated since a packet was written. */
  #repeated = 0;
  #closed = false;

  #packets = 0;
  #packetsPlaced = 0;
  #packetsReordered = 0;
  #packetsDuplicate = 0;
  #packetsLate = 0;
  #packetsStray = 0;
  readonly #packetsRejected: Record<PacketRejection, number> = {
    truncated: 0,
    version: 0,
    padding: 0,
    rtcp: 0,
    'payload-type': 0,
    size: 0,
    source: 0,
  };
  readonly #written: Record<'received' | Fill, number> = { received: 0, lost: 0, skipped: 0, concealed: 0 };
  #framesCut = 0;
  #gaps = 0;
  #discontinuities = 0;
  #streams = 0;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
  constructor(options: PlacerOptions) {
    const { encoding, rate, channels } = checkAudioFormat(
      'options',
      checkOptions('options', options, PLACER_OPTIONS),
    );
    const format = options.format ?? defaultPcmFormat(encoding);
    if (typeof options.sink?.write !== 'function') {
      throw typeError('options.sink', 'an object with a write function', options.sink);
    }
    checkFunction('options.sink.writeFill', options.sink.writeFill);
    this.#sink = options.sink;
    this.#channels = channels;
    this.#types = new PayloadTypes(options, format);
    this.#frameBytes = this.#types.frameBytes;
    this.#onlySsrc =
      options.ssrc === undefined
        ? undefined
        : checkInteger('options.ssrc', options.ssrc, 0, TIMESTAMP_SPAN - 1);
    this.#reorderPackets = checkInteger('options.reorderPackets', options.reorderPackets ?? 8, 0, 1024);
    this.#reorderNs = BigInt(
      Math.round(checkNumber('options.reorderMs', options.reorderMs ?? 20, 0, 10_000) * 1e6),
    );
    this.#maxGapFrames = checkInteger('options.maxGapFrames', options.maxGapFrames ?? rate, 1, 2 ** 28);
    this.#confirmPackets = checkInteger('options.confirmPackets', options.confirmPackets ?? 3, 1, 64);
    const fill = checkOneOf('options.fill', options.fill ?? 'silence', ['silence', 'repeat'] as const);
    this.#repeatFrames = fill === 'repeat' ? Math.ceil(rate * REPEAT_SECONDS) : 0;
    this.#onStream = checkFunction('options.onStream', options.onStream);
    this.#onLoss = checkFunction('options.onLoss', options.onLoss);
    this.#onDiscontinuity = checkFunction('options.onDiscontinuity', options.onDiscontinuity);
    const onContradiction = checkFunction('options.onContradiction', options.onContradiction);
    this.#contradictions = new Contradictions(channels, (event) => {
      if (!this.#closed) onContradiction?.(event);
    });
    const onRefusal = checkFunction('options.onRefusal', options.onRefusal);
    this.#refusals = new Refusals((event) => {
      if (!this.#closed) onRefusal?.(event);
    });
    this.#rivals = new Rivals({
      rate,
      confirmPackets: this.#confirmPackets,
      maxGapFrames: this.#maxGapFrames,
      takeoverMs: checkInteger('options.takeoverMs', options.takeoverMs ?? 200, 0, 10_000),
    });

    const largest = Math.floor(MAX_DATAGRAM_BYTES / this.#types.leastFrameBytes);
    this.#scratch = new Uint8Array(Math.max(1, largest) * this.#frameBytes);
    this.#silence = new Uint8Array(
      Math.max(1, Math.floor(FILL_CHUNK_BYTES / this.#frameBytes)) * this.#frameBytes,
    );
    this.#last = this.#scratch.subarray(0, 0);
  }

  /** Bytes of one frame at the sink. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  /** The current source and the RTP timestamp of the frame that is written next; undefined before the first packet. */
  get position(): { readonly ssrc: number; readonly timestamp: number } | undefined {
    return this.#started ? { ssrc: this.#ssrc, timestamp: this.#expected } : undefined;
  }

  /**
   * When `expire` has to be called next, on the clock of the arrivals; undefined while nothing waits.
   */
  get deadline(): bigint | undefined {
    let first: bigint | undefined;
    for (const { arrival } of this.#held) if (first === undefined || arrival < first) first = arrival;
    const expiry = first === undefined ? undefined : first + this.#reorderNs;
    const takeover = this.#rivals.takeover(this.#packetFrames);
    if (takeover === undefined) return expiry;
    return expiry === undefined || takeover < expiry ? takeover : expiry;
  }

  stats(): PlacerStats {
    const { received, lost, skipped, concealed } = this.#written;
    return {
      packets: this.#packets,
      packetsPlaced: this.#packetsPlaced,
      packetsReordered: this.#packetsReordered,
      packetsDuplicate: this.#packetsDuplicate,
      packetsLate: this.#packetsLate,
      packetsStray: this.#packetsStray,
      packetsRejected: { ...this.#packetsRejected },
      framesDelivered: received + lost + skipped + concealed,
      framesReceived: received,
      framesLost: lost,
      framesSkipped: skipped,
      framesConcealed: concealed,
      framesCut: this.#framesCut,
      gaps: this.#gaps,
      discontinuities: this.#discontinuities,
      streams: this.#streams,
      framesWaiting: this.#held.reduce((sum, { frames }) => sum + frames, 0),
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
    return this.#reject(packet, '', `a datagram of ${datagram.length} bytes (${packet})`, 'an RTP packet');
  }

  /**
   * Takes a packet. Its payload is read, or copied, before the call returns. What the sink throws comes through.
   *
   * @param arrival nanoseconds on any clock that does not go backwards
   * @param origin the transport address that it came from, in any notation; default: nobody knows
   */
  push(packet: RtpPacket, arrival: bigint, origin = ''): Placement {
    this.#packets++;
    const { payloadType, payload, ssrc } = packet;
    const payloads = this.#types.of(payloadType);
    if (!payloads) return this.#rejectType(payloadType);
    const frames = payload.length / payloads.frameBytes;
    if (frames === 0 || !Number.isInteger(frames) || payload.length > MAX_DATAGRAM_BYTES) {
      return this.#rejectSize(payload.length, payloads);
    }
    if (this.#onlySsrc !== undefined && ssrc !== this.#onlySsrc) {
      const expected = sourceText(this.#onlySsrc);
      return this.#reject('source', ssrc, `source ${sourceText(ssrc)}`, expected, 'ssrc', ssrc);
    }

    if (!this.#started) this.#start('first', packet, origin);
    else if (!this.#isCurrent(packet, origin)) return this.#rival(packet, frames, arrival, origin);
    else if (this.#isQuiet || !this.#rivals.areNone) this.#hear(packet);

    const ahead = (packet.timestamp - this.#expected) | 0;
    if (ahead !== 0) {
      if (!this.#sequenceAgrees(packet)) return this.#suspect(packet, frames, arrival, origin);
      if (ahead + frames <= 0) {
        return this.#isBehind(ahead, frames)
          ? this.#dropLate(this.#next + ahead, frames)
          : this.#suspect(packet, frames, arrival, origin);
      }
      const isLeap = this.#isLeap(packet, frames) && !this.#isNext(packet.sequence);
      if (ahead > this.#maxGapFrames || isLeap) return this.#suspect(packet, frames, arrival, origin);
    }
    this.#lateFrames = 0;
    let placement: Placement = 'delivered';
    if (ahead > 0) {
      placement = this.#hold(packet, ahead, frames, this.#convert(packet), arrival);
    } else {
      this.#note(packet, frames);
      this.#deliver(this.#convert(packet, this.#scratch), -ahead, packet.sequence);
      this.#drain();
    }
    if (this.#suspects.length > 0) this.#reconsider();
    return placement;
  }

  /**
   * Gives up on packets that others have waited for too long, and on a source that another one has outlived. `now` is on the
   * clock of the arrivals. To be called when all that has arrived was pushed: nothing else looks at the clock, since a packet
   * that is pushed late may have arrived in time.
   */
  expire(now: bigint): void {
    this.#expireHeld(now);
    const takeover = this.#rivals.takeover(this.#packetFrames);
    if (takeover !== undefined && now >= takeover) this.#followRival();
  }

  #expireHeld(now: bigint): void {
    if (this.#held.length === 0) return;
    const limit = now - this.#reorderNs;
    let end = 0;
    for (const held of this.#held) if (held.arrival <= limit) end = held.at + held.frames;
    if (end > 0) this.#advance(end);
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
    const end = this.#next + frames;
    // A packet that waits may reach beyond the end: it is written whole.
    while (this.#next < end) {
      const first = this.#held[0];
      const gap = Math.min(end, first?.at ?? end) - this.#next;
      if (gap > 0) this.#fill('concealed', gap);
      else this.#drain();
    }
    this.#drain();
  }

  /**
   * For when nothing comes any more: follows packets from behind a gap that is filled, though they are too few to confirm
   * it. Packets that fit the stream no better stay unconfirmed. Another source is followed at once, when enough of its
   * packets agree: now, or from now on until the current one is heard again.
   */
  settle(): void {
    this.#settleSuspects();
    this.#isQuiet = true;
    if (this.#rivals.confirmed.length > 0) this.#followRival();
  }

  /** Settles, and writes what waits, with gaps filled: the end of the stream. */
  flush(): void {
    this.settle();
    const last = this.#held.at(-1);
    if (last) this.#advance(last.at + last.frames);
    this.#forgetSuspects();
    this.#forgetRivals();
  }

  /** Nothing is written, counted as written or told afterwards, not even by the call that is under way. */
  close(): void {
    this.#closed = true;
  }

  /** An option is advice for a stream that is not heard: beside one that is, packets of another kind may well come. */
  #reject(
    reason: PacketRejection & RefusalReason,
    cause: number | string,
    came: string,
    expected: string,
    wanted?: RefusalOption,
    taken?: number,
  ): Placement {
    this.#packetsRejected[reason]++;
    const isHeard = this.#started && !this.#isQuiet;
    this.#refusals.note(reason, isHeard ? `${cause}` : cause, () => {
      const [option, value] = isHeard ? [] : [wanted, taken];
      return { came, expected, option, value };
    });
    return 'rejected';
  }

  #rejectType(payloadType: number): Placement {
    // The packet types 192 to 223 of RTCP, without what would be RTP's marker.
    if (payloadType >= 64 && payloadType <= 95) {
      this.#packetsRejected.rtcp++;
      return 'rejected';
    }
    const came = `payload type ${payloadType}`;
    const expected = this.#types.text;
    return this.#reject('payload-type', payloadType, came, expected, 'payloadType', payloadType);
  }

  #rejectSize(bytes: number, { encoding, frameBytes }: Payloads): Placement {
    const channels = this.#channels === 1 ? '1 channel' : `${this.#channels} channels`;
    const expected = `a multiple of ${frameBytes} (${encoding}, ${channels})`;
    return this.#reject('size', bytes, `a payload of ${bytes} bytes`, expected, 'channels');
  }

  #isCurrent(packet: RtpPacket, origin: string): boolean {
    return packet.ssrc === this.#ssrc && (origin === this.#origin || this.#isLeg(packet));
  }

  /** Whether a packet of the current source identifier has the place in the stream that its sequence number says. */
  #isLeg({ sequence, timestamp }: RtpPacket): boolean {
    const steps = sequenceDistance(sequence, this.#newestSequence);
    if (Math.abs(steps) > LEG_REACH) return false;
    const step = this.#contradictions.step ?? this.#packetFrames;
    return ((timestamp - this.#newestTimestamp) | 0) === steps * step;
  }

  #start(reason: StreamStart, { ssrc, timestamp, sequence }: RtpPacket | Suspect, origin: string): void {
    const previous = this.position;
    this.#started = true;
    this.#streams++;
    this.#ssrc = ssrc;
    this.#origin = origin;
    this.#expected = timestamp;
    this.#next = 0;
    this.#newestSequence = sequence;
    this.#newestTimestamp = timestamp;
    this.#packetFrames = 1;
    this.#lateFrames = 0;
    this.#writtenSequence = undefined;
    this.#filledGaps.clear();
    this.#contradictions.reset();
    this.#isQuiet = false;
    if (!this.#closed) this.#onStream?.({ reason, ssrc, timestamp, previous });
  }

  /** Whether a packet lies further behind the newest one than reordering and small losses explain. */
  #isLeap({ timestamp }: RtpPacket | Suspect, frames: number): boolean {
    const packets = this.#reorderPackets + this.#confirmPackets;
    const leap = (timestamp - this.#newestTimestamp) | 0;
    return leap > Math.max(this.#packetFrames, frames) * packets;
  }

  /** Whether sequence number and timestamp lie on the same side of the newest packet's. */
  #sequenceAgrees({ timestamp, sequence }: RtpPacket | Suspect): boolean {
    if (sequence === this.#newestSequence && this.#areSequencesStanding) return true;
    return agree(
      (timestamp - this.#newestTimestamp) | 0,
      sequenceDistance(sequence, this.#newestSequence),
      SEQUENCE_REACH * this.#packetFrames,
    );
  }

  /** Whether a packet is one of this stream behind a gap that is filled. */
  #continues(suspect: Suspect): boolean {
    const ahead = (suspect.timestamp - this.#expected) | 0;
    return (
      suspect.ssrc === this.#ssrc &&
      ahead >= 0 &&
      ahead <= this.#maxGapFrames &&
      this.#sequenceAgrees(suspect)
    );
  }

  /** Whether the numbers have stood still for long enough, and say nothing. */
  get #areSequencesStanding(): boolean {
    return this.#contradictions.standing >= this.#confirmPackets;
  }

  /** Whether no packet is missing between this sequence number and what was written last. */
  #isNext(sequence: number): boolean {
    return this.#writtenSequence !== undefined && sequenceDistance(sequence, this.#writtenSequence) === 1;
  }

  #isBehind(ahead: number, frames: number): boolean {
    return -ahead <= this.#maxGapFrames && this.#lateFrames + frames <= this.#maxGapFrames;
  }

  #dropLate(at: number, frames: number): Placement {
    this.#lateFrames += frames;
    if (this.#filledGaps.touch(at, at + frames)) {
      this.#packetsLate++;
      return 'late';
    }
    return this.#dropDuplicate();
  }

  #note({ payloadType, timestamp, sequence }: RtpPacket | Suspect, frames: number): void {
    this.#packetsPlaced++;
    if (frames > this.#packetFrames) this.#packetFrames = frames;
    if (((timestamp - this.#newestTimestamp) | 0) < 0) {
      this.#packetsReordered++;
      return;
    }
    this.#newestTimestamp = timestamp;
    this.#newestSequence = sequence;
    this.#contradictions.note(sequence, timestamp, frames, this.#payloadsOf(payloadType).encoding);
  }

  /** Keeps a packet until those before it came. Where too many wait, the first of them are waited for no longer. */
  #hold(
    packet: RtpPacket | Suspect,
    ahead: number,
    frames: number,
    bytes: Uint8Array,
    arrival: bigint,
  ): Placement {
    const at = this.#next + ahead;
    const held = this.#held;
    let index = held.length;
    while (index > 0 && (held[index - 1] as Held).at > at) index--;
    const before = held[index - 1];
    if (before && before.at + before.frames >= at + frames) return this.#dropDuplicate();
    held.splice(index, 0, { at, frames, bytes, arrival, sequence: packet.sequence });
    this.#note(packet, frames);
    this.#drain();
    while (held.length > this.#reorderPackets) this.#advance((held[0] as Held).at);
    return at < this.#next ? 'delivered' : 'held';
  }

  /**
   * Writes up to frame `end`: what waits, with gaps filled; then whatever follows without a gap.
   *
   * @param sequence the number of the packet that begins there, where there is one that does not wait
   */
  #advance(end: number, sequence?: number): void {
    for (;;) {
      this.#drain();
      const gap = Math.min(end, this.#held[0]?.at ?? end) - this.#next;
      if (gap <= 0) return;
      const isLast = this.#next + gap === end;
      if (isLast && sequence !== undefined && this.#isNext(sequence)) this.#fillSkipped(gap);
      else this.#fillLost(gap);
    }
  }

  /** Writes what waits and is due, also behind a gap that the sender has made. */
  #drain(): void {
    for (;;) {
      const first = this.#held[0];
      if (!first) return;
      const gap = first.at - this.#next;
      if (gap > 0) {
        if (!this.#isNext(first.sequence)) return;
        this.#fillSkipped(gap);
      }
      this.#held.shift();
      this.#deliver(first.bytes, this.#next - first.at, first.sequence);
    }
  }

  /** Writes the frames of a packet but for the first `skip`, which were written before. */
  #deliver(bytes: Uint8Array, skip: number, sequence: number): void {
    const all = bytes.length / this.#frameBytes;
    const frames = all - skip;
    this.#writtenSequence = sequence;
    if (!this.#closed) this.#framesCut += Math.min(all, skip);
    if (frames <= 0) return;
    const fresh = skip === 0 ? bytes : bytes.subarray(skip * this.#frameBytes);
    this.#step(frames);
    this.#last = fresh;
    this.#repeated = 0;
    this.#write('received', fresh);
  }

  #fillLost(frames: number): void {
    const timestamp = this.#expected;
    this.#gaps++;
    this.#fill('lost', frames);
    if (!this.#closed) this.#onLoss?.({ timestamp, frames });
  }

  #fillSkipped(frames: number): void {
    const timestamp = this.#expected;
    this.#discontinuities++;
    this.#fill('skipped', frames);
    if (!this.#closed) this.#onDiscontinuity?.({ timestamp, frames });
  }

  #fill(what: Fill, frames: number): void {
    this.#filledGaps.add(this.#next, this.#next + frames);
    this.#step(frames);
    // What the sender left out is silence.
    const repeated = what === 'skipped' ? 0 : this.#repeat(what, frames);
    const { length } = this.#silence;
    for (let silence = (frames - repeated) * this.#frameBytes; silence > 0; silence -= length) {
      this.#write(what, silence < length ? this.#silence.subarray(0, silence) : this.#silence);
    }
  }

  /** Writes the last packet over again, going on where the fill before this one ended. Returns the frames it wrote. */
  #repeat(what: Fill, frames: number): number {
    const last = this.#last;
    const period = last.length / this.#frameBytes;
    const total = period === 0 ? 0 : Math.min(frames, this.#repeatFrames - this.#repeated);
    for (let left = total; left > 0; ) {
      const from = this.#repeated % period;
      const part = Math.min(left, period - from);
      this.#repeated += part;
      left -= part;
      this.#write(what, last.subarray(from * this.#frameBytes, (from + part) * this.#frameBytes));
    }
    return total;
  }

  #write(what: 'received' | Fill, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#written[what] += bytes.length / this.#frameBytes;
    if (what === 'received' || !this.#sink.writeFill) this.#sink.write(bytes);
    else this.#sink.writeFill(bytes);
  }

  #step(frames: number): void {
    this.#next += frames;
    this.#expected = (this.#expected + frames) % TIMESTAMP_SPAN;
  }

  /** The stream goes on. A suspect that lies ahead of it waits on, one that it has come near to is placed, others go. */
  #reconsider(): void {
    const suspects = this.#suspects;
    this.#suspects = [];
    for (const suspect of suspects) {
      if (!this.#continues(suspect)) this.#packetsStray++;
      else if (this.#isLeap(suspect, suspect.frames)) this.#suspects.push(suspect);
      else this.#place(suspect);
    }
  }

  #forgetSuspects(): void {
    this.#packetsStray += this.#suspects.length;
    this.#suspects = [];
  }

  /** Keeps a packet that does not fit the stream, until enough of them agree with each other. */
  #suspect(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Placement {
    const related = relation(packet, this.#suspects.at(-1), this.#maxGapFrames, this.#areSequencesStanding);
    if (related === 'same') return this.#dropDuplicate();
    if (related === 'other') this.#forgetSuspects();
    this.#suspects.push(this.#keep(packet, frames, arrival, origin));
    if (this.#suspects.length < this.#confirmPackets) return 'unconfirmed';
    this.#confirm();
    return 'delivered';
  }

  /** Keeps a packet of another source, until it has outlived the current one. */
  #rival(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Placement {
    const dropped = this.#rivals.add(this.#keep(packet, frames, arrival, origin));
    if (dropped === undefined) return this.#dropDuplicate();
    this.#packetsStray += dropped;
    if (!this.#isQuiet || this.#rivals.confirmed.length === 0) return 'unconfirmed';
    this.#followRival();
    return 'delivered';
  }

  /** The current source is alive, unless this is only a packet that others have overtaken, or that came again. */
  #hear({ timestamp, sequence }: RtpPacket): void {
    const steps = sequenceDistance(sequence, this.#newestSequence);
    if (((timestamp - this.#newestTimestamp) | 0) <= 0 && steps <= 0 && steps > -SEQUENCE_REACH) return;
    this.#isQuiet = false;
    this.#forgetRivals();
  }

  /** Gives up the packets of other sources, since the current one is alive, and tells of those that sent several. */
  #forgetRivals(): void {
    for (const rival of this.#rivals.confirmed) this.#tellRival(rival);
    this.#packetsStray += this.#rivals.clear();
  }

  #tellRival({ ssrc, origin }: Suspect): void {
    const describe = (source: number, from: string) =>
      `source ${sourceText(source)}${from === '' ? '' : ` from ${from}`}`;
    this.#refusals.note('rival', `${ssrc} ${origin}`, () => ({
      came: describe(ssrc, origin),
      expected: describe(this.#ssrc, this.#origin),
      ...(ssrc === this.#ssrc ? { option: 'sources', value: undefined } : { option: 'ssrc', value: ssrc }),
    }));
  }

  /** Goes over to another source; what the current one has sent comes before. */
  #followRival(): void {
    this.#settleSuspects();
    this.#forgetSuspects();
    const { packets, dropped } = this.#rivals.take(this.#packetFrames);
    this.#packetsStray += dropped;
    this.#follow(packets);
  }

  #keep(packet: RtpPacket, frames: number, arrival: bigint, origin: string): Suspect {
    const { payloadType, ssrc, sequence, timestamp } = packet;
    const bytes = this.#convert(packet);
    return { payloadType, ssrc, sequence, timestamp, frames, bytes, arrival, origin };
  }

  /** The frames of a packet for the sink: in the beginning of `output` where it is given, else in memory of their own. */
  #convert({ payloadType, payload }: RtpPacket, output?: Uint8Array): Uint8Array {
    return this.#payloadsOf(payloadType).converter.convert(payload, output);
  }

  #payloadsOf(payloadType: number): Payloads {
    return this.#types.of(payloadType) as Payloads;
  }

  #dropDuplicate(): Placement {
    this.#packetsDuplicate++;
    return 'duplicate';
  }

  #settleSuspects(): void {
    if (this.#suspects.length > 0 && this.#suspects.every((suspect) => this.#continues(suspect)))
      this.#confirm();
  }

  #confirm(): void {
    const suspects = this.#suspects;
    this.#suspects = [];
    this.#follow(suspects);
  }

  /** Follows packets that agree: over a gap that is filled, or into a stream that begins anew. Sorts them. */
  #follow(suspects: Suspect[]): void {
    const base = (suspects[0] as Suspect).timestamp;
    suspects.sort((a, b) => ((a.timestamp - base) | 0) - ((b.timestamp - base) | 0));
    const first = suspects[0] as Suspect;
    if (this.#continues(first)) {
      this.#advance(this.#next + ((first.timestamp - this.#expected) | 0), first.sequence);
    } else {
      const last = this.#held.at(-1);
      if (last) this.#advance(last.at + last.frames);
      this.#start(first.ssrc === this.#ssrc ? 'timestamp' : 'ssrc', first, first.origin);
    }
    this.#origin = first.origin;
    this.#lateFrames = 0;
    for (const suspect of suspects) this.#place(suspect);
  }

  #place(suspect: Suspect): void {
    const { frames, bytes, arrival } = suspect;
    const ahead = (suspect.timestamp - this.#expected) | 0;
    if (ahead > 0) {
      this.#hold(suspect, ahead, frames, bytes, arrival);
      return;
    }
    if (ahead + frames <= 0) {
      this.#packetsDuplicate++;
      return;
    }
    this.#note(suspect, frames);
    this.#deliver(bytes, -ahead, suspect.sequence);
    this.#drain();
  }
}

function checkFunction<T>(name: string, value: T): T {
  if (value !== undefined && typeof value !== 'function') throw typeError(name, 'a function', value);
  return value;
}
