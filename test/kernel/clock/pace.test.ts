// `utimer pace` on a real kernel, as a user runs it.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Clock } from '../../../lib/clock/index.js';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import { Child, endAll, until } from '../bridge/support.js';
import { arecord, Program, Recording } from '../interop/support.js';
import { noise } from '../loopback/support.js';
import { withCard, withFolder } from '../setup.js';
import { MockClock, withMockClocks } from './mock-clock.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withFolder('pace', (made) => {
  folder = made;
});
const needsMock = withMockClocks();
afterEach(async () => {
  await Program.endAll();
  await endAll();
});

const PERIOD_NS = 10_000_000n;
const typed = (type: string) => (line: string) => JSON.parse(line).type === type;
const pace = (...args: string[]) => Child.utimer('pace', '--json', ...args);
const said = async (child: Child, type: string, skip = 0) => JSON.parse(await child.line(typed(type), skip));

/** A line of counters that comes after what has come. */
const counted = (child: Child) => said(child, 'stats', child.lines.length);

/** Ends it, and what it says last. */
async function end(child: Child, signal: NodeJS.Signals = 'SIGINT') {
  child.process.kill(signal);
  const ended = await child.ended;
  expect({ ...ended, stderr: child.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(child.lines.at(-1) as string);
}

/** Somebody who listens to the timer of a pacing, from before its first tick. */
async function listener(timer: string, ...options: string[]): Promise<Child> {
  const child = Child.utimer('listen', '--json', ...options, timer);
  await said(child, 'listening');
  return child;
}

describe('utimer pace', () => {
  it('ticks a timer as often as bytes come through a descriptor, until that ends', async () => {
    const child = pace('--clock', 'fd:0');
    const { timerSource, timer } = await said(child, 'open');
    expect(timerSource).toBe(`-1.4.${timer}`);
    const heard = await listener(timerSource);
    child.process.stdin?.write(Buffer.alloc(300));
    let ticks = 0;
    for (let seen = 1; ticks < 300; seen += 1) ticks += JSON.parse(await heard.line(() => true, seen)).count;
    expect(ticks).toBe(300);
    child.process.stdin?.end(Buffer.alloc(45));
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(child.lines.at(-1) as string)).toMatchObject({
      ...{ type: 'close', reason: 'source', ticks: '345', missed: '0' },
    });
    await heard.ended;
    expect(JSON.parse(heard.lines.at(-1) as string)).toEqual({ type: 'summary', ticks: 345, reason: 'end' });
  });

  it.each([
    ['monotonic', 'SIGINT'],
    ['tai', 'SIGTERM'],
    ['timer:hrtimer', 'SIGINT'],
  ] as const)('ticks a timer by %s until %s', async (clock, signal) => {
    const child = pace('--clock', clock, '--rate', '44.1k', '--period', '441', '--stats', '50ms');
    const { timerSource, ...opened } = await said(child, 'open');
    expect(opened).toMatchObject({ rate: 44_100, periodFrames: 441, resolutionNs: '10000000' });
    const heard = await listener(timerSource, '--count', '50');
    expect(await heard.ended).toMatchObject({ code: 0 });
    const { ticks } = await counted(child);
    expect(Number(ticks)).toBeGreaterThanOrEqual(50);
    const last = await end(child, signal);
    expect(last).toMatchObject({ type: 'close', reason: 'interrupt', missed: '0', underruns: '0' });
    expect(Number(last.ticks)).toBeGreaterThanOrEqual(Number(ticks));
  });

  it('ticks by the timer wheel, where a period is a whole number of its ticks', async () => {
    const child = Child.utimer('pace', '--clock', 'timer:system', '--rate', '48k', '--period', '49');
    expect(await child.ended).toMatchObject({ code: 2 });
    expect(child.stderr).toContain('--period 49 at 48000 Hz is 1.020833 ms, and timer -1.0.0 ticks each');
    const paced = pace('--clock', 'timer:system', '--period', '960', '--stats', '50ms');
    const heard = await listener((await said(paced, 'open')).timerSource, '--count', '20');
    expect(await heard.ended).toMatchObject({ code: 0 });
    expect(await end(paced)).toMatchObject({ type: 'close', missed: '0' });
  });

  it('plays frames of stdin into a cable, which arecord has as they were, and ends behind them', async () => {
    const stream = { format: 'S16_LE', frameBytes: 4 };
    const words = noise(100 * 480 * stream.frameBytes);
    const child = pace('--card', `${card.number}`, '--substream', '1', '-');
    const { listenerName, ...opened } = await said(child, 'open');
    expect(opened).toMatchObject({ clock: 'monotonic', format: 'S16_LE', channels: 2, periodFrames: 480 });
    expect(listenerName).toBe(`hw:${card.number},1,1`);
    const recording = new Recording(join(folder, 'arecord.raw'), words);
    arecord(listenerName, stream.format, recording.path);
    expect(await said(child, 'listener')).toMatchObject({ running: true, holder: { command: 'arecord' } });
    await until('it records silence', () => recording.size > 0);
    child.process.stdin?.write(words);
    // Where a busy machine is late with the next frames, silence is between their periods.
    const heard = () => recording.sounding(480 * stream.frameBytes);
    await until('it has the words', () => heard().length >= words.length);
    expect(heard().equals(words)).toBe(true);
    await Program.endAll();
    child.process.stdin?.end();
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(child.lines.at(-1) as string)).toMatchObject({ reason: 'file', missed: '0' });
  });

  it('refuses files that are no raw frames', async () => {
    const child = pace('--card', `${card.number}`, '-');
    child.process.stdin?.end('fLaC and more');
    expect(await child.ended).toMatchObject({ code: 2 });
    expect(child.stderr).toContain('standard input is a FLAC file, and no raw frames; convert it: ffmpeg');
  });

  it('prints how late periods were as cyclictest does', async () => {
    const child = Child.utimer('pace', '--duration', '300ms', '--histogram', '--stats', '0');
    expect(await child.ended).toMatchObject({ code: 0 });
    const [heading, ...lines] = child.lines;
    expect(heading).toBe('# Histogram');
    const facts = lines.splice(-5);
    const rows = lines.map((line) => {
      expect(line).toMatch(/^\d{6,} \d{6,}$/);
      return line.split(' ').map(Number) as [number, number];
    });
    expect(rows[0]?.[0]).toBe(0);
    for (const [index, [from]] of rows.entries())
      if (index > 0) expect(from).toBeGreaterThan(rows[index - 1]?.[0] as number);
    const value = (line: string | undefined) => Number(/: (\d+)$/.exec(line ?? '')?.[1]);
    expect(facts.map((line) => line.replace(/\d+$/, ''))).toEqual([
      ...[
        '# Total: ',
        '# Min Latencies: ',
        '# Avg Latencies: ',
        '# Max Latencies: ',
        '# Histogram Overflows: ',
      ],
    ]);
    const [total, min, mean, max, overflows] = facts.map(value) as [number, number, number, number, number];
    expect(rows.reduce((sum, [, count]) => sum + count, 0)).toBe(total);
    expect(child.stderr).toContain(`missed 0, periods ${total}`);
    expect(min <= mean && mean <= max).toBe(true);
    expect(rows.at(-1)?.[0]).toBeLessThanOrEqual(max);
    expect(overflows).toBe(0);
  });

  it('says what is refused to its thread, and goes on without it', async () => {
    const child = Child.utimerAt(
      ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'],
      ...['pace', '--json', '--priority', '50', '--cpu', '1023', '--duration', '100ms'],
    );
    const { scheduling } = await said(child, 'open');
    expect(scheduling).toMatchObject({ policy: 'other', memoryLocked: false });
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(child.stderr).toContain(
      'utimer pace: SCHED_FIFO with priority 50 was refused (EPERM): it needs CAP_SYS_NICE',
    );
    expect(child.stderr).toContain('utimer pace: CPU 1023 was refused (EINVAL)');
  });

  it('fails with what it cannot have', async () => {
    for (const [args, message] of [
      [['--clock', 'fd:999'], 'EBADF'],
      [['--clock', 'lo'], 'The network interface lo has no PTP clock'],
      [['--clock', '/dev/ptp77'], 'ENOENT'],
      [['--card', '31'], 'no loopback card'],
    ] as const) {
      const child = Child.utimer('pace', ...args);
      expect(await child.ended).toMatchObject({ code: 1 });
      expect(child.stderr).toContain(message);
    }
  });
});

