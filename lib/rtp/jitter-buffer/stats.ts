/** What a jitter buffer counts. */
import type { PacketRejection } from './events.js';

/** Counters since the jitter buffer was made. Frames: delivered = received + lost + skipped + concealed. */
export interface JitterBufferStats {
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
