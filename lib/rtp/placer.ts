/**
 * Places packets by their RTP timestamp (RFC 3550, section 5.1) into one gapless, ordered stream of frames.
 *
 * The timestamp counts frames, so it alone says where a packet belongs, whatever was lost, doubled or overtaken on the
 * way. The sequence number only tells a late packet from a sender that began anew. What is kept is bounded by options, never by
 * what arrives.
 */
import { checkBigInt, checkBytes, checkInteger, checkOneOf, checkOptions, typeError } from '../arguments.js';
import {
  checkAudioFormat,
  defaultPcmFormat,
  payloadFrameBytes,
  type RtpAudioFormat,
  type RtpPcmFormat,
  SampleConverter,
} from './format.js';
import { parseRtpPacket, type RtpPacket, type RtpRejection } from './packet.js';

const TIMESTAMP_SPAN = 2 ** 32;
/** Distances of sequence numbers are told apart up to half their range; beyond, only the timestamp counts. */
const SEQUENCE_REACH = 2 ** 14;
/** Filled gaps that are remembered, to tell a late packet from a duplicate. */
const REMEMBERED_GAPS = 128;
/** How long the last frames are repeated before a gap goes silent: longer than that it is a buzz. */
const REPEAT_SECONDS = 0.02;
/** Bytes of fill that are written at once. */
const FILL_CHUNK_BYTES = 16_384;
/** How long another source is watched before it is followed: this long, and for so many of the current one's packets. */
const RIVAL_NANOSECONDS = 20_000_000;
const RIVAL_PACKETS = 4;
/** Packets of another source that are kept meanwhile: so many, and a second of them. */
const MAX_RIVALS = 1024;
/** A UDP datagram's largest payload: no packet can hold more. */
const MAX_DATAGRAM_BYTES = 65_535;

/** Where frames go. Both functions must be done with the bytes when they return: they are used again. */
export interface FrameSink {
  write(bytes: Uint8Array): unknown;
  /** Takes what stands where frames were lost. Default: `write`. */
  writeFill?(bytes: Uint8Array): unknown;
}

/** What stands where frames were lost: silence, or the last packet over again for up to 20 ms, then silence. */
export type LossFill = 'silence' | 'repeat';

/** Why a packet was ignored, apart from its time. */
export type PacketRejection = RtpRejection | 'payload-type' | 'size' | 'source';

/** Why a stream's position was set anew: its first packet, another sender, or a timestamp that no loss explains. */
export type StreamStart = 'first' | 'ssrc' | 'timestamp';

/** A stream began, or began anew. Nothing is inserted between the end of the old one and this one. */
export interface StreamStartEvent {
  readonly reason: StreamStart;
  readonly ssrc: number;
  /** The RTP timestamp of the first frame. */
  readonly timestamp: number;
  /** The RTP timestamp behind the last frame of the stream before, and its source. */
  readonly previous: { readonly ssrc: number; readonly timestamp: number } | undefined;
}

/** Frames were filled in for lost ones. */
export interface LossEvent {
  /** The RTP timestamp of the first lost frame. */
  readonly timestamp: number;
  readonly frames: number;
}

/** What became of a packet. */
export type Placement =
  /** Its frames went to the sink, and perhaps those of packets that waited for it. */
  | 'delivered'
  /** It waits for packets before it. */
  | 'held'
  /** It may be the beginning of another stream, or the end of a long gap: more packets, or time, have to confirm it. */
  | 'unconfirmed'
  /** Its frames had been filled in already. */
  | 'late'
  /** Its frames had been received already. */
  | 'duplicate'
  /** It is not a packet of this stream. */
  | 'rejected';

