/** A jitter buffer that tells all of its events to a list, and a sender that says what its packets are like. */
import {
  JitterBuffer,
  type JitterBufferOptions,
  type RtpEncoding,
  type RtpPacketOptions,
  serializeRtpPacket,
} from '../../lib/rtp/index.js';
import { RATE } from './rtp-stream.js';

export function jitterBufferWith(options: Partial<JitterBufferOptions> = {}) {
  const told: ({ readonly type: string } & object)[] = [];
  const tell = (type: string) => (event: object) => told.push({ type, ...event });
  const buffer = new JitterBuffer({
    encoding: 'L16',
    rate: RATE,
    channels: 2,
    payloadType: 96,
    sink: { write: () => {} },
    onStream: tell('stream'),
    onLoss: tell('loss'),
    onDiscontinuity: tell('discontinuity'),
    onRefusal: tell('refusal'),
    onContradiction: tell('contradiction'),
    ...options,
  });
  const of = (type: string) => told.filter((event) => event.type === type);
  return { buffer, told, of };
}

interface Shape {
  readonly encoding?: RtpEncoding;
  readonly channels?: number;
  /** Frames a packet. */
  readonly frames: number;
  /** What the timestamp counts from packet to packet. Default: `frames`. */
  readonly step?: number;
  /** What the sequence number counts. Default: 1. */
  readonly sequenceStep?: number;
}

/** Datagrams of a sender, from packet number `from` on. */
export function packetsOf(
  { encoding = 'L16', channels = 2, frames, step = frames, sequenceStep = 1 }: Shape,
  count: number,
  { from = 0, ...more }: Partial<RtpPacketOptions> & { readonly from?: number } = {},
): Uint8Array[] {
  const payload = new Uint8Array(frames * channels * (encoding === 'L16' ? 2 : 3)).fill(7);
  return Array.from({ length: count }, (_, i) =>
    serializeRtpPacket({
      payloadType: 96,
      ssrc: 1,
      payload,
      sequence: ((from + i) * sequenceStep) & 0xffff,
      timestamp: ((from + i) * step) >>> 0,
      ...more,
    }),
  );
}
