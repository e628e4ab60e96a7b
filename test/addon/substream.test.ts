// What the addon reads of a substream from /proc/asound, and that nothing that stands there harms it.
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAddon } from '../support/addon.js';

const addon = loadAddon();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: 'status' | 'hw_params', text: string | Uint8Array) =>
  writeFileSync(join(folder, name), text);
const opened = () =>
  readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;

/** As the kernel writes them (sound/core/pcm.c). */
const status = (state: string, owner = 1234, avail: number | bigint = 480, moved = 5280) =>
  `state: ${state}\nowner_pid   : ${owner}\ntrigger_time: 61.025811200\ntstamp      : 61.035899710\n` +
  `delay       : 480\navail       : ${avail}\navail_max   : 960\n-----\nhw_ptr      : ${moved}\nappl_ptr    : 4800\n`;
const PARAMETERS =
  'access: MMAP_INTERLEAVED\nformat: S24_3LE\nsubformat: STD\nchannels: 2\nrate: 44100 (44100/1)\n' +
  'period_size: 441\nbuffer_size: 1764\n';

describe('A substream', () => {
  it('that somebody has open has a state, an owner, frames and parameters', () => {
    const substream = addon.openSubstream(folder);
    put('status', status('RUNNING'));
    put('hw_params', PARAMETERS);
    expect(substream.status()).toEqual({ state: 3, owner: 1234, avail: 480, queued: -480 });
    put('status', status('RUNNING', 1234, 480, 4_000));
    expect(substream.status()?.queued).toBe(800);
    expect(substream.parameters()).toEqual({
      ...{ access: 'MMAP_INTERLEAVED', format: 'S24_3LE', channels: 2, rate: 44_100 },
      ...{ periodFrames: 441, bufferFrames: 1764 },
    });
    substream.close();
  });

  it('has as many frames queued where one of its pointers has begun anew', () => {
    const substream = addon.openSubstream(folder);
    const boundary = 2 ** 30;
    put('hw_params', PARAMETERS);
    // 4800 is where the program is.
    put('status', status('RUNNING', 1234, 964, boundary + 4_000));
    expect(substream.status()?.queued).toBe(800);
    put('status', status('XRUN', 1234, 1_774, 4).replace('4800', String(boundary - 6)));
    expect(substream.status()?.queued).toBe(-10);
    put('hw_params', 'closed\n');
    expect(substream.status()?.queued).toBe(0);
    substream.close();
  });

  it.each(
    ['OPEN', 'SETUP', 'PREPARED', 'RUNNING', 'XRUN', 'DRAINING', 'PAUSED', 'SUSPENDED', 'DISCONNECTED'].map(
      (name, state) => [name, state] as const,
    ),
  )('in state %s has number %i of SNDRV_PCM_STATE_*', (name, state) => {
    const substream = addon.openSubstream(folder);
    put('status', status(name));
    expect(substream.status()?.state).toBe(state);
    substream.close();
  });

  it('is read anew each time, from files that stay open until it is closed', () => {
    const substream = addon.openSubstream(folder);
    expect(opened()).toBe(0);
    put('status', 'closed\n');
    put('hw_params', 'closed\n');
    expect([substream.status(), substream.parameters()]).toEqual([null, null]);
    put('status', status('OPEN'));
    put('hw_params', 'no setup\n');
    expect(substream.status()).toMatchObject({ state: 0, owner: 1234 });
    expect(substream.parameters()).toBeNull();
    put('hw_params', PARAMETERS);
    expect(substream.parameters()).toMatchObject({ format: 'S24_3LE' });
    expect(opened()).toBe(2);
    expect(substream.closed()).toBe(false);
    substream.close();
    substream.close();
    expect(substream.closed()).toBe(true);
    expect(opened()).toBe(0);
    for (const call of [() => substream.status(), () => substream.parameters()]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
  });

  it('of a card that is not there, or not yet, is closed', () => {
    const missing = addon.openSubstream(join(folder, 'card0'));
    expect([missing.status(), missing.parameters()]).toEqual([null, null]);
    mkdirSync(join(folder, 'card0'));
    writeFileSync(join(folder, 'card0/status'), status('PREPARED', 0));
    expect(missing.status()).toEqual({ state: 2, owner: 0, avail: 480, queued: -480 });
    missing.close();
    put('status', '');
    const below = addon.openSubstream(join(folder, 'status'));
    expect(below.status()).toBeNull();
    below.close();
  });

  it('whose files cannot be read says which', () => {
    const substream = addon.openSubstream(folder);
    mkdirSync(join(folder, 'status'));
    expect(() => substream.status()).toThrow(
      expect.objectContaining({ errno: 21, syscall: 'read', path: join(folder, 'status') }),
    );
    substream.close();
  });
});

/** Numbers of 0 to 1, the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('Garbage of /proc', () => {
  it.each([
    ['nothing', ''],
    ['one NUL', '\0'],
    ['no end of a line', 'state: RUNNING'],
    ['a state that is none', status('WAITING')],
    ['an error', 'error -19\n'],
    ['only ends of lines', '\n'.repeat(2_000)],
    ['only colons', ':'.repeat(2_000)],
    ['a line without an end', `state${' '.repeat(2_000)}: RUNNING\n`],
    ['numbers that are none', 'state: RUNNING\nowner_pid   : -1\navail       : avail\n'],
    ['numbers that are too large', status('RUNNING', 2 ** 32, 2n ** 64n)],
  ])('is no number and no crash: %s', (_what, text) => {
    const substream = addon.openSubstream(folder);
    put('status', text);
    put('hw_params', text);
    expect(substream.status() ?? { state: 3, owner: 0, avail: 0 }).toMatchObject({
      state: 3,
      owner: 0,
      avail: 0,
    });
    expect(substream.parameters()).toBeNull();
    substream.close();
  });

  it('that is like what the kernel writes is read as far as it is that', () => {
    const next = random(7);
    const substream = addon.openSubstream(folder);
    let read = 0;
    for (let round = 0; round < 1_000; round += 1) {
      for (const [name, text] of [
        ['status', status('RUNNING')],
        ['hw_params', PARAMETERS],
      ] as const) {
        const bytes = Buffer.from(text);
        for (let changes = 1 + next() * 4; changes >= 1; changes -= 1) {
          bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
        }
        const begin = Math.floor(next() * 8) === 0 ? Math.floor(next() * bytes.length) : 0;
        put(name, bytes.subarray(begin, Math.floor(next() * 8) === 0 ? begin + next() * 300 : undefined));
      }
      const found = substream.status();
      if (found !== null) {
        expect(found.state).toBeGreaterThanOrEqual(0);
        expect(found.state).toBeLessThanOrEqual(8);
      }
      for (const number of [found?.owner, found?.avail]) expect(number ?? 0).toBeGreaterThanOrEqual(0);
      const parameters = substream.parameters();
      if (parameters !== null) {
        const { channels, rate, periodFrames, bufferFrames, ...texts } = parameters;
        for (const number of [channels, rate, periodFrames, bufferFrames]) {
          expect(Number.isInteger(number) && number >= 0).toBe(true);
        }
        expect(Object.values(texts)).toEqual([expect.any(String), expect.any(String)]);
      }
      if (found !== null && parameters !== null) read += 1;
    }
    expect(read).toBeGreaterThan(250);
    substream.close();
  });
});
