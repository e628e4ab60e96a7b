// Silence is told so long after the last packet, by a clock that the test moves.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SilenceWatch } from '../../../lib/rtp/silence-watch.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => process.hrtime.bigint();

describe('A watch for silence', () => {
  it.each([0, 1, 500, 999])(
    'tells 1000 ms after the last packet, which came %d ms after it began',
    (last) => {
      const told: bigint[] = [];
      const began = now();
      const watch = new SilenceWatch(1000, (isFirst) => isFirst && told.push(now() - began));
      vi.advanceTimersByTime(last);
      watch.hear(now());
      vi.advanceTimersByTime(5000);
      expect(told).toHaveLength(1);
      const late = Number(told[0]) / 1e6 - last - 1000;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(1);
      watch.close();
    },
  );

  it('is never told while packets come, and once each time that they end', () => {
    const told: boolean[] = [];
    const watch = new SilenceWatch(100, (isFirst) => told.push(isFirst));
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 50; i++) {
        watch.hear(now());
        vi.advanceTimersByTime(99);
      }
      expect(told.filter((isFirst) => isFirst)).toHaveLength(round - 1);
      vi.advanceTimersByTime(1000);
      expect(told.filter((isFirst) => isFirst)).toHaveLength(round);
    }
    // As long as it goes on, for the membership of a group.
    expect(told.length).toBeGreaterThan(15);
    watch.close();
  });

  it('looks into the socket before it is told', () => {
    const told: boolean[] = [];
    const watch = new SilenceWatch(100, (isFirst) => told.push(isFirst));
    // What has arrived is read between the timer and what follows it.
    setTimeout(() => setImmediate(() => watch.hear(now())), 99);
    vi.advanceTimersByTime(150);
    expect(told).toEqual([]);
    watch.close();
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([]);
  });
});
