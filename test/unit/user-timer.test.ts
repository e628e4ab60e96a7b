import { constants } from 'node:os';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlsaError, UserTimer, type UserTimerOptions } from '../../lib/index.js';
import { setNative } from '../../lib/native/load.js';
import { FakeBinding, failedCall } from '../support/fake-binding.js';

let kernel: FakeBinding;

beforeEach(() => {
  kernel = new FakeBinding();
  setNative(kernel);
});
afterEach(() => setNative(undefined));

const withCode = (code: string) => expect.objectContaining({ code });

describe('UserTimer.create', () => {
  it('computes the resolution of a period', () => {
    using timer = UserTimer.create({ rate: 44_100, periodFrames: 1_024 });
    expect(timer.resolutionNs).toBe(23_219_954n);
  });

  it('takes a resolution as it is, up to the last nanosecond of 64 bits', () => {
    using timer = UserTimer.create({ resolutionNs: 2n ** 64n - 1n });
    expect(timer.resolutionNs).toBe(2n ** 64n - 1n);
  });

  it('names the timer as the kernel and as snd-aloop do', () => {
    using _first = UserTimer.create({ resolutionNs: 1n });
    using timer = UserTimer.create({ resolutionNs: 1n });
    expect(timer.id).toBe(1);
    expect(timer.timerSource).toBe('-1.4.1');
    expect(timer.timerId).toEqual({
      class: 'global',
      slaveClass: 'none',
      card: -1,
      device: 4,
      subdevice: 1,
    });
  });

  it('holds the wanted id and gives back every other timer it took on the way', () => {
    using timer = UserTimer.create({ resolutionNs: 1n, id: 5 });
    expect(timer.id).toBe(5);
    expect([...kernel.timers.keys()]).toEqual([5]);
  });

  it('says that an id is taken, and leaves nothing behind', () => {
    using _holder = UserTimer.create({ resolutionNs: 1n, id: 5 });
    expect(() => UserTimer.create({ resolutionNs: 1n, id: 5 })).toThrow(withCode('ERR_TIMER_ID_TAKEN'));
    expect([...kernel.timers.keys()]).toEqual([5]);
  });

  it('says that an id is taken when it is the last and all before it could be had', () => {
    using _holder = UserTimer.create({ resolutionNs: 1n, id: 127 });
    expect(() => UserTimer.create({ resolutionNs: 1n, id: 127 })).toThrow(withCode('ERR_TIMER_ID_TAKEN'));
    expect([...kernel.timers.keys()]).toEqual([127]);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['null', null, 'ERR_INVALID_ARG_TYPE'],
    ['no resolution', {}, 'ERR_INVALID_ARG_VALUE'],
    ['two resolutions', { resolutionNs: 1n, rate: 48_000, periodFrames: 480 }, 'ERR_INVALID_ARG_VALUE'],
    ['a rate alone', { rate: 48_000 }, 'ERR_INVALID_ARG_TYPE'],
    ['a number for a resolution', { resolutionNs: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['a resolution of 0', { resolutionNs: 0n }, 'ERR_OUT_OF_RANGE'],
    ['a negative resolution', { resolutionNs: -1n }, 'ERR_OUT_OF_RANGE'],
    ['a resolution of 2^64', { resolutionNs: 2n ** 64n }, 'ERR_OUT_OF_RANGE'],
    ['an id of 128', { resolutionNs: 1n, id: 128 }, 'ERR_OUT_OF_RANGE'],
    ['an id of -1', { resolutionNs: 1n, id: -1 }, 'ERR_OUT_OF_RANGE'],
    ['an id as text', { resolutionNs: 1n, id: '5' }, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s before it asks the kernel', (_what, options, code) => {
    expect(() => UserTimer.create(options as UserTimerOptions)).toThrow(withCode(code));
    expect(kernel.timers.size).toBe(0);
  });

  it.each([
    [2, 'open', 'ENOENT', /modprobe snd-timer/],
    [13, 'open', 'EACCES', /group audio/],
    [25, 'ioctl SNDRV_TIMER_IOCTL_CREATE', 'ENOTTY', /CONFIG_SND_UTIMER/],
    [28, 'ioctl SNDRV_TIMER_IOCTL_CREATE', 'ENOSPC', /All 128/],
    [24, 'ioctl SNDRV_TIMER_IOCTL_CREATE', 'EMFILE', /ulimit -n/],
  ])('explains errno %i of %s', (errno, syscall, code, hint) => {
    kernel.createUtimer = (path) => {
      throw failedCall(errno, syscall, path);
    };
    let thrown: unknown;
    try {
      UserTimer.create({ resolutionNs: 1n });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AlsaError);
    expect(thrown).toMatchObject({ code, errno: -errno, syscall, path: '/dev/snd/timer' });
    expect((thrown as AlsaError).hint).toMatch(hint);
    expect((thrown as AlsaError).message).toContain(syscall);
  });
});

describe('A UserTimer', () => {
  it('triggers itself and no other', () => {
    using first = UserTimer.create({ resolutionNs: 1n });
    using second = UserTimer.create({ resolutionNs: 1n });
    second.trigger();
    first.trigger();
    expect(kernel.triggers).toEqual([1, 0]);
  });

  it('is closed once, however often it is asked to', () => {
    const timer = UserTimer.create({ resolutionNs: 1n });
    timer.close();
    using _next = UserTimer.create({ resolutionNs: 1n });
    timer.close();
    timer[Symbol.dispose]();
    expect(timer.closed).toBe(true);
    expect(kernel.timers.size).toBe(1);
  });

  it('refuses to trigger once closed', () => {
    const timer = UserTimer.create({ resolutionNs: 1n });
    timer.close();
    expect(() => timer.trigger()).toThrow(withCode('ERR_CLOSED'));
  });
});

describe('UserTimer.isSupported', () => {
  it('answers as the kernel does, and creates nothing', () => {
    expect(UserTimer.isSupported()).toBe(true);
    kernel.supported = false;
    expect(UserTimer.isSupported()).toBe(false);
    expect(kernel.timers.size).toBe(0);
  });

  it('is false where the device is missing, or is not for this process', () => {
    for (const errno of [constants.errno.ENOENT, constants.errno.EACCES, constants.errno.ENODEV]) {
      kernel.utimerSupported = () => {
        throw failedCall(errno, 'open', '/dev/snd/timer');
      };
      expect(UserTimer.isSupported()).toBe(false);
    }
  });
});

describe('What a UserTimer is', () => {
  it('is printed as what it is', () => {
    const timer = UserTimer.create({ resolutionNs: 10_000_000n });
    expect(inspect(timer)).toBe(
      "UserTimer {\n  id: 0,\n  resolutionNs: 10000000n,\n  timerSource: '-1.4.0',\n  closed: false\n}",
    );
    expect(inspect({ timer }, { depth: 0 })).toBe('{ timer: [UserTimer] }');
    timer.close();
    expect(inspect(timer)).toContain('closed: true');
  });

  it('is created of the parameters of a PCM as well', () => {
    const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
    using timer = UserTimer.create(stream);
    expect(timer.resolutionNs).toBe(10_000_000n);
  });
});
