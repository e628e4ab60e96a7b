/** What a jitter buffer tells: what became of a packet, and what happened to the stream. */
import type { RtpRejection } from '../packet.js';

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

/** Why a packet was ignored, apart from its time. */
export type PacketRejection =
  | RtpRejection
  /** RTCP on the port of the stream (RFC 5761, section 4). */
  | 'rtcp'
  | 'payload-type'
  /** The payload is not a whole number of frames. */
  | 'size'
  /** Another SSRC than the one that was asked for. */
  | 'source'
  /** Its timestamp is far from the time of the clock that the stream is played by. */
  | 'clock';

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
