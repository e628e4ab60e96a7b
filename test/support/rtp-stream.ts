/** Streams for the tests: every frame's content follows from its timestamp, so it tells where it belongs. */
import { expect } from 'vitest';
import { type FrameSink, type RtpPacketOptions, serializeRtpPacket } from '../../lib/rtp/index.js';

export const RATE = 48_000;
export const PACKET_FRAMES = 48;

/** A seeded generator (mulberry32): `random(n)` gives 0..n-1. */
export function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** The 16-bit sample of the frame with this timestamp; never zero, which is silence. */
export function sampleAt(timestamp: number): number {
  return 1 + ((Math.imul(timestamp, 2_654_435_761) >>> 0) % 65_535);
}

/** The payload, L16 with one channel, of `frames` frames from `timestamp` on. */
export function payloadAt(timestamp: number, frames = PACKET_FRAMES): Uint8Array {
  const payload = Buffer.alloc(frames * 2);
  for (let i = 0; i < frames; i++) payload.writeUInt16BE(sampleAt((timestamp + i) >>> 0), i * 2);
  return payload;
}

export interface TestPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly frames: number;
}

/** Packets of one stream, in order. */
export function stream(
  count: number,
  { sequence = 0, timestamp = 0, ssrc = 1, frames = (): number => PACKET_FRAMES } = {},
): TestPacket[] {
  let at = timestamp;
  return Array.from({ length: count }, (_, i) => {
    const packet = { sequence: (sequence + i) & 0xffff, timestamp: at, ssrc, frames: frames() };
    at = (at + packet.frames) >>> 0;
    return packet;
  });
}

/** The datagram of a packet. */
export function datagram(packet: TestPacket, more: Partial<RtpPacketOptions> = {}): Uint8Array {
  const { sequence, timestamp, ssrc, frames } = packet;
  return serializeRtpPacket({
    payloadType: 96,
    sequence,
    timestamp,
    ssrc,
    payload: payloadAt(timestamp, frames),
    ...more,
  });
}

/** Keeps what is written, as 16-bit samples: S16_BE, as in the payload. */
export class Recording implements FrameSink {
  readonly #chunks: Buffer[] = [];

  write(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes));
  }

  get samples(): Uint16Array {
    const bytes = Buffer.concat(this.#chunks);
    return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(i * 2));
  }
}

/** What has to come out: the frames from the first packet to the last, with silence where none was received. */
export function expectedSamples(received: readonly TestPacket[]): Uint16Array {
  const first = received[0] as TestPacket;
  const from = (packet: TestPacket) => (packet.timestamp - first.timestamp) | 0;
  const end = Math.max(...received.map((packet) => from(packet) + packet.frames));
  const samples = new Uint16Array(end);
  for (const packet of received) {
    for (let i = 0; i < packet.frames; i++)
      samples[from(packet) + i] = sampleAt((packet.timestamp + i) >>> 0);
  }
  return samples;
}

/** toEqual, without its patience: arrays of thousands of samples, compared as bytes. */
export function expectSamples(actual: Uint16Array, expected: Uint16Array, message = 'the recording'): void {
  const length = Math.min(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (actual[i] !== expected[i]) expect.fail(`${message}: frame ${i} is ${actual[i]}, not ${expected[i]}`);
  }
  expect(actual.length, `frames of ${message}`).toBe(expected.length);
}
