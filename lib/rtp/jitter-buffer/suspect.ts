/** A packet that may belong to another stream, or behind a long gap. It is kept until others agree with it. */
import { type RtpPacket, sequenceDistance } from '../packet.js';

export interface Suspect {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly frames: number;
  readonly bytes: Uint8Array;
  readonly arrival: bigint;
  /** The transport address that it came from; '' where nobody knows. */
  readonly origin: string;
}

/** Whether packets `frames` apart may be `steps` sequence numbers apart. Beyond `reach` frames the steps have wrapped. */
export function agree(frames: number, steps: number, reach: number): boolean {
  return frames === 0 || Math.abs(frames) > reach || (steps !== 0 && frames > 0 === steps > 0);
}

/**
 * How a packet stands to one that is kept, of the same source: it may be the same, near to it, or of another stream.
 *
 * @param standing whether sequence numbers stand still, so that equal ones contradict nothing
 */
export function relation(
  packet: Pick<RtpPacket, 'sequence' | 'timestamp'>,
  previous: Suspect | undefined,
  maxGapFrames: number,
  standing = false,
): 'same' | 'near' | 'other' {
  if (!previous) return 'near';
  const distance = (packet.timestamp - previous.timestamp) | 0;
  const steps = sequenceDistance(packet.sequence, previous.sequence);
  if (distance === 0) return steps === 0 ? 'same' : 'other';
  if (Math.abs(distance) > maxGapFrames) return 'other';
  if (steps === 0 && standing) return 'near';
  return agree(distance, steps, Number.POSITIVE_INFINITY) ? 'near' : 'other';
}
