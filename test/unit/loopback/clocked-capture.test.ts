// What ClockedCapture refuses before it asks the kernel for anything.
import { describe, expect, it } from 'vitest';
import { ClockedCapture } from '../../../lib/loopback/index.js';
import { setProcAsound } from '../../../lib/proc.js';

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;

describe('ClockedCapture.openSync refuses', () => {
  it.each([
    ['no options', undefined, TypeError, 'options'],
    ['a format that snd-aloop has not', { format: 'U8' }, TypeError, 'format'],
    ['one period a buffer', { periods: 1 }, RangeError, 'periods'],
    ['periods that no timer ticks', { periodFrames: 16, rate: 768_000 }, RangeError, 'periodFrames'],
    ['a third device', { device: 2 }, RangeError, 'device'],
    ['a substream by another word', { substream: 'any' }, TypeError, 'substream'],
    ['a timer that cannot be', { timerId: 128 }, RangeError, 'timerId'],
    ['a timer that is none', { timer: 5 }, TypeError, 'timer'],
    ['something else while nobody plays', { idle: 'wait' }, TypeError, 'idle'],
  ])('%s', (_what, options, type, name) => {
    const given = options && { ...stream, ...options };
    expect(() => ClockedCapture.openSync(given as never)).toThrow(type);
    expect(() => ClockedCapture.openSync(given as never)).toThrow(new RegExp(`^${name} must be`));
  });

  it('what only a writer has', () => {
    for (const option of [{ graceMs: 5 }, { measure: true }]) {
      expect(() => ClockedCapture.openSync({ ...stream, ...option } as never)).toThrow(/is no option/);
    }
    const { signal } = new AbortController();
    expect(() => ClockedCapture.openSync({ ...stream, signal } as never)).toThrow(/is no option/);
  });
});

describe('ClockedCapture.open', () => {
  it('rejects, and throws nothing', async () => {
    setProcAsound('/nowhere');
    await expect(ClockedCapture.open(undefined as never)).rejects.toThrow(/^options must be/);
    await expect(ClockedCapture.open({ ...stream, signal: 5 } as never)).rejects.toThrow(/^signal must be/);
    await expect(ClockedCapture.open(stream)).rejects.toMatchObject({ code: 'ERR_NO_LOOPBACK_CARD' });
    setProcAsound(undefined);
  });
});