export interface PlacerOptions extends RtpAudioFormat {
  readonly sink: FrameSink;
  /** Format of the frames that the sink gets. Default: S16_LE for L16, S24_3LE for L24. */
  readonly format?: RtpPcmFormat;
  /** 0..127. Packets of other types are counted and ignored. */
  readonly payloadType: number;
  /** Take packets of this source only, 0..2^32-1. Default: the first that comes, and who outlives it. */
  readonly ssrc?: number;
  /** Packets that may wait for an earlier one, 0..1024. Default 8. */
  readonly reorderPackets?: number;
  /** Nanoseconds that a packet may wait for an earlier one, 0n..10^10. Default 20 ms. See `expire`. */
  readonly reorderNanoseconds?: bigint;
  /**
   * The longest gap that is filled, and the longest lateness that is believed, in frames, 1..2^28. Default: one second.
   * Beyond, the stream begins anew.
   */
  readonly maxGapFrames?: number;
  /**
   * Packets that have to agree before another source, a jump of the timestamp or a gap longer than the reorder window is
   * believed, 1..64. Default 3. None of them is lost. One stray packet thus changes nothing. Another source must outlive the
   * current one besides.
   */
  readonly confirmPackets?: number;
  /** Default 'silence'. */
  readonly fill?: LossFill;
  /** Called when a stream begins, before its first frame is written. Must not throw. */
  readonly onStream?: (event: StreamStartEvent) => void;
  /** Called when lost frames were filled. Must not throw. */
  readonly onLoss?: (event: LossEvent) => void;
}

/** Counters since the placer was made. Frames: delivered = received + lost + concealed. */
export interface PlacerStats {
  /** Packets that came, of any kind. */
  readonly packets: number;
  /** Packets whose frames were placed. */
  readonly packetsPlaced: number;
  /** Packets that a later one had overtaken, and that came in time nevertheless. */
  readonly packetsReordered: number;
  readonly packetsDuplicate: number;
  /** Packets that came after their frames had been filled in. */
  readonly packetsLate: number;
  /** Packets of other sources or impossible times that nothing confirmed. */
  readonly packetsStray: number;
  readonly packetsRejected: Readonly<Record<PacketRejection, number>>;
  /** Frames written to the sink. */
  readonly framesDelivered: number;
  /** Of these, frames that packets brought. */
  readonly framesReceived: number;
  /** Of these, frames filled in for lost packets. */
  readonly framesLost: number;
  /** Of these, frames filled in because the caller asked: see `conceal`. */
  readonly framesConcealed: number;
  /** Times that lost frames were filled in. */
  readonly gaps: number;
  /** Streams that began: 1 for the first, and one for each restart, other source or jump. */
  readonly streams: number;
  /** Frames that wait now. */
  readonly framesHeld: number;
}

/** A packet that waits. `at` counts frames from the first of the stream. */
interface Held {
  readonly at: number;
  readonly frames: number;
  readonly bytes: Uint8Array;
  readonly arrival: bigint;
}

/** A packet that may be the first of another stream. */
interface Suspect {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly frames: number;
  readonly bytes: Uint8Array;
  readonly arrival: bigint;
}

