// Which clock a name is, what is listed, and what errors say. What the kernel does, the kernel suite tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../../lib/clock/clock.js';
import { listClocks } from '../../../lib/clock/list.js';
import { AlsaError } from '../../../lib/errors.js';
import { setNative } from '../../../lib/native/load.js';
import { setSys } from '../../../lib/proc.js';
import { FakeBinding } from '../../support/fake-binding.js';
import { utimer } from '../../support/utimer.js';

const AUX0 = 16;
let folder: string;
let kernel: FakeBinding;

/** Writes a file of the fake /sys. */
function write(path: string, text: string) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-clock-'));
  setSys(folder);
  kernel = new FakeBinding();
  for (const [id, ahead] of [
    [1, 0n],
    [7, 0n],
    [0, 1_000_000_000_000n],
    [11, 1_037_000_000_000n],
  ] as const) {
    kernel.clocks.set(id, ahead);
  }
  setNative(kernel);
});
afterEach(() => {
  setNative(undefined);
  setSys(undefined);
  rmSync(folder, { recursive: true });
});

function refusal(name: unknown): Error & { code?: string; hint?: string } {
  try {
    Clock.open(name as string).close();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${name} was opened`);
}

describe('Clock', () => {
  it('opens clocks of the system by their names', () => {
    using clock = Clock.open('tai');
    expect(clock.read()).toEqual({ timeNs: 1_037_000_001_000n, monotonicNs: 1_000n, delayNs: 40n });
    expect([clock.name, clock.method]).toEqual(['tai', 'clock_gettime']);
  });

  it('opens a PTP clock by its device, and by its network interface', () => {
    kernel.clocks.set('/dev/ptp3', 5n);
    kernel.interfaces.set('eth0', 3);
    for (const name of ['/dev/ptp3', 'eth0']) {
      using clock = Clock.open(name);
      expect([clock.read().timeNs, clock.method]).toEqual([1_005n, 'ioctl PTP_SYS_OFFSET']);
    }
  });

  it('opens auxiliary clocks that are enabled, or of which nothing is known', () => {
    kernel.clocks.set(AUX0 + 2, 7n);
    Clock.open('aux2').close();
    write('kernel/time/aux_clocks/2/aux_clock_enable', '1\n');
    Clock.open('aux2').close();
    write('kernel/time/aux_clocks/2/aux_clock_enable', '0\n');
    const { message, code } = refusal('aux2');
    expect(code).toBe('ERR_CLOCK_DISABLED');
    expect(message).toContain(`echo 1 > ${folder}/kernel/time/aux_clocks/2/aux_clock_enable`);
  });

  it.each([
    [
      'an interface without a PTP clock',
      'lo',
      'ERR_NO_PTP_CLOCK',
      /^The network interface lo has no PTP clock\. .*utimer clocks/,
    ],
    ['a name that is none', 'nope', 'ENODEV', /There is no clock and no network interface of this name/],
    ['a clock in capitals', 'CLOCK_TAI', 'ENODEV', /Did you mean 'tai'\?$/],
    ['a PTP clock without its folder', 'ptp0', 'ENODEV', /Did you mean '\/dev\/ptp0'\?$/],
    ['a device that is not there', '/dev/ptp9', 'ENOENT', /There is no such PTP clock: `utimer clocks`/],
    ['a kernel without auxiliary clocks', 'aux0', 'EINVAL', /CONFIG_POSIX_AUX_CLOCKS/],
    ['an auxiliary clock that no kernel has', 'aux8', 'ERR_INVALID_ARG_VALUE', /aux0\.\.aux7/],
    ['what is no name', 7, 'ERR_INVALID_ARG_TYPE', /name must be a string, not 7/],
    ['an inherited name', 'toString', 'ENODEV', /network interface/],
  ])('says what is wrong with %s', (_, name, code, message) => {
    kernel.interfaces.set('lo', -1);
    const error = refusal(name);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is closed once, and not read after that', () => {
    const clock = Clock.open('monotonic');
    clock.close();
    clock.close();
    expect(clock.closed).toBe(true);
    expect(() => clock.read()).toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED', message: 'Clock monotonic is closed' }),
    );
  });
});

describe('The list of clocks', () => {
  beforeEach(() => {
    write('class/ptp/ptp10/clock_name', 'Driver\u001b[31m\n');
    write('class/ptp/ptp2/clock_name', 'Mock-up PTP clock\n');
    for (const name of ['eth1', 'eth0', 'gone']) write(`class/net/${name}/ifindex`, '1\n');
    kernel.interfaces.set('eth0', 2).set('eth1', 2);
    kernel.clocks.set('/dev/ptp2', 1_037_000_000_500n);
    write('kernel/time/aux_clocks/0/aux_clock_enable', '0\n');
    write('kernel/time/aux_clocks/1/aux_clock_enable', '1\n');
    kernel.clocks.set(AUX0 + 1, 1_036_999_999_000n);
  });

  it('has those of the system, enabled auxiliary ones, and PTP clocks with their interfaces', () => {
    const clocks = listClocks();
    expect(clocks.map(({ name }) => name)).toEqual([
      ...['monotonic', 'boottime', 'realtime', 'tai', 'aux1', '/dev/ptp2', '/dev/ptp10'],
    ]);
    expect(clocks[5]).toEqual({
      name: '/dev/ptp2',
      driver: 'Mock-up PTP clock',
      interfaces: ['eth0', 'eth1'],
      method: 'ioctl PTP_SYS_OFFSET',
      offsetNs: 500n,
      delayNs: 40n,
      error: undefined,
    });
    expect(clocks[6]).toMatchObject({
      driver: 'Driver\\x1b[31m',
      method: undefined,
      error: expect.any(AlsaError),
    });
  });

  it('is a table', async () => {
    const { code, stderr, stdout } = await utimer('clocks');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'CLOCK      READ BY                       DELAY      AHEAD OF TAI             WHAT',
      'monotonic  clock_gettime                 40 ns      -1037 s                  CLOCK_MONOTONIC, since the machine was started',
      'boottime   clock_gettime                 40 ns      -1037 s                  CLOCK_BOOTTIME, the same with the time that it was suspended',
    ]);
    expect(lines.slice(3, 7)).toEqual([
      'realtime   clock_gettime                 40 ns      -37 s                    CLOCK_REALTIME, UTC',
      'tai        clock_gettime                 40 ns      0 ns                     CLOCK_TAI',
      'aux1       clock_gettime                 40 ns      -1 us                    CLOCK_AUX1',
      '/dev/ptp2  ioctl PTP_SYS_OFFSET          40 ns      500 ns                   Mock-up PTP clock, eth0, eth1',
    ]);
    expect(lines[7]).toMatch(/^\/dev\/ptp10 +- +- +- +Driver\\x1b\[31m, open failed on \/dev\/ptp10: ENOENT/);
    expect(lines).toHaveLength(8);
  });

  it('is lines of JSON', async () => {
    const { stdout } = await utimer('clocks', '--json');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[4]).toEqual({
      ...{ name: 'aux1', interfaces: [], method: 'clock_gettime' },
      ...{ offsetNs: '-1000', delayNs: '40' },
    });
    expect(lines[6]).toEqual({
      ...{ name: '/dev/ptp10', driver: 'Driver\\x1b[31m', interfaces: [] },
      error: { code: 'ENOENT', message: expect.stringContaining('/dev/ptp10') },
    });
  });
});
