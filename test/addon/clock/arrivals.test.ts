// The clock of a sender, by the arrivals of its packets, in simulated time: packets are late by 0 to 2 ms at random.
import { describe, expect, it } from 'vitest';
import { followArrivals, type Standing } from '../../support/simulated-arrivals.js';

const errorsOf = (standings: readonly Standing[]) => standings.map(({ errorNs }) => Math.abs(errorNs));
const from = (second: number, standings: readonly Standing[]) =>
  standings.filter((standing) => standing.second >= second);

describe('A clock that follows arrivals', () => {
  it.each([50_000, -100_000, 0])(
    'is known to 50 us after two seconds, and its frequency later: %d ppb',
    (ppb) => {
      const standings = followArrivals({ seconds: 60, ppb });
      expect(Math.max(...errorsOf(from(2, standings)))).toBeLessThan(50_000);
      for (const standing of from(30, standings)) {
        expect(Math.abs(standing.ppb - ppb)).toBeLessThan(500);
        expect(standing).toMatchObject({ state: 'locked', steps: 0 });
      }
    },
  );

  it('is behind by what the least delayed packet of a tenth of a second is late', () => {
    // Of five packets that are late by up to 2 ms, a third of a millisecond.
    const standings = followArrivals({ seconds: 60, packetNs: 20_000_000 });
    const mean = from(20, standings).reduce((sum, { errorNs }, _, { length }) => sum + errorNs / length, 0);
    expect(mean).toBeLessThan(-200_000);
    expect(mean).toBeGreaterThan(-450_000);
  });

  it('does not stay as late as the first packet was', () => {
    const standings = followArrivals({ seconds: 10, firstLateNs: 400_000_000 });
    expect(Math.max(...errorsOf(from(2, standings)))).toBeLessThan(50_000);
  });

  it('follows a way that has become longer, and says so', () => {
    const standings = followArrivals({ seconds: 45, delay: { from: 35, ns: 5_000_000 } });
    for (const { errorNs, steps } of from(37, standings)) {
      expect(Math.abs(errorNs + 5_000_000)).toBeLessThan(50_000);
      expect(steps).toBe(1);
    }
  });

  it('goes on by its last frequency while nothing comes', () => {
    const standings = followArrivals({ seconds: 60, quiet: { from: 40, until: 50 } });
    const states = standings.map(({ state }) => state);
    expect(states.slice(42, 49)).toEqual(Array(7).fill('holdover'));
    expect(states.slice(52)).toEqual(Array(8).fill('locked'));
    expect(Math.max(...errorsOf(from(2, standings)))).toBeLessThan(50_000);
  });
});
