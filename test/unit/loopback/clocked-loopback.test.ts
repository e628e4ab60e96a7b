// What ClockedLoopback refuses before it asks the kernel for anything, and how it waits for its turn.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClockedLoopback, LoopbackCard } from '../../../lib/loopback/index.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound } from '../../../lib/proc.js';
import { claimTimer, UserTimer } from '../../../lib/timer/user-timer.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proc-asound-'));
  setProcAsound(folder);
});
afterEach(() => {
  setProcAsound(undefined);
  setNative(undefined);
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function makeCard(): void {
  writeFileSync(join(folder, 'cards'), ' 0 [Loopback       ]: Loopback - Loopback\n');
  mkdirSync(join(folder, 'card0'));
  writeFileSync(join(folder, 'card0', 'cable#0'), '');
  writeFileSync(join(folder, 'card0', 'timer_source'), '-1.4.9\n');
}

describe('ClockedLoopback.openSync refuses', () => {
  it.each([
    ['no options', undefined, TypeError, 'options'],
    ['a format that snd-aloop has not', { format: 'U8' }, TypeError, 'format'],
    ['a rate out of range', { rate: 7_999 }, RangeError, 'rate'],
    ['33 channels', { channels: 33 }, RangeError, 'channels'],
    ['half a frame', { periodFrames: 480.5 }, RangeError, 'periodFrames'],
    ['one period a buffer', { periods: 1 }, RangeError, 'periods'],
    ['a third device', { device: 2 }, RangeError, 'device'],
    ['a ninth substream', { substream: 8 }, RangeError, 'substream'],
    ['a substream by another word', { substream: 'any' }, TypeError, 'substream'],
    ['a timer that cannot be', { timerId: 128 }, RangeError, 'timerId'],
    ['a timer of another type', { timerId: '5' }, TypeError, 'timerId'],
    ['a policy that is none', { idle: 'noise' }, TypeError, 'idle'],
    ['grace that is not in whole milliseconds', { idle: 'silence', graceMs: 0.5 }, RangeError, 'graceMs'],
    ['grace before its time', { idle: 'silence', graceMs: -1 }, RangeError, 'graceMs'],
    ['more than an hour of grace', { idle: 'silence', graceMs: 3_600_001 }, RangeError, 'graceMs'],
    ['grace without silence', { graceMs: 10 }, TypeError, 'graceMs'],
    ['measuring sometimes', { measure: 'often' }, TypeError, 'measure'],
  ])('%s, with or without a card', (_what, options, type, name) => {
    for (const prepare of [() => {}, makeCard]) {
      prepare();
      const given = options && { ...stream, ...options };
      expect(() => ClockedLoopback.openSync(given as never)).toThrow(type);
      expect(() => ClockedLoopback.openSync(given as never)).toThrow(new RegExp(`^${name} must be`));
    }
  });

  it('a signal, since it waits for nothing', () => {
    const { signal } = new AbortController();
    expect(() => ClockedLoopback.openSync({ ...stream, signal } as never)).toThrow(
      /^options\.signal is no option/,
    );
  });

  it.each([
    [192_000, 20],
    [384_000, 39],
    [768_000, 77],
    [48_000, 5],
  ])('at %i Hz periods of less than %i frames, which the kernel would never start', (rate, least) => {
    const wide = { ...stream, channels: 8, rate };
    expect(() => ClockedLoopback.openSync({ ...wide, periodFrames: least - 1 })).toThrow(
      `periodFrames must be at least ${least} at ${rate} Hz (100 us), not ${least - 1}`,
    );
    expect(() => ClockedLoopback.openSync({ ...wide, periodFrames: least })).toThrow(
      expect.objectContaining({ code: 'ERR_NO_LOOPBACK_CARD' }),
    );
  });
});

describe('ClockedLoopback.open', () => {
  it('rejects, and throws nothing', async () => {
    await expect(ClockedLoopback.open(undefined as never)).rejects.toThrow(/^options must be/);
    await expect(ClockedLoopback.open({ ...stream, signal: 5 } as never)).rejects.toThrow(/^signal must be/);
    await expect(ClockedLoopback.open(stream)).rejects.toMatchObject({ code: 'ERR_NO_LOOPBACK_CARD' });
  });
});

describe('A timer that exists', () => {
  const open = (options: object) => () => ClockedLoopback.openSync({ ...stream, ...options } as never);

  it('is refused where it does not fit, before a card is looked for', () => {
    setNative(new FakeBinding());
    const timer = UserTimer.create(stream);
    expect(open({ timer: 5 })).toThrow(/^timer must be a UserTimer/);
    expect(open({ timer, timerId: timer.id })).toThrow(/^timerId must be left out/);
    expect(open({ timer, periodFrames: 441 })).toThrow(
      'timer.resolutionNs must be 9187500n, for periods of 441 frames at 48000 Hz, not 10000000n',
    );
    expect(open({ timer })).toThrow(expect.objectContaining({ code: 'ERR_NO_LOOPBACK_CARD' }));
    timer.close();
    expect(open({ timer })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED', message: 'UserTimer 0 is closed' }),
    );
  });

  it('stays open where opening fails, and may be triggered', () => {
    makeCard();
    const binding = Object.assign(new FakeBinding(), {
      lockFile: () => ({ close: () => {}, closed: () => false }),
      openPcm: () => {
        throw failedCall(16, 'open', '/dev/snd/pcmC0D0p');
      },
    });
    setNative(binding);
    using timer = UserTimer.create(stream);
    expect(open({ timer })).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    expect(timer.closed).toBe(false);
    expect(LoopbackCard.find().timerSource()).toBe('-1.4.9');
    timer.trigger();
    expect(binding.triggers).toEqual([timer.id]);
  });

  it('is triggered by one owner at a time', () => {
    const binding = new FakeBinding();
    setNative(binding);
    using timer = UserTimer.create(stream);
    let isOver = false;
    claimTimer(timer, { what: 'a cable', owner: { close: () => {}, closed: () => isOver } });
    const inUse = expect.objectContaining({
      code: 'ERR_TIMER_IN_USE',
      message: expect.stringContaining('a cable'),
    });
    expect(() => timer.trigger()).toThrow(inUse);
    expect(open({ timer })).toThrow(inUse);
    expect(binding.triggers).toEqual([]);
    isOver = true;
    timer.trigger();
    timer.trigger();
    expect(binding.triggers).toEqual([timer.id, timer.id]);
  });
});

describe('Periods longer than the 32 bits that the kernel keeps', () => {
  it('are refused where what is left would never start, and not where it would', () => {
    expect(() => ClockedLoopback.openSync({ ...stream, rate: 8_000, periodFrames: 34_360 })).toThrow(
      'periodFrames must be some frames more or less: of 4295000000 ns the kernel keeps 32 bits, ' +
        'which are less than 100 us, not 34360',
    );
    for (const periodFrames of [34_359, 34_361]) {
      expect(() => ClockedLoopback.openSync({ ...stream, rate: 8_000, periodFrames })).toThrow(
        expect.objectContaining({ code: 'ERR_NO_LOOPBACK_CARD' }),
      );
    }
  });
});

describe('Opening while another process opens a cable of the card', () => {
  /** A card whose lock is free from the `free`th try on. This kernel has no PCM: who has the lock fails with ENOENT. */
  function makeLockedCard(free: number) {
    makeCard();
    const state = { tries: 0, held: 0, binding: new FakeBinding() };
    const lockFile = () => {
      state.tries += 1;
      if (state.tries < free) throw failedCall(11, 'flock', '/dev/snd/controlC0');
      state.held += 1;
      return { close: () => (state.held -= 1), closed: () => state.held === 0 };
    };
    setNative(Object.assign(state.binding, { lockFile }));
    return state;
  }
  const locked = { code: 'ERR_CARD_LOCKED', path: '/dev/snd/controlC0' };

  it('waits its turn, and goes on with its own errors', async () => {
    const state = makeLockedCard(4);
    const opening = ClockedLoopback.open({ ...stream, card: LoopbackCard.find() });
    // The event loop is not held: only the first try was made in it.
    expect(state.tries).toBe(1);
    await expect(opening).rejects.toMatchObject({ code: 'ENOENT' });
    expect(state).toMatchObject({ tries: 4, held: 0 });
    expect(state.binding.timers.size).toBe(0);
    expect(LoopbackCard.find().timerSource()).toBe('-1.4.9');
  });

  it('ends with the reason of a signal, before the first try and behind it', async () => {
    const state = makeLockedCard(Number.POSITIVE_INFINITY);
    const over = AbortSignal.abort(new Error('over'));
    await expect(ClockedLoopback.open({ ...stream, signal: over })).rejects.toThrow('over');
    expect(state.tries).toBe(0);
    const abort = new AbortController();
    const opening = ClockedLoopback.open({ ...stream, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    expect(state.tries).toBe(1);
    expect(state.binding.timers.size).toBe(0);
  });

  it('does not wait for ever for one that keeps the lock', async () => {
    const state = makeLockedCard(Number.POSITIVE_INFINITY);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 1_000;
      return now;
    });
    await expect(ClockedLoopback.open(stream)).rejects.toMatchObject({
      ...locked,
      message: expect.stringMatching(/is being opened by another process, and was for \d+ ms/),
    });
    expect(state.binding.timers.size).toBe(0);
  });

  it('fails at once where it must not wait', () => {
    const state = makeLockedCard(2);
    expect(() => ClockedLoopback.openSync(stream)).toThrow(
      expect.objectContaining({ ...locked, hint: expect.stringContaining('open() waits for its turn') }),
    );
    expect(state.tries).toBe(1);
    expect(state.binding.timers.size).toBe(0);
  });
});

describe('While it opens a cable, timer_source', () => {
  /** What it is at the open of the PCM, which fails, and after that. */
  function sources(before: string): [during: string, after: string] {
    makeCard();
    const path = join(folder, 'card0', 'timer_source');
    writeFileSync(path, `${before}\n`);
    let during = '';
    const binding = Object.assign(new FakeBinding(), {
      lockFile: () => ({ close: () => {}, closed: () => false }),
      openPcm: () => {
        during = readFileSync(path, 'utf8').trim();
        throw failedCall(16, 'open', '/dev/snd/pcmC0D0p');
      },
    });
    setNative(binding);
    expect(() => ClockedLoopback.openSync(stream)).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    return [during, readFileSync(path, 'utf8').trim()];
  }

  it.each([
    ['', 'alsa-utimer=:-1.4.0'],
    ['-1.4.55', 'alsa-utimer=-1.4.55:-1.4.0'],
    ['hw:0,1,0', 'alsa-utimer=hw%3A0%2C1%2C0:-1.4.0'],
    // What the kernel does not understand, and what looks like a mark and is none.
    ['-1.4.08', 'alsa-utimer=-1.4.08:-1.4.0'],
    ['a:b:-1', 'alsa-utimer=a%3Ab%3A-1:-1.4.0'],
    ['alsa-utimer=%zz:-1.4.9', 'alsa-utimer=alsa-utimer%3D%25zz%3A-1.4.9:-1.4.0'],
  ])('instead of %j says what it stands in the place of', (before, during) => {
    expect(sources(before)).toEqual([during, before]);
  });

  it.each([
    ['alsa-utimer=:-1.4.7', ''],
    ['alsa-utimer=-1.4.55:-1.4.7', '-1.4.55'],
    ['alsa-utimer=hw%3A0%2C1%2C0:-1.4.0', 'hw:0,1,0'],
  ])('that somebody left behind as %j, is put back to %j', (left, after) => {
    expect(sources(left)).toEqual([expect.stringMatching(/^alsa-utimer=.*:-1\.4\.0$/), after]);
  });

  it('is the timer alone where there is no room to say more', () => {
    const long = `${'x'.repeat(48)}:-1.4.9`;
    expect(sources(long)).toEqual(['-1.4.0', long]);
  });
});
