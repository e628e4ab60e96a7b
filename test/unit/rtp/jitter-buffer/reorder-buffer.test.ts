import { beforeEach, expect, it } from 'vitest';
import { FrameWriter } from '../../../../lib/rtp/jitter-buffer/frame-writer.js';
import { ReorderBuffer } from '../../../../lib/rtp/jitter-buffer/reorder-buffer.js';

// One byte a frame. A packet of 2 frames is at 2 n, has the sequence number n, and its bytes are n. Fill is 0.
let written: number[];
let told: [what: string, timestamp: number, frames: number][];
let writer: FrameWriter;
let buffer: ReorderBuffer;

beforeEach(() => {
  written = [];
  told = [];
  writer = new FrameWriter(
    {
      sink: { write: (bytes) => written.push(...bytes) },
      fill: 'silence',
      rate: 1000,
      onLoss: ({ timestamp, frames }) => told.push(['loss', timestamp, frames]),
      onDiscontinuity: ({ timestamp, frames }) => told.push(['discontinuity', timestamp, frames]),
    },
    1,
  );
  writer.start(0);
  buffer = new ReorderBuffer(writer, 3);
});

function add(n: number, at = 2 * n, arrival = 0n): boolean {
  const added = buffer.add({ at, frames: 2, bytes: Uint8Array.of(n, n), arrival, sequence: n });
  buffer.trim();
  return added;
}

it('keeps packets until those before them were written', () => {
  expect([add(3), add(1), add(2)]).toEqual([true, true, true]);
  expect(written).toEqual([]);
  expect(buffer.framesWaiting).toBe(6);
  writer.write(Uint8Array.of(9, 9), 0, 0);
  buffer.drain();
  expect(written).toEqual([9, 9, 1, 1, 2, 2, 3, 3]);
  expect(buffer.framesWaiting).toBe(0);
  expect(told).toEqual([]);
});

it('refuses a packet whose frames are here', () => {
  add(2);
  expect(add(2)).toBe(false);
  expect(buffer.framesWaiting).toBe(2);
});

it('gives up on what the first packets wait for, where too many wait', () => {
  for (const n of [2, 3, 5, 7]) add(n);
  expect(written).toEqual([0, 0, 0, 0, 2, 2, 3, 3]);
  expect(told).toEqual([['loss', 0, 4]]);
  expect(buffer.framesWaiting).toBe(4);
});

it('gives up on what packets have waited for too long', () => {
  add(3, 6, 100n);
  add(1, 2, 200n);
  expect(buffer.earliestArrival).toBe(100n);
  buffer.expire(99n);
  expect(written).toEqual([]);
  buffer.expire(100n);
  expect(written).toEqual([0, 0, 1, 1, 0, 0, 3, 3]);
  expect(buffer.earliestArrival).toBeUndefined();
});

it('waits for nothing behind a gap that the sender made', () => {
  writer.write(Uint8Array.of(9, 9), 0, 0);
  add(1, 4);
  expect(written).toEqual([9, 9, 0, 0, 1, 1]);
  expect(told).toEqual([['discontinuity', 2, 2]]);
});

it('conceals a gap without a word, and goes on to the end of a packet', () => {
  add(1);
  buffer.conceal(3);
  expect(written).toEqual([0, 0, 1, 1]);
  expect(told).toEqual([]);
  expect(writer.frames).toEqual({ received: 2, lost: 0, skipped: 0, concealed: 2 });
});

it('writes all that waits when it is flushed', () => {
  add(1);
  add(3);
  buffer.flush();
  expect(written).toEqual([0, 0, 1, 1, 0, 0, 3, 3]);
});
