import { beforeEach, expect, it } from 'vitest';
import { checkJitterBufferOptions } from '../../../../lib/rtp/jitter-buffer/options.js';
import { Stream } from '../../../../lib/rtp/jitter-buffer/stream.js';

// One channel of S16_BE, 2 frames a packet. The samples of packet n are n + 1, and fill is 0.
let written: number[];
let stream: Stream;
const packet = (n: number) => ({ sequence: n, timestamp: 2 * n });

beforeEach(() => {
  written = [];
  const write = (bytes: Uint8Array) => {
    for (let i = 1; i < bytes.length; i += 2) written.push(bytes[i] as number);
  };
  stream = new Stream(
    checkJitterBufferOptions({
      encoding: 'L16',
      format: 'S16_BE',
      rate: 48_000,
      channels: 1,
      payloadType: 96,
      reorderPackets: 2,
      sink: { write },
    }),
  );
  stream.start(packet(0));
});

const place = (n: number) => stream.place(packet(n), 2, 'L16', Uint8Array.of(0, n + 1, 0, n + 1), 0n);

it('writes a packet in order, and those that waited for it', () => {
  expect([place(0), place(2), place(1)]).toEqual(['delivered', 'held', 'delivered']);
  expect(written).toEqual([1, 1, 2, 2, 3, 3]);
  expect(stream.stats()).toMatchObject({
    packetsPlaced: 3,
    packetsReordered: 1,
    packetsDuplicate: 0,
    packetsLate: 0,
    streams: 1,
  });
});

it('counts a packet that comes again, written or waiting', () => {
  expect([0, 0, 2, 2].map(place)).toEqual(['delivered', 'duplicate', 'held', 'duplicate']);
  expect(stream.stats().packetsDuplicate).toBe(2);
});

it('tells a late packet from a duplicate by what was filled in', () => {
  for (const n of [0, 2, 3, 4]) place(n);
  expect(written).toEqual([1, 1, 0, 0, 3, 3, 4, 4, 5, 5]);
  expect(stream.dropLate(packet(1), 2)).toBe('late');
  expect(stream.dropLate(packet(2), 2)).toBe('duplicate');
  expect(stream.stats()).toMatchObject({ packetsLate: 1, packetsDuplicate: 1 });
});

it('begins anew at another timestamp, with nothing inserted', () => {
  place(0);
  stream.start(packet(1000));
  expect(place(1000)).toBe('delivered');
  expect(written).toHaveLength(4);
  expect(stream.stats().streams).toBe(2);
});
