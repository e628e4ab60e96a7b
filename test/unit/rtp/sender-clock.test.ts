import { describe, expect, it } from 'vitest';
import { SenderClock } from '../../../lib/rtp/sender-clock.js';
import { generator } from '../../support/rtp-stream.js';

const RATE = 48_000;

/** Packets of 1 ms for `seconds`, by a clock `ppm` fast, each delayed by what `delay` says in nanoseconds. */
function feed(clock: SenderClock, ppm: number, seconds: number, delay: () => number, timestamp = 0): void {
  for (let i = 0; i < seconds * 1000; i++) {
    const sent = (i * 1e6) / (1 + ppm * 1e-6);
    clock.add((timestamp + i * 48) % 2 ** 32, 10n ** 18n + BigInt(Math.round(sent + delay())));
  }
}

describe("the sender's clock", () => {
  it.each([0, 300, -300, 12.5])('is seen to be %d ppm fast', (ppm) => {
    const clock = new SenderClock(RATE);
    feed(clock, ppm, 10, () => 0);
    expect(clock.ppm).toBeCloseTo(ppm, 2);
    expect(clock.jitter).toBeLessThan(2000);
  });

  it('is seen through delays, since some packets are hardly delayed', () => {
    const random = generator(8);
    const clock = new SenderClock(RATE);
    feed(clock, 100, 40, () => random(10) ** 3 * 10_000 + random(1000));
    expect(Math.abs((clock.ppm ?? 0) - 100)).toBeLessThan(0.5);
    expect(clock.jitter).toBeGreaterThan(500_000);
  });

  it('is not judged from less than a second', () => {
    const clock = new SenderClock(RATE);
    expect(clock.ppm).toBeUndefined();
    feed(clock, 100, 1, () => 0);
    expect(clock.ppm).toBeUndefined();
  });

  it('is followed through the wrap of the timestamp', () => {
    const clock = new SenderClock(RATE);
    feed(clock, 50, 10, () => 0, 2 ** 32 - RATE);
    expect(clock.ppm).toBeCloseTo(50, 2);
  });

  it('is judged anew after a reset', () => {
    const clock = new SenderClock(RATE);
    feed(clock, 50, 10, () => 0);
    clock.reset();
    expect(clock.ppm).toBeUndefined();
    feed(clock, -50, 10, () => 0);
    expect(clock.ppm).toBeCloseTo(-50, 2);
  });

  it('is judged anew after a pause, which says nothing of the jitter', () => {
    const random = generator(9);
    const clock = new SenderClock(RATE);
    feed(clock, 50, 10, () => random(1_000_000));
    const { jitter } = clock;
    expect(jitter).toBeGreaterThan(0);
    clock.pause();
    expect(clock).toMatchObject({ ppm: undefined, jitter });
    clock.add(0, 2n * 10n ** 18n);
    expect(clock.jitter).toBe(jitter);
    clock.reset();
    expect(clock.jitter).toBe(0);
  });

  it.each([0.3, 1, 14])('is not taken for slow because the sender paused for %d seconds', (pause) => {
    const clock = new SenderClock(RATE);
    const origin = 10n ** 18n;
    // The timestamps go on where they stopped; the packets come `pause` seconds later.
    for (let i = 0; i < 20_000; i++) {
      const paused = i < 10_000 ? 0 : pause * 1e9;
      clock.add(i * 48, origin + BigInt(Math.round((i * 1e6) / (1 + 20e-6) + paused)));
      const { ppm } = clock;
      if (ppm !== undefined) expect(ppm).toBeCloseTo(20, 1);
    }
    expect(clock.ppm).toBeCloseTo(20, 1);
  });

  it('is judged on through a burst of packets that were held up', () => {
    const clock = new SenderClock(RATE);
    const origin = 10n ** 18n;
    for (let i = 0; i < 20_000; i++) {
      const stalled = Math.floor(i / 3000) * 3000 + 700;
      const sent = i >= 3000 && i < stalled ? stalled : i;
      clock.add(i * 48, origin + BigInt(sent) * 1_000_000n);
      const { ppm } = clock;
      if (ppm !== undefined) expect(Math.abs(ppm)).toBeLessThan(5);
    }
  });
});
