// `utimer list` and `utimer listen` on a real kernel, as a user runs them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { timerInfo, UserTimer } from '../../../lib/index.js';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

const timers: UserTimer[] = [];
const create = () => {
  const timer = UserTimer.create({ resolution: 10_000_000n });
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

/** Resolves when the timer has a client that runs. */
async function listening(timer: UserTimer, lines: () => boolean) {
  while (timerInfo(timer).clients === 0 || !lines()) await new Promise((resolve) => setImmediate(resolve));
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
    await once(reader, 'line');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'start', resolution: '10000000' });
    for (let i = 0; i < 500; i += 1) {
      timer.trigger();
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, '']);
    const events = lines.slice(1).map((line) => JSON.parse(line));
    expect(events.at(-1)).toEqual({ type: 'summary', ticks: 500, reason: 'count' });
    const ticks = events.slice(0, -1);
    expect(ticks.every(({ type, timestamp }) => type === 'tick' && /^\d+$/.test(timestamp))).toBe(true);
    expect(ticks.reduce((sum, event) => sum + event.ticks, 0)).toBe(500);
  });

  it('ends with the process of its owner', async () => {
    const owner = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { UserTimer } = await import(${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)});
        const timer = UserTimer.create({ resolution: 10_000_000n });
        console.log(timer.timerSource);
        setInterval(() => timer.trigger(), 10);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [source] = await once(owner.stdout, 'data');
    const { ended, reader, lines } = utimer('listen', String(source).trim());
    while (lines.length < 3) await once(reader, 'line');
    owner.kill('SIGKILL');
    const { code } = await ended;
    expect(code).toBe(0);
    expect(lines[0]).toBe(`${String(source).trim()}: userspace-driven timer 0, 10 ms a tick`);
    expect(lines[1]).toMatch(/^ +\+0\.000000000 tick/);
    expect(lines.at(-1)).toMatch(/^\d+ ticks: the owner closed the timer$/);
  });

  it('ends when the time is over, with 1 if ticks are missing', async () => {
    const timer = create();
    const { ended, lines } = utimer('listen', '--timeout', '3', '--count', '2', timer.timerSource);
    await listening(timer, () => lines.length > 0);
    timer.trigger();
    const { code } = await ended;
    expect([code, lines.at(-1)]).toEqual([1, '1 tick: the time is over']);
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
