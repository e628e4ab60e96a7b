// Pacers by clocks other than CLOCK_MONOTONIC, which are set and taken away.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Clock, type ClockState, Pacer, type Pacing } from '../../../lib/clock/index.js';
import { MockClock, withMockClocks } from './mock-clock.js';

const execute = promisify(execFile);
const needsMock = withMockClocks();
const HOUR = 3_600_000_000_000n;

const opened: Disposable[] = [];
afterEach(() => {
  for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
});

/** A pacing of 10 ms that moves nothing. */
function paced(clock: Clock): Pacing {
  const pacer = Pacer.open();
  opened.push(pacer);
  return pacer.start(null, { clock, rate: 48_000, periodFrames: 480, start: 'aligned', maxBurst: 20 });
}

async function ticks(pacing: Pacing, count: bigint): Promise<void> {
  const wanted = pacing.stats().ticks + count;
  while (pacing.stats().ticks < wanted) await once(pacing, 'tick');
}

async function until(pacing: Pacing, state: ClockState): Promise<void> {
  while (pacing.stats().state !== state) await once(pacing, 'state');
}

describe('A pacer by a clock of the system', () => {
  it.each(['monotonic', 'boottime', 'realtime', 'tai'])('ticks: %s', async (name) => {
    using clock = Clock.open(name);
    const pacing = paced(clock);
    // What follows a clock goes on without it.
    clock.close();
    await ticks(pacing, 20n);
    expect(pacing.stats()).toMatchObject({ steps: 0, clockError: undefined });
  });

  it('follows one that is set, and does not wait for it to come up to where it was', async () => {
    using clock = Clock.open('realtime');
    const pacing = paced(clock);
    await ticks(pacing, 5n);
    const before = pacing.stats();
    const forth = once(pacing, 'step');
    await execute('date', ['--set', '+1 hour']);
    expect((await forth)[0]).toMatchObject({ steps: 1 });
    await ticks(pacing, 30n);
    const leapt = pacing.stats();
    // An hour has 360000 ends, of which those within a burst move.
    expect(leapt.missed - before.missed).toBeGreaterThan(359_000n);
    const back = once(pacing, 'step');
    await execute('date', ['--set', '-1 hour']);
    const [{ stepNs, steps }] = await back;
    expect(steps).toBe(2);
    expect(stepNs).toBeLessThanOrEqual(-HOUR);
    await ticks(pacing, 30n);
    expect(pacing.stats().ticks - leapt.ticks).toBeLessThan(359_000n);
  });
});

describe('A pacer by a PTP clock', () => {
  it('follows it to another frequency, over a step, and without it', async (context) => {
    needsMock(context);
    using mock = new MockClock();
    using clock = Clock.open(mock.path);
    const pacing = paced(clock);
    await until(pacing, 'locked');
    const { frequencyPpb } = pacing.stats();
    mock.control('freq', '10000000');
    // One that is set while it is not known is not seen to step.
    while (Math.round((pacing.stats().frequencyPpb - frequencyPpb) / 1e6) !== 10) await once(pacing, 'tick');
    await until(pacing, 'locked');
    const stepped = once(pacing, 'step');
    mock.control('set', '1000000');
    await stepped;
    await until(pacing, 'locked');
    await ticks(pacing, 20n);
    mock.remove();
    await until(pacing, 'holdover');
    await ticks(pacing, 20n);
    expect(pacing.stats()).toMatchObject({ state: 'holdover', clockError: 'ENODEV' });
  });
});
