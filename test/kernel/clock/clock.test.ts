// Clocks of a real kernel: read, followed, set and taken away.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Clock,
  type ClockState,
  listClocks,
  Pacer,
  type Pacing,
  type StepEvent,
} from '../../../lib/clock/index.js';
import { MockClock, withMockClocks } from './mock-clock.js';

const execute = promisify(execFile);

const needsMock = withMockClocks();
const opened: Disposable[] = [];
afterEach(() => {
  for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
});

/** A pacing that follows it, and moves nothing. */
function following(clock: Clock): Pacing {
  const pacer = Pacer.open();
  opened.push(pacer);
  return pacer.start(null, { clock, rate: 48_000, periodFrames: 480, maxBurst: 1 });
}

async function until(pacing: Pacing, state: ClockState): Promise<void> {
  while (pacing.stats().state !== state) await once(pacing, 'state');
}

/** What is told of a step that `set` makes, and how far it was, as this process sees it. */
async function step(pacing: Pacing, clock: Clock, set: () => unknown) {
  const distance = () => {
    const { timeNs, monotonicNs } = clock.read();
    return timeNs - monotonicNs;
  };
  const told = once(pacing, 'step') as Promise<[StepEvent]>;
  const before = distance();
  await set();
  const made = distance() - before;
  const [event] = await told;
  return { ...event, made };
}

const rounded = (ns: bigint, unit: number) => Math.round(Number(ns) / unit) + 0;

describe('Clocks of the system', () => {
  it.each(['monotonic', 'boottime', 'realtime', 'tai'])('are read: %s', (name) => {
    using clock = Clock.open(name);
    const before = process.hrtime.bigint();
    const [first, second] = [clock.read(), clock.read()];
    const after = process.hrtime.bigint();
    expect(clock.method).toBe('clock_gettime');
    expect(first.monotonicNs).toBeGreaterThanOrEqual(before);
    expect(second.monotonicNs).toBeLessThanOrEqual(after);
    expect(second.timeNs).toBeGreaterThan(first.timeNs);
    expect(first.delayNs).toBeGreaterThanOrEqual(0n);
    // They run at one frequency.
    const passed = second.timeNs - first.timeNs - (second.monotonicNs - first.monotonicNs);
    expect(passed * passed).toBeLessThanOrEqual((first.delayNs + second.delayNs + 4n) ** 2n);
  });

  it('are set, and the step is seen', async () => {
    using clock = Clock.open('realtime');
    const pacing = following(clock);
    await until(pacing, 'locked');
    for (const [words, steps] of [
      ['+5 seconds', 1],
      ['-5 seconds', 2],
    ] as const) {
      // date reads the clock, and sets it a moment later.
      const { stepNs, made, ...told } = await step(pacing, clock, () => execute('date', ['--set', words]));
      expect(told).toEqual({ steps });
      expect(rounded(stepNs - made, 1e6)).toBe(0);
    }
    expect(pacing.stats()).toMatchObject({
      state: 'locked',
      steps: 2,
      frequencyPpb: 0,
      clockError: undefined,
    });
  });
});

describe('Auxiliary clocks', () => {
  const file = '/sys/kernel/time/aux_clocks/3/aux_clock_enable';

  it('are enabled, read, and held over once they are disabled', async ({ skip }) => {
    skip(!existsSync(file), 'this kernel was built without CONFIG_POSIX_AUX_CLOCKS');
    expect(() => Clock.open('aux3')).toThrow(
      expect.objectContaining({ code: 'ERR_CLOCK_DISABLED', path: file }),
    );
    writeFileSync(file, '1');
    try {
      using clock = Clock.open('aux3');
      expect(listClocks().map(({ name }) => name)).toContain('aux3');
      const pacing = following(clock);
      await until(pacing, 'locked');
      writeFileSync(file, '0');
      await until(pacing, 'holdover');
      expect(pacing.stats()).toMatchObject({ clockError: 'ENODEV', steps: 0 });
      expect(() => clock.read()).toThrow(
        expect.objectContaining({ code: 'ENODEV', syscall: 'clock_gettime' }),
      );
    } finally {
      writeFileSync(file, '0');
    }
  });
});

describe('A PTP clock', () => {
  it('is found by its device, by its interface, and in the list', (context) => {
    needsMock(context);
    using mock = new MockClock();
    for (const name of [mock.path, mock.interfaceName]) {
      using clock = Clock.open(name);
      expect(clock.method).toBe('ioctl PTP_SYS_OFFSET');
      expect(clock.read().delayNs).toBeGreaterThan(0n);
    }
    expect(listClocks()).toContainEqual({
      name: mock.path,
      driver: 'Mock-up PTP clock',
      interfaces: [mock.interfaceName],
      method: 'ioctl PTP_SYS_OFFSET',
      offsetNs: expect.any(BigInt),
      delayNs: expect.any(BigInt),
      error: undefined,
    });
  });

  it('is followed to another frequency, and over steps', async (context) => {
    needsMock(context);
    using mock = new MockClock();
    using clock = Clock.open(mock.path);
    const pacing = following(clock);
    await until(pacing, 'locked');
    const { frequencyPpb } = pacing.stats();
    // So much that no noise hides it.
    mock.control('freq', '10000000');
    while (Math.round((pacing.stats().frequencyPpb - frequencyPpb) / 1e6) !== 10) await once(pacing, 'tick');
    await until(pacing, 'locked');
    expect(pacing.stats().steps).toBe(0);
    for (const [words, steps] of [
      [['adj', '0.5'], 1],
      [['set', '1000000'], 2],
    ] as const) {
      const { stepNs, made, ...told } = await step(pacing, clock, () => mock.control(...words));
      expect(told).toEqual({ steps });
      // Its frequency adds to it, a hundredth of the time that this takes.
      expect(rounded(stepNs - made, 1e8)).toBe(0);
      await until(pacing, 'locked');
      expect(Math.round((pacing.stats().frequencyPpb - frequencyPpb) / 1e6)).toBe(10);
    }
    expect(pacing.stats().steps).toBe(2);
  });

  it('that is taken away is held over, by its last frequency', async (context) => {
    needsMock(context);
    using mock = new MockClock();
    using clock = Clock.open(mock.path);
    const pacing = following(clock);
    await until(pacing, 'locked');
    mock.remove();
    await until(pacing, 'holdover');
    const { ticks, frequencyPpb } = pacing.stats();
    while (pacing.stats().ticks < ticks + 20n) await once(pacing, 'tick');
    expect(pacing.stats()).toMatchObject({ state: 'holdover', clockError: 'ENODEV', steps: 0, frequencyPpb });
    expect(() => clock.read()).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => Clock.open(mock.path)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