describe('utimer pace by a PTP clock', () => {
  /** Frames that a listener of the cable has got, between two readings of the clock. */
  function look(clock: Clock) {
    const from = clock.read();
    const status = readFileSync(`/proc/asound/card${card.number}/pcm1c/sub0/status`, 'utf8');
    const to = clock.read();
    return { from, to, periods: BigInt(/^hw_ptr +: (\d+)$/m.exec(status)?.[1] ?? 'none') / 480n };
  }

  it('keeps arecord at the rate of the clock, and goes on without it', async (context) => {
    needsMock(context);
    using mock = new MockClock();
    mock.control('freq', '30000000');
    using clock = Clock.open(mock.path);
    const child = pace(
      ...['--clock', mock.path, '--start', 'aligned', '--card', `${card.number}`],
      ...['--priority', '80', '--stats', '50ms'],
    );
    const { listenerName } = await said(child, 'open');
    expect(await said(child, 'state')).toEqual({ type: 'state', state: 'locked' });
    const path = join(folder, 'ptp.raw');
    arecord(listenerName, 'S16_LE', path);
    await until('it records', () =>
      /^state: RUNNING$/m.test(readFileSync(`/proc/asound/card${card.number}/pcm1c/sub0/status`, 'utf8')),
    );
    const before = look(clock);
    await until('five seconds of the clock have passed', async () => {
      await once(child.process.stdout as NodeJS.ReadableStream, 'data');
      return clock.read().timeNs - before.from.timeNs > 5_000_000_000n;
    });
    const after = look(clock);
    const ends = ({ timeNs }: { readonly timeNs: bigint }) => timeNs / PERIOD_NS;
    const moved = after.periods - before.periods;
    // The last end before a look may move behind it.
    expect(moved).toBeGreaterThanOrEqual(ends(after.from) - ends(before.to) - 1n);
    expect(moved).toBeLessThanOrEqual(ends(after.to) - ends(before.from) + 1n);
    // By this machine's own clock there were fewer.
    const here = (after.to.monotonicNs - before.from.monotonicNs) / PERIOD_NS;
    expect(moved - here).toBeGreaterThan(10n);
    const { frequencyPpb, state } = await counted(child);
    expect([Math.round(frequencyPpb / 1e6), state]).toEqual([30, 'locked']);

    const stepped = said(child, 'step');
    mock.control('adj', '2');
    expect(Math.round(Number((await stepped).stepNs) / 1e8)).toBe(20);
    const seen = child.lines.length;
    mock.remove();
    const heldOver = (line: string) => typed('state')(line) && JSON.parse(line).state === 'holdover';
    expect(JSON.parse(await child.line(heldOver, seen))).toEqual({
      ...{ type: 'state', state: 'holdover', clockError: 'ENODEV' },
    });
    const { ticks } = await counted(child);
    let later = await counted(child);
    while (Number(later.ticks) < Number(ticks) + 10) later = await counted(child);
    await Program.endAll();
    expect(await end(child)).toMatchObject({ state: 'holdover', clockError: 'ENODEV', steps: 1 });
  });
});
