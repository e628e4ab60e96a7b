/** What an RtpSender counts. */

/** Counters since the sender was opened. */
export interface RtpSenderStats {
  /** Packets that the kernel took. */
  readonly packetsSent: number;
  /** Packets dropped because too many waited for the kernel: see `pace`, which waits instead. */
  readonly packetsDropped: number;
  /** Packets that the kernel refused: see lastError. */
  readonly packetsFailed: number;
  /** Frames of the packets that the kernel took, or refused. */
  readonly frames: number;
  /** Frames that wait: for the rest of their packet, for their time, or for room in the kernel. */
  readonly framesPending: number;
  /** Why the kernel last refused a packet, for instance ENETUNREACH while an interface is down. */
  readonly lastError: Error | undefined;
}
