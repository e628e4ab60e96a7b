import { beforeEach, expect, it } from 'vitest';
import { SampleConverter } from '../../../lib/rtp/format.js';
import { parseRtpPacket, type RtpPacket } from '../../../lib/rtp/packet.js';
import { Packetizer } from '../../../lib/rtp/packetizer.js';

// One channel of S16_BE, 2 frames a packet.
let packets: RtpPacket[];
let packetizer: Packetizer;
beforeEach(() => {
  packets = [];
  packetizer = new Packetizer(
    {
      converter: SampleConverter.encoder('S16_BE', 'L16'),
      payloadType: 96,
      ssrc: 7,
      sequence: 0xffff,
      timestamp: 2 ** 32 - 2,
      packetFrames: 2,
      frameBytes: 2,
    },
    (packet) => packets.push(parseRtpPacket(packet) as RtpPacket),
  );
});

const seen = () =>
  packets.map(({ sequence, timestamp, payload }) => [
    sequence,
    timestamp,
    Buffer.from(payload).toString('hex'),
  ]);

it('makes packets of one length from pieces of any length, and wraps their numbers', () => {
  expect(packetizer.write(Uint8Array.of(1, 2, 3))).toBe(0);
  expect(packetizer.pendingFrames).toBe(1);
  expect(packetizer.missingBytes).toBe(1);
  expect(packetizer.timestamp).toBe(2 ** 32 - 1);
  expect(packetizer.write(Uint8Array.of(4, 5, 6, 7, 8, 9))).toBe(2);
  expect(seen()).toEqual([
    [0xffff, 2 ** 32 - 2, '01020304'],
    [0, 0, '05060708'],
  ]);
  expect(packetizer.frames).toBe(4);
  expect(packetizer.pendingFrames).toBe(0);
});

it('makes a shorter packet of what waits, without a part of a frame', () => {
  packetizer.write(Uint8Array.of(1, 2, 3));
  packetizer.flush();
  packetizer.flush();
  packetizer.write(Uint8Array.of(4, 5, 6, 7));
  expect(seen()).toEqual([
    [0xffff, 2 ** 32 - 2, '0102'],
    [0, 2 ** 32 - 1, '04050607'],
  ]);
});

it('leaves out frames: the next ones are later, and no number is missing', () => {
  packetizer.write(Uint8Array.of(1, 2));
  packetizer.skip(100);
  packetizer.write(Uint8Array.of(3, 4, 5, 6));
  expect(seen()).toEqual([
    [0xffff, 2 ** 32 - 2, '0102'],
    [0, 99, '03040506'],
  ]);
});
