// The addon follows simulated clocks: its own sources, by a program of test/support/simulated-clock. Nothing here waits, and the
// errors are those of fixed seeds.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Long enough for a compiler on a busy machine. */
const COMPILE_MS = 300_000;
let program = process.env.SIMULATED_CLOCK ?? '';

beforeAll(() => {
  if (program !== '') return;
  execFileSync('make', ['--silent', '--directory', join(root, 'test/support/simulated-clock')]);
  program = join(root, 'build-dev/simulated-clock/follow');
}, COMPILE_MS);

/** Times are seconds since the first reading, errors and steps ns. */
interface Followed {
  readonly states: readonly (readonly [at: number, state: string])[];
  readonly steps: readonly (readonly [at: number, by: number])[];
  /** While locked, and from `from` on: the root of the mean square of the error; the largest. */
  readonly lockedRms: number;
  readonly rms: number;
  readonly most: number;
  /** When it was last worse. */
  readonly worseThan10us: number;
  readonly worseThan1us: number;
  /** At the end, ppb. */
  readonly frequencyError: number;
  /** The largest difference between an instant and what from_monotonic() and to_monotonic() make of it. */
  readonly inverse: number;
  /** By the longest fit alone, and by the loop alone. */
  readonly fitRms: number;
  readonly loopRms: number;
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const follow = (seed: number, scenario: string): Followed =>
  JSON.parse(execFileSync(program, [`seed=${seed}`, ...scenario.split(' ')], { encoding: 'utf8' }));

describe.each(SEEDS)('A clock is followed (seed %i)', (seed) => {
  it.each([100, -100])('of %i ppm, to 200 ns by readings that are wrong by 1 us', (ppm) => {
    const followed = follow(seed, `ppm=${ppm} noise=1000 seconds=300`);
    expect(followed.lockedRms).toBeLessThan(200);
    expect(followed.states.map(([, state]) => state)).toEqual(['acquiring', 'locked']);
    expect(followed.steps).toEqual([]);
    expect(followed.inverse).toBeLessThanOrEqual(1);
  });

  it('of 500 ppm, to 10 us within 5 s and to 1 us within 30 s', () => {
    const followed = follow(seed, 'ppm=500 noise=1000 seconds=120');
    expect(followed.worseThan10us).toBeLessThan(5);
    expect(followed.worseThan1us).toBeLessThan(30);
  });

  it('whose frequency drifts, better than by a long memory alone', () => {
    const followed = follow(seed, 'ppm=20 drift=100 noise=100 seconds=120 from=20');
    expect(followed.rms).toBeLessThan(100);
    expect(followed.rms).toBeLessThan(followed.loopRms / 5);
    expect(followed.rms).toBeLessThan(followed.fitRms / 5);
  });

  it('through wild readings, and through ones that took long', () => {
    const wild = follow(seed, 'ppm=100 noise=1000 outliers=0.1 outlier=1000000 seconds=120 from=30');
    expect(wild.rms).toBeLessThan(1000);
    const slow = follow(seed, 'ppm=100 noise=1000 slow=0.3 seconds=120 from=30');
    expect(slow.rms).toBeLessThan(500);
    expect([...wild.steps, ...slow.steps]).toEqual([]);
  });

  it('over steps, which are told, and anew behind them', () => {
    const followed = follow(
      seed,
      'ppm=100 noise=1000 step=30:5000000 step=60:-1000000000000 seconds=300 from=65',
    );
    const [[firstAt = 0, first = 0] = [], [secondAt = 0, second = 0] = [], ...more] = followed.steps;
    expect(more).toEqual([]);
    expect(firstAt).toBeGreaterThan(30);
    expect(firstAt).toBeLessThan(30.2);
    expect(Math.abs(first - 5_000_000)).toBeLessThan(5000);
    expect(secondAt).toBeGreaterThan(60);
    expect(secondAt).toBeLessThan(60.2);
    expect(Math.abs(second + 1_000_000_000_000)).toBeLessThan(5000);
    expect(followed.rms).toBeLessThan(200);
    const states = followed.states.map(([, state]) => state);
    expect(states).toEqual(['acquiring', 'locked', 'acquiring', 'locked', 'acquiring', 'locked']);
  });

  it('over jumps of its frequency, which are no steps', () => {
    const followed = follow(seed, 'ppm=100 noise=1000 jump=30:100 jump=60:-32000 seconds=300 from=65');
    expect(followed.steps).toEqual([]);
    expect(followed.worseThan10us).toBeLessThan(60.2);
    expect(followed.rms).toBeLessThan(200);
  });

  it('by its last frequency while it cannot be read', () => {
    const followed = follow(seed, 'ppm=100 noise=1000 gap=30:90 seconds=120 from=30');
    expect(followed.states.map(([, state]) => state)).toEqual(['acquiring', 'locked', 'holdover', 'locked']);
    expect(followed.most).toBeLessThan(60 * 100);
    expect(followed.steps).toEqual([]);
  });
});

describe.each(SEEDS)('A clock of the system is followed (seed %i)', (seed) => {
  it('as exactly as it can be read, also over steps', () => {
    const followed = follow(seed, 'system=1 slow=0.5 step=10:2000 step=20:-5000000000 seconds=30');
    const [[firstAt = 0, first = 0] = [], [secondAt = 0, second = 0] = [], ...more] = followed.steps;
    expect(more).toEqual([]);
    expect([Math.floor(firstAt), Math.floor(secondAt)]).toEqual([10, 20]);
    // Half of what the reading took that saw it.
    expect(Math.abs(first - 2000)).toBeLessThanOrEqual(1000);
    expect(Math.abs(second + 5_000_000_000)).toBeLessThanOrEqual(100_400);
    expect(followed.states).toEqual([[0, 'locked']]);
    expect(followed.frequencyError).toBe(0);
  });
});

it('A clock that is never read stays the monotonic one', () => {
  const followed = follow(1, 'gap=0:60 seconds=30');
  expect(followed.states).toEqual([[0, 'acquiring']]);
  expect(followed.inverse).toBe(0);
});
