// Whether a guest is run by KVM: tried once, and remembered only where the answer is known.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const { chooseAccel, knownAccel } = await import(new URL('../../../vm/lib/accel.mjs', import.meta.url).href);

let cache: string;
let kernel: { arch: string; cache: string };
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'alsa-utimer-accel-'));
  kernel = { arch: 'x64', cache };
  // The cache is where the kernel is; these need not be set.
  vi.stubEnv('HOME', undefined);
  vi.stubEnv('XDG_CACHE_HOME', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

/** A guest whose start ends as it is told, or when it is stopped. */
function trial(ends: 'boots' | 'fails' | 'hangs' | 'spins') {
  const start = vi.fn(() => {
    let fail: (error: Error) => void;
    const ready = new Promise<void>((done, failed) => {
      fail = failed;
      if (ends === 'boots') done();
      if (ends === 'fails') failed(new Error('QEMU ended'));
    });
    const stop = async () => fail(new Error('the guest was stopped'));
    return { ready: () => ready, stop, cpuSeconds: () => (ends === 'spins' ? 60 : 0.3) };
  });
  return { start, device: '/dev/null', timeout: ends === 'hangs' ? 1 : 2 ** 31 - 1, host: 'x64' };
}

const chosen = (options: object, signal = new AbortController().signal) =>
  chooseAccel('auto', kernel, signal, options);
const choose = async (...given: Parameters<typeof chosen>) => (await chosen(...given)).accel;
const answers = () => readdirSync(cache).filter((name) => name.startsWith('kvm-'));

describe('KVM', () => {
  it.each([
    ['boots', 'kvm'],
    ['fails', 'tcg'],
    ['spins', 'tcg'],
  ] as const)('is tried once where a guest %s', async (ends, answer) => {
    const { start, ...options } = trial(ends);
    expect(await choose({ start, ...options })).toBe(answer);
    expect(await choose({ start, ...options })).toBe(answer);
    expect(start).toHaveBeenCalledTimes(1);
    expect(answers()).toHaveLength(1);
  });

  it('is tried again after a trial that took too long, on a busy machine for instance', async () => {
    expect(await choose(trial('hangs'))).toBe('tcg');
    expect(answers()).toEqual([]);
    expect(await choose(trial('boots'))).toBe('kvm');
  });

  it('is not decided by a trial that was interrupted', async () => {
    const interrupted = new AbortController();
    const pending = choose({ ...trial('hangs'), timeout: 2 ** 31 - 1 }, interrupted.signal);
    interrupted.abort();
    expect(await pending).toBe('tcg');
    expect(answers()).toEqual([]);
  });

  it.each([
    ['boots', {}, undefined],
    ['fails', {}, 'no guest boots with /dev/kvm on this machine'],
    ['hangs', {}, 'a trial of /dev/kvm took more than 0.001 s'],
    ['boots', { device: '/nowhere/kvm' }, 'there is no /nowhere/kvm'],
  ] as const)('has a reason where a guest %s with %j: %s', async (ends, options, why) => {
    expect((await chosen({ ...trial(ends), ...options })).why).toBe(why);
  });

  it('is known without a trial once there has been one, or where there is no device', async () => {
    expect(knownAccel(kernel, '/dev/null')).toBeUndefined();
    await choose(trial('boots'));
    expect(knownAccel(kernel, '/dev/null')).toEqual({ accel: 'kvm' });
    expect(knownAccel(kernel, '/nowhere/kvm')).toEqual({ accel: 'tcg', why: 'there is no /nowhere/kvm' });
  });

  it('drops the answers of earlier starts of the machine', async () => {
    writeFileSync(join(cache, 'kvm-6.1.0-an-earlier-boot'), 'tcg\n');
    await choose(trial('boots'));
    expect(answers()).toEqual([expect.not.stringContaining('an-earlier-boot')]);
  });

  it('is tried anew where its answer cannot be kept', async () => {
    writeFileSync(join(cache, 'file'), '');
    kernel = { arch: 'x64', cache: join(cache, 'file') };
    expect(await choose(trial('boots'))).toBe('kvm');
  });

  it('is not tried where there is no device, or where the choice is made', async () => {
    const { start, ...options } = trial('boots');
    const { signal } = new AbortController();
    expect(await choose({ start, ...options, device: '/nowhere/kvm' })).toBe('tcg');
    expect(await chooseAccel('kvm', kernel, signal, { start, host: 'x64' })).toEqual({ accel: 'kvm' });
    expect(start).not.toHaveBeenCalled();
  });

  it.each(['x64', 'arm64'])(
    'is tried for guests of the processor that this machine has: %s',
    async (host) => {
      const other = host === 'x64' ? 'arm64' : 'x64';
      const { start, ...options } = trial('boots');
      kernel = { arch: other, cache };
      expect(await chosen({ start, ...options, host })).toEqual({
        ...{ accel: 'tcg', why: `a guest of ${other} is emulated` },
      });
      expect(start).not.toHaveBeenCalled();
      kernel = { arch: host, cache };
      expect(await chosen({ start, ...options, host })).toEqual({ accel: 'kvm' });
      expect(start).toHaveBeenCalledExactlyOnceWith(kernel);
    },
  );
});
