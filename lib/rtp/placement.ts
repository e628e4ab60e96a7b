/** What a placer is told, what it tells, and what it counts. */
import type { OptionNames } from '../arguments.js';
import type { ContradictionEvent } from './contradictions.js';
import { AUDIO_FORMAT, type RtpAudioFormat, type RtpPcmFormat } from './format.js';
import type { RtpRejection } from './packet.js';
import type { PayloadEncoding } from './payload-types.js';
import type { RefusalEvent } from './refusals.js';

/** Where frames go. Both functions must be done with the bytes when they return: they are used again. */
export interface FrameSink {
  write(bytes: Uint8Array): unknown;
  /** Takes what stands where frames were lost or left out. Default: `write`. */
  writeFill?(bytes: Uint8Array): unknown;
}

/** What stands where frames were lost: silence, or the last packet over again for up to 20 ms, then silence. */
export type LossFill = 'silence' | 'repeat';

/** Why a packet was ignored, apart from its time. */
export type PacketRejection =
  | RtpRejection
  /** RTCP on the port of the stream (RFC 5761, section 4). */
  | 'rtcp'
  | 'payload-type'
  /** The payload is not a whole number of frames. */
  | 'size'
  /** Another SSRC than the one that was asked for. */
  | 'source';

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

/**
 * Frames were filled in between two packets whose sequence numbers follow each other: nothing was lost, the sender left them
 * out (silence suppression: RFC 3551, section 4.1; RFC 3389).
 */
export interface DiscontinuityEvent {
  /** The RTP timestamp of the first frame that was left out. */
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
  /**
   * Format of the frames that the sink gets, which holds `encoding` whole. Default: S16_LE where that is L16, S24_3LE where it
   * is L24.
   */
  readonly format?: RtpPcmFormat;
  /** 0..127. Packets of other types are counted, told once and ignored, but for `alternatives`. */
  readonly payloadType: number;
  /**
   * Other payload types that packets may have, each with its encoding, from packet to packet (RFC 8866, section 5.14): what
   * `parseSdp` gives. All are converted to `format`; where that has fewer bits than one of them, the least significant bits
   * of its samples are dropped.
   */
  readonly alternatives?: readonly PayloadEncoding[];
  /** Take packets of this source only, 0..2^32-1. Default: the first that comes, and who outlives it. */
  readonly ssrc?: number;
  /** Packets that may wait for an earlier one, 0..1024. Default 8. */
  readonly reorderPackets?: number;
  /** Milliseconds that a packet may wait for an earlier one, 0..10000, also fractions. Default 20. See `expire`. */
  readonly reorderMs?: number;
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
  /**
   * Milliseconds that the current source must be quiet, while another one sends, before the other one is followed, 0..10000;
   * four packets of the current source where those are longer. Default 200.
   */
  readonly takeoverMs?: number;
  /** Default 'silence'. */
  readonly fill?: LossFill;
  /** Called when a stream begins, before its first frame is written. Must not throw. */
  readonly onStream?: (event: StreamStartEvent) => void;
  /** Called when lost frames were filled. Must not throw. */
  readonly onLoss?: (event: LossEvent) => void;
  /** Called when frames were filled that the sender left out. Must not throw. */
  readonly onDiscontinuity?: (event: DiscontinuityEvent) => void;
  /** Called once for each reason that packets are refused for. Must not throw. */
  readonly onRefusal?: (event: RefusalEvent) => void;
  /** Called once when many packets contradict what was described. Must not throw. */
  readonly onContradiction?: (event: ContradictionEvent) => void;
}

/** The options that say how to place, without those that are told of it. */
export const PLACEMENT_OPTIONS = {
  ...AUDIO_FORMAT,
  sink: true,
  format: true,
  payloadType: true,
  alternatives: true,
  ssrc: true,
  reorderPackets: true,
  reorderMs: true,
  maxGapFrames: true,
  confirmPackets: true,
  takeoverMs: true,
  fill: true,
} as const;

export const PLACER_OPTIONS: OptionNames<PlacerOptions> = {
  ...PLACEMENT_OPTIONS,
  onStream: true,
  onLoss: true,
  onDiscontinuity: true,
  onRefusal: true,
  onContradiction: true,
};

/** Counters since the placer was made. Frames: delivered = received + lost + skipped + concealed. */
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
  /** Of these, frames filled in where the sender left some out between two packets: see DiscontinuityEvent. */
  readonly framesSkipped: number;
  /** Of these, frames filled in because the caller asked: see `conceal`. */
  readonly framesConcealed: number;
  /** Frames of placed packets that were cut off, since other frames stood in their place. */
  readonly framesCut: number;
  /** Times that lost frames were filled in. */
  readonly gaps: number;
  /** Times that frames were filled in which the sender left out. */
  readonly discontinuities: number;
  /** Streams that began: 1 for the first, and one for each restart, other source or jump. */
  readonly streams: number;
  /** Frames that wait now. */
  readonly framesWaiting: number;
}
