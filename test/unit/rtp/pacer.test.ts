import { describe, expect, it } from 'vitest';
import { type PaceClock, Pacer } from '../../../lib/rtp/pacer.js';

const MS = 1_000_000n;

/** A clock that moves when somebody sleeps, or when it is told to; and that wakes sleepers up late. */
class FakeClock implements PaceClock {
  time = 0n;
  readonly slept: bigint[] = [];
  constructor(readonly lateness = 0n) {}
  now(): bigint {
    return this.time;
  }
  async sleep(nanoseconds: bigint): Promise<void> {
    this.slept.push(nanoseconds);
    this.time += nanoseconds + this.lateness;
  }
}

/** When each of `packets` packets of 6 frames at 48 kHz is sent, after `pause` has gone by before the third. */
async function times(clock: FakeClock, packets: number, pause: bigint): Promise<bigint[]> {
  const pacer = new Pacer(48_000, 6, clock);
  const sent: bigint[] = [];
  for (let packet = 0; packet < packets; packet += 1) {
    if (packet === 2) clock.time += pause;
    await pacer.wait(packet * 6);
    sent.push(clock.time);
  }
  return sent;
}

describe('a pacer', () => {
  it.each([0n, 900_000n, 5n * MS])(
    'that was held up lets four packets go in the time of one, and waits no longer than that: woken %i ns late',
    async (lateness) => {
      const sent = await times(new FakeClock(lateness), 12_000, 900n * MS);
      // What may come at once is what is sent in 5 ms at that speed: 160 packets.
      for (let first = 0, at = 0; at < sent.length; at += 1) {
        while ((sent[first] as bigint) <= (sent[at] as bigint) - MS) first += 1;
        expect(at + 1 - first).toBeLessThanOrEqual(160 + 4 * 8);
      }
      // It has caught up when all is told: packet n goes out n packet times after the first.
      expect(sent.at(-1)).toBeGreaterThanOrEqual(11_999n * 125_000n);
      expect(sent.at(-1)).toBeLessThanOrEqual(11_999n * 125_000n + lateness);
    },
  );

  it('begins anew where the pause was longer than a second', async () => {
    const sent = await times(new FakeClock(), 100, 2_000n * MS);
    expect(sent[2]).toBe(2_000n * MS + 125_000n);
    expect(sent[99]).toBe((sent[2] as bigint) + 97n * 125_000n);
  });

  it('asks its clock for nothing when it is asked again for the same packet', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(48_000, 48, clock);
    for (const frame of [0, 48, 48, 48]) await pacer.wait(frame);
    expect(clock.slept).toEqual([MS]);
  });

  it('gives other events their turn, though it is behind and its clock stands still', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(48_000, 6, clock);
    await pacer.wait(0);
    clock.time += 900n * MS;
    let turns = 0;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    for (let packet = 1; packet <= 150; packet += 1) await pacer.wait(packet * 6);
    clearImmediate(next);
    expect([turns, clock.slept]).toEqual([2, []]);
  });

  it('waits no more when its signal is aborted', async () => {
    const pacer = new Pacer(48_000, 48, new FakeClock());
    await expect(pacer.wait(0, AbortSignal.abort())).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });
});
