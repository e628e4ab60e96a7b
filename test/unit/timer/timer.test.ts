// What is decided about timers, their ids, events and parameters, without a kernel.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  describeTimerId,
  formatTimerId,
  globalTimerId,
  isUserDriven,
  listTimers,
  pcmTimerId,
  setTimerParams,
  type TimerId,
  TimerInstance,
  timerInfo,
  userTimerId,
  userTimerSource,
} from '../../../lib/index.js';
import type { TimerInstanceHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound } from '../../../lib/proc.js';
import { filterBit, TIMER_EVENT_NAMES } from '../../../lib/timer/events.js';
import { parseTimers } from '../../../lib/timer/proc-timers.js';
import { RecordBuffer } from '../../../lib/timer/records.js';
import { FakeBinding } from '../../support/fake-binding.js';

/** Calls that reached the seam. */
let calls: unknown[][];
let read: (records: BigInt64Array) => number;
let probe: () => number;
let info: () => { flags: number; card: number; id: string; name: string; resolution: bigint };

class WithInstances extends FakeBinding {
  override openTimerInstance(...opened: unknown[]): TimerInstanceHandle {
    calls.push(['open', ...opened]);
    let closed = false;
    const note =
      (name: string) =>
      (...values: unknown[]) => {
        calls.push([name, ...values]);
      };
    return {
      select: (...values) => {
        note('select')(...values);
        return 1234;
      },
      set: note('set'),
      start: note('start'),
      stop: note('stop'),
      continue: note('continue'),
      pause: note('pause'),
      info: () => info(),
      probe: () => probe(),
      status: () => ({ timestamp: 0n, resolution: 0, lost: 0, overrun: 0, queue: 0 }),
      read: (records) => read(records),
      listen: () => note('listen')(),
      unlisten: note('unlisten'),
      setRef: note('setRef'),
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  }
}

beforeEach(() => {
  calls = [];
  read = () => 0;
  probe = () => 0;
  info = () => ({ flags: 0, card: -1, id: 'snd-utimer0', name: '', resolution: 10_000_000n });
  setNative(new WithInstances());
});
afterEach(() => setNative(undefined));

describe('Timer ids', () => {
  it('say what they are', () => {
    const ids: TimerId[] = [
      userTimerId(3),
      globalTimerId('hrtimer'),
      globalTimerId('system'),
      pcmTimerId(0, 1, 2, 'capture'),
      { class: 'slave', slaveClass: 'application', card: -1, device: 99, subdevice: 0 },
      { class: 'card', slaveClass: 'none', card: 0, device: 1, subdevice: 0 },
    ];
    expect(ids.map((id) => describeTimerId(id))).toEqual([
      'userspace-driven timer 3',
      'hrtimer',
      'system timer',
      'timer of hw:0,1,2 capture',
      'slave of application 99',
      'timer 1.0 of card 0',
    ]);
  });

  it('have the subdevices that the kernel gives to the timers of PCM substreams', () => {
    expect(pcmTimerId(1, 0, 3, 'playback').subdevice).toBe(6);
    expect(pcmTimerId(1, 0, 3, 'capture').subdevice).toBe(7);
  });

  it.each([
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [4, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [{ timerId: 4 }, 'ERR_INVALID_ARG_TYPE'],
    [{ ...userTimerId(0), class: 'usb' }, 'ERR_INVALID_ARG_VALUE'],
    [{ ...userTimerId(0), device: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ ...userTimerId(0), subdevice: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    [{ ...userTimerId(0), card: '0' }, 'ERR_INVALID_ARG_TYPE'],
  ])('are refused where they are none: %o', (value, code) => {
    expect(() => TimerInstance.open(value as never)).toThrow(expect.objectContaining({ code }));
    for (const take of [timerInfo, describeTimerId, formatTimerId, isUserDriven]) {
      expect(() => take(value as never)).toThrow(expect.objectContaining({ code }));
    }
    expect(calls).toEqual([]);
  });

  it.each([
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    ['0', 'ERR_INVALID_ARG_TYPE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [0.5, 'ERR_OUT_OF_RANGE'],
    [128, 'ERR_OUT_OF_RANGE'],
  ])('are made of a number of a userspace-driven timer only: %o', (value, code) => {
    for (const make of [userTimerId, userTimerSource]) {
      expect(() => make(value as never)).toThrow(expect.objectContaining({ code }));
    }
  });
});

describe('The filter', () => {
  it('with all events is the mask that the kernel takes', () => {
    const bits = TIMER_EVENT_NAMES.map(filterBit);
    expect(bits.reduce((all, bit) => all | bit, 0)).toBe(0x6f1bf);
    expect((['start', 'stop', 'continue', 'pause'] as const).map(filterBit)).toEqual([4, 8, 16, 32]);
  });
});

describe('A record', () => {
  const event = (number: number, value: number, isStamped = true, intervalTicks = 1) => {
    const buffer = new RecordBuffer(1);
    buffer.records[0] = 77n;
    new Uint32Array(buffer.records.buffer).set([number, value], 2);
    return buffer.event(0, { isStamped, intervalTicks });
  };

  it('is an event of its own kind', () => {
    expect(event(1, 3)).toEqual({ type: 'tick', count: 3, timerTicks: 3, timestampNs: 77n });
    expect(event(0, 0xffff_ffff)).toEqual({
      type: 'resolution',
      resolutionNs: 0xffff_ffffn,
      timestampNs: 77n,
    });
    expect(event(12, 5)).toEqual({ type: 'master-start', resolutionNs: 5n, timestampNs: 77n });
    expect(event(18, 5)).toEqual({ type: 'master-resume', resolutionNs: 5n, timestampNs: 77n });
    expect(event(17, 0)).toEqual({ type: 'master-suspend', timestampNs: 77n });
    expect(event(3, 0)).toEqual({ type: 'stop', timestampNs: 77n });
    expect(event(9, 4)).toEqual({ type: 'unknown', event: 9, value: 4, timestampNs: 77n });
    expect(event(99, 4)).toEqual({ type: 'unknown', event: 99, value: 4, timestampNs: 77n });
  });

  it('has the resolution and no time when it is plain', () => {
    expect(event(1, 3, false)).toEqual({
      type: 'tick',
      count: 3,
      timerTicks: 3,
      timestampNs: 0n,
      resolutionNs: 77n,
    });
  });
});

describe('The count of a tick', () => {
  const counted = (timerTicks: number, intervalTicks: number) => {
    const buffer = new RecordBuffer(1);
    new Uint32Array(buffer.records.buffer).set([1, timerTicks], 2);
    return buffer.tick(0, { isStamped: true, intervalTicks });
  };

  it('is how often the instance ticked, not its timer', () => {
    expect(counted(10_000_000, 10_000_000)).toMatchObject({ count: 1, timerTicks: 10_000_000 });
    expect(counted(50_000_003, 10_000_000)).toMatchObject({ count: 5, timerTicks: 50_000_003 });
    expect(counted(7, 1)).toMatchObject({ count: 7, timerTicks: 7 });
  });

  it('is one at least', () => {
    expect(counted(1, 10)).toMatchObject({ count: 1, timerTicks: 1 });
    expect(counted(0, 10)).toMatchObject({ count: 1, timerTicks: 0 });
  });
});

describe('Parameters', () => {
  it('have defaults, and STOP is always in the filter', () => {
    TimerInstance.open(userTimerId(5)).close();
    expect(calls).toEqual([
      ['open', '/dev/snd/timer', true],
      ['select', 1, 0, -1, 4, 5],
      ['set', 1, 1, 128, 0b1010],
    ]);
  });

  it('reach the kernel as they were given', () => {
    info = () => ({ flags: 0, card: -1, id: 'system', name: '', resolution: 4_000_000n });
    const events = ['tick', 'early'] as never;
    expect(() => TimerInstance.open(globalTimerId('system'), { events })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
    TimerInstance.open(globalTimerId('system'), {
      ...{ intervalTicks: 3, autoStart: false, exclusive: true, earlyEvent: true, queueSize: 32 },
      ...{ events: ['master-start'], records: 'plain' },
    }).close();
    expect(calls).toEqual([
      ['open', '/dev/snd/timer', false],
      ['select', 1, 0, -1, 0, 0],
      ['set', 6, 3, 32, (1 << 12) | 8],
    ]);
  });

  it.each([
    [{ intervalTicks: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ intervalTicks: 2 }, 'ERR_OUT_OF_RANGE'],
    [{ intervalTicks: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ queueSize: 31 }, 'ERR_OUT_OF_RANGE'],
    [{ queueSize: 1025 }, 'ERR_OUT_OF_RANGE'],
    [{ autoStart: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ exclusive: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
    [{ earlyEvent: null }, 'ERR_INVALID_ARG_TYPE'],
    [{ events: 'tick' }, 'ERR_INVALID_ARG_TYPE'],
    [{ events: ['tock'] }, 'ERR_INVALID_ARG_VALUE'],
    [{ records: 'tread' }, 'ERR_INVALID_ARG_VALUE'],
    [{ parameters: false }, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
  ])('are checked before any call: %o', (options, code) => {
    expect(() => TimerInstance.open(userTimerId(0), options as never)).toThrow(
      expect.objectContaining({ code }),
    );
    expect(calls).toEqual([]);
  });

  it('are not tried on ticks shorter than a millisecond', () => {
    info = () => ({ flags: 0, card: -1, id: 'snd-utimer0', name: '', resolution: 999_999n });
    expect(() => TimerInstance.open(userTimerId(0))).toThrow(
      expect.objectContaining({ code: 'ERR_TIMER_RESOLUTION', hint: expect.stringContaining("'kernel'") }),
    );
    expect(calls.some(([name]) => name === 'set')).toBe(false);
    info = () => ({ flags: 1, card: 0, id: 'PCM', name: '', resolution: 0n });
    expect(() => TimerInstance.open(pcmTimerId(0, 0, 0, 'playback'))).not.toThrow();
  });
});

describe('Reading', () => {
  it('hides the stops of the instance itself, and ends when the timer is gone', () => {
    const instance = TimerInstance.open(userTimerId(0));
    const stop = (records: BigInt64Array) => {
      new Uint32Array(records.buffer).set([3, 0], 2);
      return 1;
    };
    read = stop;
    expect(instance.read()).toEqual([]);
    probe = () => 77;
    expect(instance.read()).toEqual([{ type: 'end' }]);
    expect(instance.ended).toBe(true);
    read = () => 0;
    expect(instance.read()).toEqual([]);
  });

  it('ends when the card is gone, and fails for other reasons', () => {
    const instance = TimerInstance.open(userTimerId(0));
    read = () => -5;
    expect(() => instance.read()).toThrow(expect.objectContaining({ code: 'EIO', syscall: 'read' }));
    read = () => -19;
    expect(instance.read()).toEqual([{ type: 'end' }]);
  });

  it('checks its signal', () => {
    const instance = TimerInstance.open(userTimerId(0));
    expect(() => instance.events({ signal: {} as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  });

  it('waits only while somebody listens', () => {
    const instance = TimerInstance.open(userTimerId(0));
    calls.length = 0;
    const handler = () => {};
    instance.on('error', handler);
    expect(calls).toEqual([]);
    instance.on('tick', handler);
    instance.once('end', handler);
    instance.off('tick', handler);
    expect(calls).toEqual([['listen']]);
    instance.removeAllListeners('end');
    expect(calls).toEqual([['listen'], ['unlisten']]);
    instance.start();
    const iteration = instance.events();
    void iteration.return?.();
    expect(calls.slice(2)).toEqual([['start'], ['listen'], ['unlisten']]);
  });
});

describe('/proc/asound/timers', () => {
  it('lists timers and their clients', () => {
    const text = [
      'G0: system timer : 4000.000us (10000000 ticks)',
      '  Client sequencer queue 0 : stopped',
      'G4:  : 10000.000us (1 ticks)',
      '  Client application 4711 : running',
      '  Client Loopback : stopped',
      'C1-0: OPL3 timer #1 : 80.000us (1 ticks)',
      'P0-1-3: PCM capture 0-1-3 : SLAVE',
      '',
    ].join('\n');
    expect(parseTimers(text)).toEqual([
      {
        address: [1, -1, 0, undefined],
        resolution: 4_000_000n,
        clients: [{ owner: 'sequencer queue 0', running: false }],
      },
      {
        address: [1, -1, 4, undefined],
        resolution: 10_000_000n,
        clients: [
          { owner: 'application 4711', running: true },
          { owner: 'Loopback', running: false },
        ],
      },
      { address: [2, 1, 0, undefined], resolution: 80_000n, clients: [] },
      { address: [3, 0, 1, 3], resolution: undefined, clients: [] },
    ]);
  });
});

describe('Listing', () => {
  it('may find nothing', () => {
    expect(listTimers()).toEqual([]);
  });

  it('names clients only where /proc and the kernel mean the same timers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'utimer-list-'));
    const proc = (...lines: string[]) => writeFileSync(join(folder, 'timers'), `${lines.join('\n')}\n`);
    // Userspace-driven timers 0, of 10 ms, and 1, of 20 ms with a client.
    class TwoTimers extends FakeBinding {
      override timerGinfos(_path: string, addresses: Int32Array) {
        const infos = [];
        for (let i = 3; i < addresses.length; i += 4) {
          const id = addresses[i] as number;
          const rest = { flags: 0, card: -1, id: `snd-utimer${id}`, name: '', clients: id };
          const resolution = BigInt(id + 1) * 10_000_000n;
          infos.push(id < 2 ? { ...rest, resolution, resolutionMin: 0n, resolutionMax: 0n } : null);
        }
        return infos as null[];
      }
    }
    setNative(new TwoTimers());
    setProcAsound(folder);
    try {
      const client = '  Client application 7 : running';
      const clients = () => listTimers().map(({ clientList }) => clientList);
      proc('G4:  : 10000.000us (1 ticks)', 'G4:  : 20000.000us (1 ticks)', client);
      expect(clients()).toEqual([[], [{ owner: 'application 7', running: true }]]);
      // One went and another came meanwhile.
      proc('G4:  : 30000.000us (1 ticks)', 'G4:  : 20000.000us (1 ticks)', client);
      expect(clients()).toEqual([undefined, undefined]);
      // A client went.
      proc('G4:  : 10000.000us (1 ticks)', 'G4:  : 20000.000us (1 ticks)');
      expect(clients()).toEqual([[], undefined]);
      proc('G4:  : 10000.000us (1 ticks)');
      expect(clients()).toEqual([undefined, undefined]);
    } finally {
      setProcAsound(undefined);
      rmSync(folder, { recursive: true });
    }
  });

  it('does not fail where nothing can be read about clients', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-proc-'));
    // A folder in the place of the file: EISDIR, as any other error.
    mkdirSync(join(folder, 'timers'));
    setProcAsound(folder);
    try {
      expect(listTimers()).toEqual([]);
    } finally {
      setProcAsound(undefined);
      rmSync(folder, { recursive: true });
    }
  });

  it('shows what a driver has put into the names of its timer', () => {
    const info = { flags: 0, card: 0, id: 'x\x1b[2J', name: 'USB \x07', clients: 0, resolution: 1n };
    class Named extends FakeBinding {
      override timerGinfo(): never {
        return { ...info, resolutionMin: 0n, resolutionMax: 0n } as never;
      }
    }
    setNative(new Named());
    expect(timerInfo(userTimerId(0))).toMatchObject({ id: 'x\\x1b[2J', name: 'USB \\x07' });
  });

  it('says what to do about a timer that is not there', () => {
    expect(() => timerInfo(userTimerId(0))).toThrow(
      expect.objectContaining({ code: 'ENODEV', hint: expect.stringContaining('utimer list') }),
    );
    expect(() => setTimerParams(userTimerId(0), { numerator: 1n, denominator: 0n })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});
