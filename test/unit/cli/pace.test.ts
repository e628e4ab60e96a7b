// What `utimer pace` refuses, and how it shows its counters.
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { counters, histogram, summary } from '../../../lib/cli/pace/counters.js';
import { timeSource } from '../../../lib/cli/table/machine.js';
import { UsageError } from '../../../lib/cli/table/usage-error.js';
import type { PacingStats } from '../../../lib/clock/events.js';
import { globalTimerId, userTimerId } from '../../../lib/index.js';
import { utimer } from '../../support/utimer.js';

const STATS: PacingStats = {
  ...{ ticks: 1_000n, caughtUp: 0n, missed: 0n, underruns: 7n, ppb: 0, state: 'locked', steps: 0 },
  ...{ frequencyPpb: 100_312.4, phaseErrorNs: -120n, readingDelayNs: 900n, clockError: undefined },
  lateness: {
    ...{ count: 10, minNs: 900n, meanNs: 9_400n, p50Ns: 4_608n, p99Ns: 36_864n, maxNs: 38_000n },
    buckets: [
      { fromNs: 896n, count: 2 },
      { fromNs: 960n, count: 1 },
      { fromNs: 4_608n, count: 6 },
      { fromNs: 36_864n, count: 1 },
    ],
  },
};

describe('utimer pace', () => {
  it('refuses the descriptors that the runtime needs for itself', async () => {
    const files = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [[fd, readlinkSync(`/proc/self/fd/${fd}`)] as const];
      } catch {
        return [];
      }
    });
    const [set] = files.filter(([, file]) => file === 'anon_inode:[eventpoll]').map(([fd]) => fd);
    const [end] = files
      .filter(
        ([fd, file]) =>
          file.startsWith('pipe:') &&
          files.filter(([other, same]) => Number(other) > 2 && same === file && other !== fd).length > 0,
      )
      .map(([fd]) => fd);
    for (const fd of [set, end]) {
      const { code, stderr } = await utimer('pace', '--clock', `fd:${fd}`);
      expect(code).toBe(2);
      expect(stderr).toContain(`--clock fd:${fd} is a descriptor that node needs for itself`);
    }
  });

  it.each([
    [['--clock', 'timer:hrtimer', '--ppb', '5'], '--ppb is for clocks: another timer has the time itself'],
    [['--clock', 'fd:0', '--start', 'aligned'], '--start is for clocks: a descriptor has the time itself'],
    [['--clock', 'fd:0', '--histogram'], '--histogram is for clocks: a descriptor has the time itself'],
    [['frames.raw'], 'FILE is for --card'],
    [['--channels', '2'], '--channels is for --card'],
    [['--json', '--histogram'], '--json cannot be given with --histogram'],
    [['--late', 'skip', '--max-burst', '5'], '--max-burst is for --late catch-up'],
    [['--clock', 'timer:x'], "'x' is not a timer; `utimer list` shows them"],
    [['--clock', 'fd:x'], "the descriptor of --clock must be a whole number of 0..2147483647, not 'x'"],
    [['--clock', 'jiffies'], "--clock must be timer:system for that timer, not 'jiffies'"],
    [['--clock', 'clock:tai'], "--clock must be a clock, timer:TIMER or fd:N, not 'clock:tai'"],
    [['--priority', '100'], '--priority must be a whole number of 1..99, not 100'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await utimer('pace', ...args);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `utimer pace: ${message}`]);
  });

  it('reads what has the time', () => {
    const read = (text: string) => timeSource.read(text, '--clock');
    expect(read('eth0.5')).toEqual({ clock: 'eth0.5' });
    expect(read('/dev/ptp0')).toEqual({ clock: '/dev/ptp0' });
    expect(read('timer:hrtimer')).toEqual({ timer: globalTimerId('hrtimer') });
    expect(read('timer:5')).toEqual({ timer: userTimerId(5) });
    expect(read('fd:3')).toEqual({ fd: 3 });
    expect(() => read('a clock')).toThrow(UsageError);
  });
});

describe('Its counters', () => {
  it('are words, the most important ones first', () => {
    expect(summary(STATS, true, false).join(', ')).toBe(
      'locked, ppb +100312, phase -120 ns, late 4.6/37/38 us, missed 0, periods 1000',
    );
    expect(summary({ ...STATS, state: 'free', caughtUp: 3n, steps: 1 }, true, true)).toEqual([
      ...['free', 'late 4.6/37/38 us', 'missed 0', 'periods 1000', 'caught up 3', 'underruns 7', 'steps 1'],
    ]);
    expect(summary(STATS, false, false)).toEqual(['missed 0', 'periods 1000']);
  });

  it('are an object, with buckets at the end', () => {
    const { buckets, ...figures } = STATS.lateness;
    expect(counters(STATS, false)).toEqual({ ...STATS, lateness: figures });
    expect(counters(STATS, true)).toEqual({ ...STATS, lateness: { ...figures, buckets } });
  });

  it('are a histogram', () => {
    expect([...histogram(STATS.lateness)]).toEqual([
      '# Histogram',
      '000000 000003',
      ...[1, 2, 3].map((us) => `00000${us} 000000`),
      '000004 000006',
      ...[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 32].map(
        (us) => `${String(us).padStart(6, '0')} 000000`,
      ),
      '000036 000001',
      ...['# Total: 000000010', '# Min Latencies: 00000', '# Avg Latencies: 00009', '# Max Latencies: 00038'],
      '# Histogram Overflows: 00000',
    ]);
    const none = { count: 0, minNs: 0n, meanNs: 0n, p50Ns: 0n, p99Ns: 0n, maxNs: 0n, buckets: [] };
    expect([...histogram(none)].slice(0, 2)).toEqual(['# Histogram', '# Total: 000000000']);
  });
});
