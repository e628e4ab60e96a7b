// `utimer list` and `utimer listen` on a real kernel, as a user runs them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Pcm, timerInfo, UserTimer } from '../../../lib/index.js';
import { LoopbackCard } from '../../../lib/loopback/index.js';
import { openFullPipe } from '../../support/full-pipe.js';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

const timers: UserTimer[] = [];
const create = () => {
  const timer = UserTimer.create({ resolutionNs: 10_000_000n });
  timers.push(timer);
  return timer;
};
afterEach(() => {
  for (const timer of timers.splice(0)) timer.close();
});

function utimer(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr, lines }));
  return { child, lines, reader, ended };
}

/** The ticks of all events of a listener's JSON. */
const sum = (lines: readonly string[]) =>
  lines
    .map((line) => JSON.parse(line))
    .reduce((ticks, event) => ticks + (event.type === 'tick' ? event.count : 0), 0);

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Resolves when the timer has a client that runs. */
async function listening(timer: UserTimer, lines: () => boolean) {
  while (timerInfo(timer).clients === 0 || !lines()) await turn();
}

describe('utimer listen', () => {
  it('counts exactly the triggers', async () => {
    const timer = create();
    const { ended, lines, reader } = utimer(
      'listen',
      '--json',
      '--events',
      'start,tick',
      '--count',
      '500',
      timer.timerSource,
    );
    while (lines.length < 2) await once(reader, 'line');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      ...{ type: 'listening', timer: timer.timerSource, resolutionNs: '10000000', clock: 'monotonic' },
    });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ type: 'start', resolutionNs: '10000000' });
    for (let i = 0; i < 500; i += 1) {
      timer.trigger();
      if (i % 10 === 0) await turn();
    }
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, '']);
    const events = lines.slice(2).map((line) => JSON.parse(line));
    expect(events.at(-1)).toEqual({ type: 'summary', ticks: 500, reason: 'count' });
    const ticks = events.slice(0, -1);
    expect(ticks.every(({ type, timestampNs }) => type === 'tick' && /^\d+$/.test(timestampNs))).toBe(true);
    expect(ticks.reduce((sum, event) => sum + event.count, 0)).toBe(500);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('counts every trigger before %s', async (signal) => {
    const timer = create();
    const { child, ended, lines } = utimer('listen', '--json', '--queue-size', '32', timer.timerSource);
    await listening(timer, () => lines.length > 0);
    for (let i = 0; i < 5_000; i += 1) timer.trigger();
    child.kill(signal);
    const { code } = await ended;
    expect(code).toBe(0);
    expect(sum(lines)).toBe(5_000);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'summary', ticks: 5_000, reason: 'interrupt' });
  });

  it('counts every trigger before the time is over', async () => {
    const timer = create();
    const { ended, lines, reader } = utimer(
      ...['listen', '--json', '--timeout', '3s', '--count', '1000000000', timer.timerSource],
    );
    await once(reader, 'line');
    let triggers = 0;
    let heard = 0;
    const running = () => / : running\n/.test(readFileSync('/proc/asound/timers', 'utf8'));
    // The last ones find nobody that listens any more.
    while (running()) {
      heard = triggers;
      await turn();
      for (let i = 0; i < 10; i += 1) timer.trigger();
      triggers += 10;
    }
    const { code } = await ended;
    const { ticks, reason } = JSON.parse(lines.at(-1) ?? '');
    // Fewer than --count.
    expect([code, reason, sum(lines)]).toEqual([1, 'timeout', ticks]);
    expect(ticks).toBeGreaterThanOrEqual(heard);
    expect(ticks).toBeLessThanOrEqual(triggers);
  });

  it('counts every trigger for a reader that lags', async () => {
    const timer = create();
    const { child, ended, lines, reader } = utimer(
      ...['listen', '--json', '--events', 'tick,start,stop', '--queue-size', '32', timer.timerSource],
    );
    await listening(timer, () => lines.length > 1);
    reader.pause();
    child.stdout.pause();
    const triggers = 5_000;
    for (let i = 0; i < triggers; i += 1) {
      timer.trigger();
      await turn();
    }
    child.kill('SIGINT');
    while (timerInfo(timer).clients > 0) await turn();
    child.stdout.resume();
    reader.resume();
    const { code } = await ended;
    expect([code, sum(lines)]).toEqual([0, triggers]);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'summary', ticks: triggers, reason: 'interrupt' });
  });

  it.each(['SIGINT', '--timeout'])('ends by %s though nobody reads it', async (how) => {
    const timer = create();
    const full = openFullPipe();
    const options = how === '--timeout' ? ['--timeout', '3s'] : [];
    const child = spawn(process.execPath, [main, 'listen', '--json', ...options, timer.timerSource], {
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = once(child, 'close');
    // With --timeout it may be over already.
    while (timerInfo(timer).clients === 0 && child.exitCode === null) await turn();
    // More than the process itself keeps before it waits for its reader.
    for (let i = 0; i < 3_000; i += 1) {
      timer.trigger();
      await turn();
    }
    if (how === 'SIGINT') child.kill(how);
    expect((await ended)[0]).toBe(1);
    expect(stderr).toContain('nobody reads standard output');
    expect(timerInfo(timer).clients).toBe(0);
  });

  it.each([
    ['timestamped', []],
    ['plain', ['--plain']],
  ])('ends with the process of its owner, with %s records', async (_records, options) => {
    const owner = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { UserTimer } = await import(${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)});
        const timer = UserTimer.create({ resolutionNs: 10_000_000n });
        console.log(timer.timerSource);
        setInterval(() => timer.trigger(), 10);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [source] = await once(owner.stdout, 'data');
    const { ended, reader, lines } = utimer('listen', ...options, String(source).trim());
    while (lines.length < 3) await once(reader, 'line');
    owner.kill('SIGKILL');
    const { code } = await ended;
    expect(code).toBe(0);
    expect(lines[0]).toBe(`${String(source).trim()}: userspace-driven timer 0, 10 ms a tick`);
    expect(lines[1]).toMatch(options.length > 0 ? /^tick/ : /^ +\+0\.000000000 tick/);
    expect(lines.at(-1)).toMatch(/^\d+ ticks: the owner closed the timer$/);
  });

  it('listens to the high resolution timer', async () => {
    const { code, lines } = await utimer('listen', '--json', '--ticks', '1000000', '--count', '5', 'hrtimer')
      .ended;
    const { resolutionNs: resolution, timer } = JSON.parse(lines[0] ?? '');
    expect([code, timer, resolution]).toEqual([0, '-1.3.0', '1']);
    const { ticks } = JSON.parse(lines.at(-1) ?? '');
    expect(sum(lines)).toBe(ticks);
    expect(ticks).toBeGreaterThanOrEqual(5);
    // Those of the timer would be a million for each.
    expect(ticks).toBeLessThan(1_000_000);
  });

  it('counts ticks of as many as were asked for', async () => {
    const card = await LoopbackCard.load();
    try {
      const timer = create();
      card.setTimerSource(timer);
      const { ended, reader, lines } = utimer(
        ...['listen', '--json', '--ticks', '2', '--count', '3', `${card.number}.1.1`],
      );
      while (lines.length === 0) await once(reader, 'line');
      using capture = Pcm.open({
        ...{ card: card.number, device: 1, substream: 0, direction: 'capture' },
        ...{ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 },
      });
      capture.start();
      for (let i = 1; i <= 3; i += 1) {
        timer.trigger();
        timer.trigger();
        while (lines.length <= i) await once(reader, 'line');
        expect(JSON.parse(lines[i] ?? '')).toMatchObject({ type: 'tick', count: 1 });
        // Its buffer would be full before long.
        expect(capture.read(new Uint8Array(960 * capture.frameBytes))).toBe(960);
      }
      expect((await ended).code).toBe(0);
      expect(lines.slice(4).map((line) => JSON.parse(line))).toEqual([
        { type: 'summary', ticks: 3, reason: 'count' },
      ]);
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('listens to the timer of a substream, and tells of its start and stop', async () => {
    const card = await LoopbackCard.load();
    try {
      const timer = create();
      card.setTimerSource(timer);
      const { child, ended, lines } = utimer(
        ...['listen', '--json', '--events', 'tick,master-start,master-stop', `${card.number}.1.1`],
      );
      while (lines.length === 0) await turn();
      const capture = Pcm.open({
        ...{ card: card.number, device: 1, substream: 0, direction: 'capture' },
        ...{ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 },
      });
      capture.start();
      for (let i = 0; i < 3; i += 1) timer.trigger();
      capture.close();
      child.kill('SIGINT');
      const { code } = await ended;
      const events = lines.slice(1).map((line) => JSON.parse(line));
      expect([code, events.at(-1)]).toEqual([0, { type: 'summary', ticks: 3, reason: 'interrupt' }]);
      expect(events[0]).toMatchObject({ type: 'master-start', resolutionNs: '10000000' });
      expect(events.at(-2)).toMatchObject({ type: 'master-stop' });
      expect(sum(lines)).toBe(3);
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('does not know the tick of a PCM that is closed, as the list does not', async () => {
    await LoopbackCard.load();
    try {
      const { lines } = await utimer('listen', '--timeout', '0', '0.1.1').ended;
      expect(lines[0]).toBe('0.1.1: timer of hw:0,1,0 capture, - a tick');
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('warns that it keeps a cable of this timer from starting', async () => {
    const card = await LoopbackCard.load();
    try {
      const timer = create();
      card.setTimerSource(timer);
      const { child, ended, lines } = utimer('listen', timer.timerSource);
      await listening(timer, () => lines.length > 0);
      child.kill('SIGINT');
      const { code, stderr } = await ended;
      expect(code).toBe(0);
      expect(stderr).toContain('ALSA_UTIMER_INSTANCE_BLOCKS_CABLE');
    } finally {
      await LoopbackCard.unload();
    }
  });

  it.each([
    [0, []],
    [1, ['--count', '1']],
  ])('ends when the time is over, with %i, given %o', async (expected, count) => {
    const { code, lines } = await utimer('listen', '--timeout', '100ms', ...count, create().timerSource)
      .ended;
    expect([code, lines.at(-1)]).toEqual([expected, '0 ticks: the time is over']);
  });

  it('ends when it is interrupted, and leaves no client', async () => {
    const timer = create();
    const { child, ended, lines } = utimer('listen', '--plain', timer.timerSource);
    await listening(timer, () => lines.length > 0);
    child.kill('SIGINT');
    const { code } = await ended;
    expect([code, lines.at(-1)]).toEqual([0, '0 ticks: interrupted']);
    expect(timerInfo(timer).clients).toBe(0);
  });

  it('ends quietly when nobody reads any more', async () => {
    const timer = create();
    const { child, ended, lines, reader } = utimer('listen', timer.timerSource);
    await listening(timer, () => lines.length > 0);
    reader.close();
    child.stdout.destroy();
    const end = ended.then(() => true);
    while (!(await Promise.race([end, new Promise((resolve) => setImmediate(resolve, false))])))
      timer.trigger();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('says which timer is missing', async () => {
    const { code, stderr } = await utimer('listen', '-1.4.127').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('ENODEV');
    expect(stderr).toContain('utimer list');
  });
});

describe('utimer list', () => {
  it('says so when its output cannot be written', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [main, 'list'], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(stderr).toMatch(/^utimer: standard output: ENOSPC.*\n$/);
  });

  it('has every userspace-driven timer', async () => {
    const [first, second] = [create(), create()];
    const { code, lines } = await utimer('list').ended;
    expect(code).toBe(0);
    for (const { timerSource, id } of [first, second]) {
      const pattern = new RegExp(`^${timerSource} +10 ms +0 +userspace-driven timer ${id}$`);
      expect(lines.filter((line) => pattern.test(line))).toHaveLength(1);
    }
  });
});
