// What the kernel's own selftests of userspace-driven timers check (tools/testing/selftests/alsa: utimer-test,
// global-timer), through the library.
import { describe, expect, it } from 'vitest';
import { UserTimer } from '../../../lib/index.js';
import { listen, raw, timerLines, useTimers } from './raw.js';

const create = useTimers();

describe('The selftests of the kernel', () => {
  it('K01 ten triggers are ten ticks at a bound listener', async () => {
    const timer = create({ rate: 8_000, periodFrames: 4_410 });
    const { done } = await listen(timer.id, 10);
    for (let i = 0; i < 10; i += 1) timer.trigger();
    expect(await done).toEqual({ more: 0, ticks: 10, overrun: 0 });
  });

  it('K02 wrong timers are refused', async () => {
    const before = timerLines();
    expect(() => UserTimer.create({ resolutionNs: 0n })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
    expect(await raw('create-zero')).toMatchObject({ result: 'EINVAL' });
    expect(await raw('create-null')).toMatchObject({ result: 'EFAULT' });
    expect(timerLines()).toEqual(before);
  });

  it('K03 a timer that is not there cannot be listened to', async () => {
    const { id } = create();
    expect(await raw('select', id)).toEqual({ result: 'ok' });
    expect(await raw('select', 128)).toEqual({ result: 'ENODEV' });
  });
});
