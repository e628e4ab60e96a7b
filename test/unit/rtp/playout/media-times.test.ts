// What timestamps count from, and the positions that they stand for.
import { describe, expect, it } from 'vitest';
import {
  ArrivalTimes,
  DirectTimes,
  positionOf,
  timestampOf,
} from '../../../../lib/rtp/playout/media-times.js';

const SPAN = 2 ** 32;

describe('Timestamps of a clock', () => {
  it.each([
    [0, 0, 0],
    [0, SPAN - 1, SPAN - 1],
    [5, 5, 0],
    [5, 4, SPAN - 1],
    [SPAN - 1, 0, 1],
    [4_000_000_000, 3_999_999_999, SPAN - 1],
  ])('with the offset %d stand for positions: %d for %d', (offset, timestamp, position) => {
    const times = new DirectTimes(offset);
    expect(positionOf(times, timestamp)).toBe(position);
    for (const spans of [0, 1, 20_000]) expect(timestampOf(times, spans * SPAN + position)).toBe(timestamp);
  });
});

describe('Timestamps of which only arrivals are known', () => {
  const start = 90_000_000_000_007n;
  const added: [bigint, bigint][] = [];
  const clock = {
    at: (monotonic: bigint) => monotonic + 1_000_000n,
    add: (...reading: [bigint, bigint]) => added.push(reading),
  };

  it('stand for the instant at which the first of them came, and count on from there, over the end of 32 bits', () => {
    const times = new ArrivalTimes(clock, 48_000);
    const first = SPAN - 48;
    times.begin(first, start);
    const position = Number(((start + 1_000_000n) * 48_000n + 500_000_000n) / 1_000_000_000n);
    expect(positionOf(times, first)).toBe(position % SPAN);
    expect(timestampOf(times, position)).toBe(first);
    for (const [timestamp, step] of [
      [first, 0],
      [0, 48],
      [96, 144],
      [48, 96],
      [144, 192],
    ] as const) {
      times.note(timestamp, start);
      expect(positionOf(times, timestamp)).toBe((position + step) % SPAN);
      expect(added.at(-1)).toEqual([start, (BigInt(position + step) * 1_000_000_000n) / 48_000n]);
    }
  });

  it('of another stream go on by the same clock', () => {
    const times = new ArrivalTimes(clock, 48_000);
    times.begin(7, start);
    const before = positionOf(times, 7);
    times.begin(4_000_000_000, start + 1_000_000_000n);
    expect(positionOf(times, 4_000_000_000)).toBe((before + 48_000) % SPAN);
  });
});
