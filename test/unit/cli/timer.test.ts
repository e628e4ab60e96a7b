// `utimer list` and `utimer listen` as far as they go without a kernel.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { duration } from '../../../lib/cli/timer/duration.js';
import type { TimerInstanceHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound } from '../../../lib/proc.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';
import { utimer } from '../../support/utimer.js';

/** What an owner leaves that closes its timer between SELECT and START. */
class GoneTimer extends FakeBinding {
  override openTimerInstance(): TimerInstanceHandle {
    let calls = 0;
    const unused = () => {
      throw new Error('not expected');
    };
    const gone = (errno: number) => () => {
      throw failedCall(errno, 'ioctl');
    };
    return {
      ...{ continue: unused, pause: unused, setRef: unused, status: unused },
      ...{ select: () => 1, set: () => {}, listen: () => {}, unlisten: () => {} },
      ...{ start: gone(22), stop: gone(22), probe: () => 77, read: () => 0 },
      ...{ close: () => {}, closed: () => false },
      info: () => {
        calls += 1;
        return calls > 1
          ? gone(77)()
          : { flags: 0, card: -1, id: 'snd-utimer3', name: '', resolution: 10_000_000n };
      },
    };
  }
}

class OneTimer extends FakeBinding {
  override enumerateTimers(): Int32Array {
    return Int32Array.of(1, -1, 0, 0, 1, -1, 4, 3);
  }
  override timerGinfos(_path: string, addresses: Int32Array) {
    const infos = [];
    for (let i = 0; i < addresses.length; i += 4) {
      const there = addresses[i + 2] === 0 || addresses[i + 3] === 3;
      infos.push(
        there
          ? {
              ...{ flags: 0, card: -1, id: `id${addresses[i + 3]}`, name: '', clients: 0 },
              ...{ resolution: 23_219_954n, resolutionMin: 0n, resolutionMax: 0n },
            }
          : null,
      );
    }
    return infos as null[];
  }
}

beforeEach(() => {
  setNative(new OneTimer());
  setProcAsound('/nowhere');
});
afterEach(() => {
  setNative(undefined);
  setProcAsound(undefined);
});

describe('utimer listen', () => {
  it('ends with an owner that closes its timer before anything else happens', async () => {
    setNative(new GoneTimer());
    expect(await utimer('listen', '-1.4.3')).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: expect.stringMatching(/^-1\.4\.3: .*\n0 ticks: the owner closed the timer\n$/),
    });
  });

  it('says what failed and what to do, and returns 1', async () => {
    const { code, stdout, stderr } = await utimer('listen', '-1.4.0');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^utimer listen: open failed on \/dev\/snd\/timer: ENOENT.*modprobe snd-timer.*\n$/,
    );
  });
});

describe('utimer list', () => {
  it('is a table', async () => {
    expect(await utimer('list')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'TIMER      TICK             CLIENTS  WHAT\n' +
        '-1.0.0     23.219954 ms     0        system timer\n' +
        '-1.4.3     23.219954 ms     0        userspace-driven timer 3\n',
    });
  });

  it('is one object a line', async () => {
    const { stdout } = await utimer('list', '--json');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ timer: '-1.0.0' }, { timer: '-1.4.3', class: 'global', resolutionNs: '23219954' }]);
  });
});

describe('A duration', () => {
  it('is in the unit that fits, exactly', () => {
    expect([0n, 1n, 1_500n, 10_000_000n, 23_219_954n, 1_000_000_000n, 4_294_967_301n].map(duration)).toEqual([
      '0 ns',
      '1 ns',
      '1.5 us',
      '10 ms',
      '23.219954 ms',
      '1 s',
      '4.294967301 s',
    ]);
  });
});
