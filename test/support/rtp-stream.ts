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

/** Delays packets at random, so that none is overtaken by more than `most` others. The first stays the first. */
export function shuffled(
  packets: readonly TestPacket[],
  most: number,
  random: (limit: number) => number,
): TestPacket[] {
  return packets
    .map((packet, i) => ({ packet, key: i === 0 ? -1 : i + random(1000 * most) / 1000 }))
    .sort((a, b) => a.key - b.key)
    .map(({ packet }) => packet);
}

const STEREO_BYTES = 4;

/** One hostile datagram after the other, of L16 with up to two channels. They know the stream, and some of them are of it. */
export function hostileDatagrams(seed: number): () => Uint8Array {
  const random = generator(seed);
  const noise = Uint8Array.from({ length: 70_000 }, () => random(256));
  const slice = (length: number) => {
    const at = random(noise.length - length);
    return noise.slice(at, at + length);
  };
  const payloads = [0, 1, 3, 4, 48 * STEREO_BYTES, 6 * STEREO_BYTES, 480 * STEREO_BYTES, 1400].map((length) =>
    slice(length),
  );
  let sequence = 65_000;
  let timestamp = 2 ** 32 - 48_000;
  const make = (more: object) =>
    serializeRtpPacket({
      payloadType: 96,
      sequence,
      timestamp,
      ssrc: 1,
      payload: payloads[4] as Uint8Array,
      ...more,
    });
  const near = (value: number, spread: number, span: number) =>
    (value + random(spread) - spread / 2 + span) % span;
  const kinds: (() => Uint8Array)[] = [
    () => {
      sequence = (sequence + 1) & 0xffff;
      timestamp = (timestamp + 48) % 2 ** 32;
      return make({});
    },
    () => slice(random(64)),
    () => slice(12 + random(1500)),
    () => make({}).subarray(0, random(20)),
    () => {
      const bytes = make({
        csrcs: [1, 2, 3],
        extension: { profile: 1, data: new Uint8Array(8) },
        padding: 4,
      });
      for (let i = 1 + random(3); i > 0; i--) bytes[random(bytes.length)] = random(256);
      return bytes;
    },
    () => make({ payloadType: random(128) }),
    () => make({ ssrc: random(2 ** 32) }),
    () => make({ ssrc: 2 + random(2), sequence: random(65_536), timestamp: random(2 ** 32) }),
    () => make({ sequence: random(65_536), timestamp: random(2 ** 32) }),
    () => make({ timestamp: near(timestamp, 2000, 2 ** 32), sequence: near(sequence, 60, 65_536) }),
    () => make({ timestamp: near(timestamp, 200_000, 2 ** 32), sequence: near(sequence, 4000, 65_536) }),
    () => make({ payload: payloads[random(payloads.length)] }),
    () => make({ timestamp: (timestamp + 47_999) % 2 ** 32, sequence: (sequence + 999) & 0xffff }),
    () => {
      // The sender begins anew, sometimes as another one.
      if (random(64) === 0) timestamp = random(2 ** 32);
      return make({});
    },
    () => (random(200) === 0 ? make({ payload: slice(65_000) }) : make({ padding: 1 + random(255) })),
    () => new Uint8Array(random(1500)).fill(random(256)),
  ];
  return () => (kinds[random(kinds.length)] as () => Uint8Array)();
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