/**
 * Orders packets, drops duplicates, fills losses. A packet that comes in order is written at once.
 *
 * - A packet within the reorder window waits for those before it, until they come, until more packets wait than
 *   `reorderPackets`, or until it waited for `reorderNanoseconds` (see `expire`): then the gap is filled, and later its
 *   packets are late.
 * - A gap longer than the window is believed when `confirmPackets` packets from behind it agree, or when no more come (see
 *   `settle`). Where it is no longer than `maxGapFrames`, it is then filled.
 * - A longer jump of the timestamp, a jump back, and a sequence number that contradicts the timestamp are believed when
 *   `confirmPackets` packets in a row agree and none of the current stream comes between them. Then the stream begins anew,
 *   with nothing inserted.
 * - Another source is followed in the same way, but not before its first packet has been there for 20 ms, or four packets of
 *   the current source if that is longer, in which nothing new came from the current one. Its packets are kept until then: a
 *   second of them, and 1024, at most. Behind a silence (see `settle`) it is followed at once.
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
  readonly #converter: SampleConverter;
  readonly #payloadFrameBytes: number;
  readonly #frameBytes: number;
  readonly #payloadType: number;
  readonly #onlySsrc: number | undefined;
  readonly #rate: number;
  readonly #reorderPackets: number;
  readonly #reorderNanoseconds: bigint;
  readonly #maxGapFrames: number;
  readonly #confirmPackets: number;
  readonly #onStream: ((event: StreamStartEvent) => void) | undefined;
  readonly #onLoss: ((event: LossEvent) => void) | undefined;

  /** Holds one converted packet on its way to the sink, and stays valid as what 'repeat' repeats. */
  readonly #scratch: Uint8Array;
  readonly #silence: Uint8Array;
  readonly #repeatFrames: number;
  #last: Uint8Array;

  #started = false;
  #ssrc = 0;
  /** The timestamp of frame #next: what the packet in order has. */
  #expected = 0;
  /** Frames written of this stream. */
  #next = 0;
  /** The packet with the highest timestamp so far: what sequence numbers are measured against. */
  #newestSequence = 0;
  #newestTimestamp = 0;
  /** Frames of the stream's largest packet. */
  #packetFrames = 1;
  /** Frames of late packets since one came in time. */
  #lateFrames = 0;

  /** Sorted by `at`; at most #reorderPackets + 1. */
  readonly #held: Held[] = [];
  /** Of the current source; fewer than #confirmPackets. */
  #suspects: Suspect[] = [];
  /** Of one other source. */
  #rivals: Suspect[] = [];
  #rivalFrames = 0;
  /** When the first of them came, though it may not be kept any more. */
  #rivalSince = 0n;
  /** Whether the current source is known to have ended, for now. */
  #isQuiet = false;
  /** A ring of filled gaps: starts and ends, in frames of this stream. */
  readonly #gapStarts = new Float64Array(REMEMBERED_GAPS);
  readonly #gapEnds = new Float64Array(REMEMBERED_GAPS);
  #gapCount = 0;
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
    'payload-type': 0,
    size: 0,
    source: 0,
  };
  readonly #written: Record<'received' | 'lost' | 'concealed', number> = {
    received: 0,
    lost: 0,
    concealed: 0,
  };
  #gaps = 0;
  #streams = 0;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
  constructor(options: PlacerOptions) {
    const { encoding, rate, channels } = checkAudioFormat('options', checkOptions('options', options));
    const format = options.format ?? defaultPcmFormat(encoding);
    if (typeof options.sink?.write !== 'function') {
      throw typeError('options.sink', 'an object with a write function', options.sink);
    }
    checkFunction('options.sink.writeFill', options.sink.writeFill);
    this.#sink = options.sink;
    this.#rate = rate;
    this.#converter = SampleConverter.decoder(encoding, format);
    this.#payloadFrameBytes = payloadFrameBytes(encoding, channels);
    this.#frameBytes = this.#converter.outputBytes(this.#payloadFrameBytes);
    this.#payloadType = checkInteger('options.payloadType', options.payloadType, 0, 127);
    this.#onlySsrc =
      options.ssrc === undefined
        ? undefined
        : checkInteger('options.ssrc', options.ssrc, 0, TIMESTAMP_SPAN - 1);
    this.#reorderPackets = checkInteger('options.reorderPackets', options.reorderPackets ?? 8, 0, 1024);
    this.#reorderNanoseconds = checkBigInt(
      'options.reorderNanoseconds',
      options.reorderNanoseconds ?? 20_000_000n,
      0n,
      10_000_000_000n,
    );
    this.#maxGapFrames = checkInteger('options.maxGapFrames', options.maxGapFrames ?? rate, 1, 2 ** 28);
    this.#confirmPackets = checkInteger('options.confirmPackets', options.confirmPackets ?? 3, 1, 64);
    const fill = checkOneOf('options.fill', options.fill ?? 'silence', ['silence', 'repeat'] as const);
    this.#repeatFrames = fill === 'repeat' ? Math.ceil(rate * REPEAT_SECONDS) : 0;
    this.#onStream = checkFunction('options.onStream', options.onStream);
    this.#onLoss = checkFunction('options.onLoss', options.onLoss);

    const largest = Math.floor(MAX_DATAGRAM_BYTES / this.#payloadFrameBytes);
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
    const expiry = first === undefined ? undefined : first + this.#reorderNanoseconds;
    if (this.#rivals.length < this.#confirmPackets) return expiry;
    const takeover = this.#takeover;
    return expiry === undefined || takeover < expiry ? takeover : expiry;
  }

  get stats(): PlacerStats {
    const { received, lost, concealed } = this.#written;
    return {
      packets: this.#packets,
      packetsPlaced: this.#packetsPlaced,
      packetsReordered: this.#packetsReordered,
      packetsDuplicate: this.#packetsDuplicate,
      packetsLate: this.#packetsLate,
      packetsStray: this.#packetsStray,
      packetsRejected: { ...this.#packetsRejected },
      framesDelivered: received + lost + concealed,
      framesReceived: received,
      framesLost: lost,
      framesConcealed: concealed,
      gaps: this.#gaps,
      streams: this.#streams,
      framesHeld: this.#held.reduce((sum, { frames }) => sum + frames, 0),
    };
  }

  /**
   * Takes a datagram as it came from the network. Never throws on what it holds; what the sink throws comes through.
   *
   * @param arrival nanoseconds on any clock that does not go backwards
   * @throws TypeError ERR_INVALID_ARG_TYPE
   */
  receive(datagram: Uint8Array, arrival: bigint): Placement {
    const packet = parseRtpPacket(checkBytes('datagram', datagram));
    if (typeof packet !== 'string') return this.push(packet, arrival);
    this.#packets++;
    return this.#reject(packet);
  }

  /**
   * Takes a packet. Its payload is read, or copied, before the call returns. What the sink throws comes through.
   *
   * @param arrival nanoseconds on any clock that does not go backwards
   */
  push(packet: RtpPacket, arrival: bigint): Placement {
    this.#packets++;
    if (packet.payloadType !== this.#payloadType) return this.#reject('payload-type');
    const frames = packet.payload.length / this.#payloadFrameBytes;
    if (frames === 0 || !Number.isInteger(frames) || packet.payload.length > MAX_DATAGRAM_BYTES) {
      return this.#reject('size');
    }
    if (this.#onlySsrc !== undefined && packet.ssrc !== this.#onlySsrc) return this.#reject('source');

    if (!this.#started) this.#start('first', packet);
    else if (packet.ssrc !== this.#ssrc) return this.#rival(packet, frames, arrival);
    else if (this.#isQuiet || this.#rivals.length > 0) this.#hear(packet);

    const ahead = (packet.timestamp - this.#expected) | 0;
    if (ahead !== 0) {
      if (!this.#sequenceAgrees(packet)) return this.#suspect(packet, frames, arrival);
      if (ahead + frames <= 0) {
        return this.#isBehind(ahead, frames)
          ? this.#dropLate(this.#next + ahead, frames)
          : this.#suspect(packet, frames, arrival);
      }
      if (ahead > this.#maxGapFrames || this.#isLeap(packet, frames)) {
        return this.#suspect(packet, frames, arrival);
      }
    }
    this.#lateFrames = 0;
    let placement: Placement = 'delivered';
    if (ahead > 0) {
      placement = this.#hold(packet, ahead, frames, this.#converter.convert(packet.payload), arrival);
    } else {
      this.#note(packet, frames);
      this.#deliver(this.#converter.convert(packet.payload, this.#scratch), -ahead);
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
    if (this.#rivals.length >= this.#confirmPackets && now >= this.#takeover) this.#followRivals();
  }

  #expireHeld(now: bigint): void {
    if (this.#held.length === 0) return;
    const limit = now - this.#reorderNanoseconds;
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
    if (this.#rivals.length >= this.#confirmPackets) this.#followRivals();
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

  #reject(reason: PacketRejection): Placement {
    this.#packetsRejected[reason]++;
    return 'rejected';
  }

  #start(reason: StreamStart, { ssrc, timestamp, sequence }: RtpPacket | Suspect): void {
    const previous = this.position;
    this.#started = true;
    this.#streams++;
    this.#ssrc = ssrc;
    this.#expected = timestamp;
    this.#next = 0;
    this.#newestSequence = sequence;
    this.#newestTimestamp = timestamp;
    this.#packetFrames = 1;
    this.#lateFrames = 0;
    this.#gapCount = 0;
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

  #isBehind(ahead: number, frames: number): boolean {
    return -ahead <= this.#maxGapFrames && this.#lateFrames + frames <= this.#maxGapFrames;
  }

  #dropLate(at: number, frames: number): Placement {
    this.#lateFrames += frames;
    const remembered = Math.min(this.#gapCount, REMEMBERED_GAPS);
    for (let i = 0; i < remembered; i++) {
      if (at < (this.#gapEnds[i] as number) && at + frames > (this.#gapStarts[i] as number)) {
        this.#packetsLate++;
        return 'late';
      }
    }
    return this.#dropDuplicate();
  }

  #note({ timestamp, sequence }: RtpPacket | Suspect, frames: number): void {
    this.#packetsPlaced++;
    if (frames > this.#packetFrames) this.#packetFrames = frames;
    if (((timestamp - this.#newestTimestamp) | 0) < 0) {
      this.#packetsReordered++;
      return;
    }
    this.#newestTimestamp = timestamp;
    this.#newestSequence = sequence;
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
    held.splice(index, 0, { at, frames, bytes, arrival });
    this.#note(packet, frames);
    while (held.length > this.#reorderPackets) this.#advance((held[0] as Held).at);
    return at < this.#next ? 'delivered' : 'held';
  }

  /** Writes up to frame `end`: what waits, with gaps filled; then whatever follows without a gap. */
  #advance(end: number): void {
    for (;;) {
      this.#drain();
      const gap = Math.min(end, this.#held[0]?.at ?? end) - this.#next;
      if (gap <= 0) return;
      this.#fillLost(gap);
    }
  }

  /** Writes what waits and is due. */
  #drain(): void {
    for (;;) {
      const first = this.#held[0];
      if (!first || first.at > this.#next) return;
      this.#held.shift();
      this.#deliver(first.bytes, this.#next - first.at);
    }
  }

  /** Writes the frames of a packet but for the first `skip`, which were written before. */
  #deliver(bytes: Uint8Array, skip: number): void {
    const frames = bytes.length / this.#frameBytes - skip;
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

  #fill(what: 'lost' | 'concealed', frames: number): void {
    const slot = this.#gapCount++ % REMEMBERED_GAPS;
    this.#gapStarts[slot] = this.#next;
    this.#gapEnds[slot] = this.#next + frames;
    this.#step(frames);
    const repeated = this.#repeat(what, frames);
    const { length } = this.#silence;
    for (let silence = (frames - repeated) * this.#frameBytes; silence > 0; silence -= length) {
      this.#write(what, silence < length ? this.#silence.subarray(0, silence) : this.#silence);
    }
  }

  /** Writes the last packet over again, going on where the fill before this one ended. Returns the frames it wrote. */
  #repeat(what: 'lost' | 'concealed', frames: number): number {
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

  #write(what: 'received' | 'lost' | 'concealed', bytes: Uint8Array): void {
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
  #suspect(packet: RtpPacket, frames: number, arrival: bigint): Placement {
    const relation = this.#relation(packet, this.#suspects.at(-1));
    if (relation === 'same') return this.#dropDuplicate();
    if (relation === 'other') this.#forgetSuspects();
    this.#suspects.push(this.#keep(packet, frames, arrival));
    if (this.#suspects.length < this.#confirmPackets) return 'unconfirmed';
    this.#confirm();
    return 'delivered';
  }

  /** Keeps a packet of another source, until it has outlived the current one. A third source has to wait for its turn. */
  #rival(packet: RtpPacket, frames: number, arrival: bigint): Placement {
    const previous = this.#rivals.at(-1);
    if (packet.ssrc !== previous?.ssrc && this.#rivals.length >= this.#confirmPackets) {
      this.#packetsStray++;
      return 'unconfirmed';
    }
    const relation = packet.ssrc === previous?.ssrc ? this.#relation(packet, previous) : 'other';
    if (relation === 'same') return this.#dropDuplicate();
    if (relation === 'other') this.#forgetRivals();
    if (this.#rivals.length === 0) this.#rivalSince = arrival;
    this.#rivals.push(this.#keep(packet, frames, arrival));
    this.#rivalFrames += frames;
    while (
      this.#rivals.length > MAX_RIVALS ||
      (this.#rivals.length > this.#confirmPackets && this.#rivalFrames > this.#rate)
    ) {
      this.#rivalFrames -= (this.#rivals.shift() as Suspect).frames;
      this.#packetsStray++;
    }
    if (!this.#isQuiet || this.#rivals.length < this.#confirmPackets) return 'unconfirmed';
    this.#followRivals();
    return 'delivered';
  }

  /** The current source is alive, unless this is only a packet that others have overtaken, or that came again. */
  #hear({ timestamp, sequence }: RtpPacket): void {
    const steps = sequenceDistance(sequence, this.#newestSequence);
    if (((timestamp - this.#newestTimestamp) | 0) <= 0 && steps <= 0 && steps > -SEQUENCE_REACH) return;
    this.#isQuiet = false;
    this.#forgetRivals();
  }

  #forgetRivals(): void {
    this.#packetsStray += this.#takeRivals().length;
  }

  #takeRivals(): Suspect[] {
    const rivals = this.#rivals;
    this.#rivals = [];
    this.#rivalFrames = 0;
    return rivals;
  }

  /** When the other source is followed. */
  get #takeover(): bigint {
    const packetNanoseconds = Math.ceil((this.#packetFrames / this.#rate) * 1e9);
    return this.#rivalSince + BigInt(Math.max(RIVAL_NANOSECONDS, RIVAL_PACKETS * packetNanoseconds));
  }

  /** Goes over to the other source; what the current one has sent comes before. */
  #followRivals(): void {
    this.#settleSuspects();
    this.#forgetSuspects();
    this.#follow(this.#takeRivals());
  }

  #keep({ ssrc, sequence, timestamp, payload }: RtpPacket, frames: number, arrival: bigint): Suspect {
    return { ssrc, sequence, timestamp, frames, bytes: this.#converter.convert(payload), arrival };
  }

  /** How a packet stands to one that is kept, of the same source: it may be the same, near to it, or of another stream. */
  #relation(packet: RtpPacket, previous: Suspect | undefined): 'same' | 'near' | 'other' {
    if (!previous) return 'near';
    const distance = (packet.timestamp - previous.timestamp) | 0;
    const steps = sequenceDistance(packet.sequence, previous.sequence);
    if (distance === 0) return steps === 0 ? 'same' : 'other';
    const near = Math.abs(distance) <= this.#maxGapFrames && agree(distance, steps, Number.POSITIVE_INFINITY);
    return near ? 'near' : 'other';
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
      this.#advance(this.#next + ((first.timestamp - this.#expected) | 0));
    } else {
      const last = this.#held.at(-1);
      if (last) this.#advance(last.at + last.frames);
      this.#start(first.ssrc === this.#ssrc ? 'timestamp' : 'ssrc', first);
    }
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
    this.#deliver(bytes, -ahead);
    this.#drain();
  }
}

/** The distance of two sequence numbers, -32768..32767. */
function sequenceDistance(to: number, from: number): number {
  return ((to - from) << 16) >> 16;
}

/** Whether packets `frames` apart may be `steps` sequence numbers apart. Beyond `reach` frames the steps have wrapped. */
function agree(frames: number, steps: number, reach: number): boolean {
  return frames === 0 || Math.abs(frames) > reach || (steps !== 0 && frames > 0 === steps > 0);
}

function checkFunction<T>(name: string, value: T): T {
  if (value !== undefined && typeof value !== 'function') throw typeError(name, 'a function', value);
  return value;
}
