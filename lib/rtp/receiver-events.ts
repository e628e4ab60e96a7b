/** What a receiver tells, and what it counts. */
import type { ContradictionEvent } from './jitter-buffer/contradictions.js';
import type { DiscontinuityEvent, LossEvent, StreamStartEvent } from './jitter-buffer/events.js';
import type { JitterBufferStats } from './jitter-buffer/stats.js';
import type { ClockEvent, PlayoutStats } from './playout/events.js';
import type { RefusalEvent } from './refusals.js';

/** What a receiver tells. */
export interface RtpReceiverEvents {
  /** A stream began, or began anew. */
  stream: [event: StreamStartEvent];
  /** Lost frames were filled in. */
  loss: [event: LossEvent];
  /** Frames were filled in that the sender has left out. */
  discontinuity: [event: DiscontinuityEvent];
  /** Packets are refused: told once a reason, with the option that would take them. */
  refusal: [event: RefusalEvent];
  /** Many packets contradict what was described: told once. */
  contradiction: [event: ContradictionEvent];
  /** The clock that the stream is played by, or the thread that plays it. */
  clock: [event: ClockEvent];
  /** No packet of the stream came for a while. A group is then joined again, where its interface was replaced. */
  silence: [];
  /** The socket failed, or the sink threw; the receiver has closed. */
  error: [error: Error];
  close: [];
}

/** Counters since the receiver was opened. */
export interface RtpReceiverStats extends JitterBufferStats {
  /** Datagrams from addresses that were not asked for. They are not among `packets`. */
  readonly datagramsFiltered: number;
  /**
   * Datagrams that the kernel dropped before this receiver read them, its socket's buffer being full for instance: SO_RXQ_OVFL,
   * which comes with the next datagram. Undefined where that cannot be told: with kind 'dgram', and for an IPv6 group at one
   * interface, where the kernel counts what its filter drops as well.
   */
  readonly datagramsDropped: number | undefined;
  /** Bytes that the kernel gave of `receiveBufferBytes`. */
  readonly receiveBufferBytes: number;
  /**
   * Parts per million by which the sender's clock is faster than this machine's; undefined for the first second of a stream,
   * from silence until a second after it, and for a second after the delay has stepped by more than 100 ms.
   */
  readonly senderPpm: number | undefined;
  /** Interarrival jitter in milliseconds: RFC 3550, section 6.4.1. Stays as it is in silence; 0 where a stream begins. */
  readonly jitterMs: number;
  /** Whether packets of the stream come. */
  readonly silent: boolean;
  /** Undefined with clock 'packets'. */
  readonly playout: PlayoutStats | undefined;
}
