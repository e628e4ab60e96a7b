// UserTimer on a real kernel.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type AlsaError, UserTimer } from '../../lib/index.js';
import { runChild } from '../support/child.js';

/** Lines of /proc/asound/timers that are userspace-driven timers. */
const timerLines = () =>
  readFileSync('/proc/asound/timers', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('G4:'));

/** The ids of this process's userspace-driven timers, from its descriptors. */
const ownIds = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const id = /^anon_inode:snd-utimer(\d+)$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      return id === undefined ? [] : [Number(id)];
    } catch {
      return [];
    }
  });

const timers: UserTimer[] = [];
const create = (options: Parameters<typeof UserTimer.create>[0] = { resolutionNs: 10_000_000n }) => {
  const timer = UserTimer.create(options);
  timers.push(timer);
  return timer;
};
afterEach(() => {
  for (const timer of timers.splice(0)) timer.close();
  expect(ownIds()).toEqual([]);
});

describe('The probe', () => {
  it('finds the timers of this kernel and makes none', () => {
    expect(UserTimer.isSupported()).toBe(true);
    expect(timerLines()).toEqual([]);
    expect(ownIds()).toEqual([]);
  });
});

describe('A userspace-driven timer', () => {
  it('appears with its resolution, and is gone when close returns', () => {
    const timer = create({ rate: 48_000, periodFrames: 480 });
    expect(timerLines()).toEqual(['G4:  : 10000.000us (1 ticks)']);
    timer.close();
    expect(timerLines()).toEqual([]);
    expect(timer.closed).toBe(true);
  });

  it('gets the lowest free id, at once again after a close', () => {
    const [first, second, third] = [create(), create(), create()];
    expect([first.id, second.id, third.id]).toEqual([0, 1, 2]);
    second.close();
    expect(create().id).toBe(1);
  });

  it('takes every resolution from 1 ns to 2^64-1 ns', () => {
    for (const resolution of [1n, 999n, 2n ** 32n, 2n ** 64n - 1n]) {
      const timer = create({ resolutionNs: resolution });
      const line = `G4:  : ${resolution / 1000n}.${String(resolution % 1000n).padStart(3, '0')}us (1 ticks)`;
      expect(timerLines()).toEqual([line]);
      timer.close();
    }
  });

  it('ends at 128 with an error that says so, and goes on after one close', () => {
    const all = Array.from({ length: 128 }, () => create({ resolutionNs: 1n }));
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 128 }, (_, id) => id));
    expect(() => create()).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    all[77]?.close();
    expect(create().id).toBe(77);
  });

  it('can be had by its id, with nothing else left', () => {
    expect(create({ resolutionNs: 1n, id: 100 }).id).toBe(100);
    expect(ownIds()).toEqual([100]);
    expect(() => create({ resolutionNs: 1n, id: 100 })).toThrow(
      expect.objectContaining({ code: 'ERR_TIMER_ID_TAKEN' }),
    );
    expect(ownIds()).toEqual([100]);
  });

  it('that is taken is found by the line that the hint gives', () => {
    create({ resolutionNs: 1n, id: 7 });
    create({ resolutionNs: 1n, id: 77 });
    const taken = (() => {
      try {
        return UserTimer.create({ resolutionNs: 1n, id: 7 });
      } catch (error) {
        return error;
      }
    })();
    const line = /`(ls .*)`/.exec((taken as AlsaError).hint ?? '')?.[1] ?? '';
    const shown = execFileSync('sh', ['-c', line], { encoding: 'utf8' });
    // The descriptors of this process alone have it.
    expect([...shown.matchAll(/\/proc\/([^/]+)\/fd/g)].map(([, pid]) => pid)).toEqual([`${process.pid}`]);
  });

  it('is triggered without a listener, and refuses once closed', () => {
    const timer = create();
    for (let i = 0; i < 1_000; i += 1) timer.trigger();
    timer.close();
    expect(() => timer.trigger()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  it('does not outlive an exec: its descriptor is closed there', () => {
    create();
    const inherited = execFileSync('sh', ['-c', 'readlink /proc/self/fd/* || true'], { encoding: 'utf8' });
    expect(inherited).not.toContain('snd-utimer');
  });

  it('closes and warns when it is collected while open', async () => {
    const result = await runChild(`
      const warnings = [];
      process.on('warning', (warning) => warnings.push([warning.name, warning.code, warning.message]));
      (() => { alsa.UserTimer.create({ resolutionNs: 10_000_000n }); })();
      await collect(() => warnings.length > 0);
      console.log(JSON.stringify({ warnings, left: Object.keys(descriptors()).filter((name) => name.includes('utimer')) }));`);
    expect(result).toMatchObject({ code: 0, signal: null });
    expect(JSON.parse(result.stdout)).toEqual({
      warnings: [['AlsaResourceWarning', 'ALSA_UTIMER_LEAK', expect.stringContaining('UserTimer 0')]],
      left: [],
    });
  });

  it('is silent when it was closed before it is collected', async () => {
    const result = await runChild(`
      (() => { alsa.UserTimer.create({ resolutionNs: 10_000_000n }).close(); })();
      for (let i = 0; i < 20; i += 1) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  it('goes with its process', async () => {
    const result =
      await runChild(`alsa.UserTimer.create({ resolutionNs: 1n }); process.kill(process.pid, 'SIGKILL');
      await new Promise(() => setInterval(() => {}, 1000));`);
    expect(result.signal).toBe('SIGKILL');
    expect(timerLines()).toEqual([]);
  });

  it('goes with its worker, terminated at any moment while it triggers', async () => {
    const result = await runChild(`
      const code = \`
        const timer = alsa.UserTimer.create({ resolutionNs: 10000000n });
        parentPort.postMessage(timer.id);
        for (;;) timer.trigger();\`;
      for (let round = 0; round < 10; round += 1) {
        const worker = startWorker(code);
        await once(worker, 'message');
        await worker.terminate();
      }
      console.log(JSON.stringify(Object.keys(descriptors()).filter((name) => name.includes('utimer'))));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n' });
    expect(timerLines()).toEqual([]);
  });
});
