// What a trigger does, and what listeners are told. Conversations are explained in raw.ts; their records are
// EVENT:VALUE where the listener asked for TREAD, else RESOLUTION:TICKS.
import { afterEach, describe, expect, it } from 'vitest';
import {
  Pcm,
  type TimerEvent,
  TimerInstance,
  type TimerInstanceOptions,
  type UserTimer,
} from '../../../lib/index.js';
import { followKernelLog, takeCard } from './cable.js';
import { converse, raw, TRIGGERS_OVERLAP, useTimers } from './raw.js';

const create = useTimers();
const instances: TimerInstance[] = [];
afterEach(() => {
  for (const instance of instances.splice(0)) instance.close();
});

function started(timer: UserTimer, options?: TimerInstanceOptions): TimerInstance {
  const instance = TimerInstance.open(timer, options);
  instances.push(instance);
  instance.start();
  return instance;
}
const ticks = (events: readonly TimerEvent[]) =>
  events.reduce((sum, event) => sum + (event.type === 'tick' ? event.count : 0), 0);
const timestamp = (event: TimerEvent | undefined) => {
  if (event?.type !== 'tick') throw new Error('no tick');
  return event.timestampNs;
};

const START = 2;
const STOP = 3;
/** Filters. */
const START_STOP = (1 << START) | (1 << STOP);
const CHANGES = 0x3c;
const RESOLUTION_AND_TICK = 3;

describe('A trigger', () => {
  it('L01 without a listener is no error, and is kept for nobody', () =>
    converse(`
      create t
      trigger t 3
      open a
      select a t
      params a
      start a
      read a => EAGAIN`));

  it('L02 is nothing to a listener that was not started', () =>
    converse(`
      create t
      open a
      select a t
      params a
      trigger t
      read a => EAGAIN`));

  it('L03 has delivered its tick when it returns, ten thousand times', () => {
    const timer = create();
    const instance = started(timer);
    let missing = 0;
    for (let i = 0; i < 10_000; i += 1) {
      timer.trigger();
      if (ticks(instance.read()) !== 1) missing += 1;
    }
    expect(missing).toBe(0);
  });

  it('L04 adds to the plain record that nobody read yet', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      trigger t 5
      read a => 10000000:5
      read a => EAGAIN`));

  it('L05 adds to the timestamped record, which gets the time of the latest', async () => {
    const timer = create();
    const instance = started(timer);
    for (let i = 0; i < 4; i += 1) timer.trigger();
    const before = process.hrtime.bigint();
    timer.trigger();
    const events = instance.read();
    expect(events).toEqual([{ type: 'tick', count: 5, timerTicks: 5, timestampNs: expect.any(BigInt) }]);
    expect(timestamp(events[0])).toBeGreaterThanOrEqual(before);
  });

  it('L06 is a record of its own when the last was read', () => {
    const timer = create();
    const instance = started(timer);
    const times = Array.from({ length: 5 }, () => {
      timer.trigger();
      const events = instance.read();
      expect(events).toMatchObject([{ type: 'tick', count: 1 }]);
      return timestamp(events[0]);
    });
    expect(new Set(times).size).toBe(5);
    expect(times.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(times);
  });
});

describe('Events', () => {
  it('L07 the resolution comes before the first tick, once', () =>
    converse(`
      create t
      open a
      tread64 a
      select a t
      params a filter=${RESOLUTION_AND_TICK}
      start a
      trigger t
      read a => 0:10000000 1:1
      trigger t
      read a => 1:1`));

  it('L08 a filter of nothing lets no tick through', () =>
    converse(`
      create t
      open a
      tread64 a
      select a t
      params a filter=0
      start a
      trigger t 3
      read a => EAGAIN`));

  it('L09 start, pause, continue and stop come in order', () =>
    converse(`
      create t
      open a
      tread64 a
      select a t
      params a filter=${CHANGES}
      start a
      pause a
      continue a
      stop a
      read a => 2:10000000 5:0 4:10000000 3:0`));

  it('L10 an early event is there at once', () =>
    converse(`
      create t
      open a
      tread64 a
      select a t
      poll a => idle
      params a flags=5
      poll a => readable
      read a => 6:0
      open b
      select b t
      params b flags=5
      poll b => readable
      read b => 0:0`));
});

describe('Counting', () => {
  it('L11 a one-shot listener gets one tick, and is stopped then', () =>
    converse(`
      create t
      open a
      select a t
      params a flags=0
      start a
      trigger t 3
      read a => 10000000:1
      stop a => EBUSY`));

  it('L12 alone with ticks=10, a listener gets ten for each trigger', () =>
    converse(`
      create t
      open a
      select a t
      params a ticks=10
      start a
      trigger t 3
      read a => 10000000:30`));

  it('L13 beside another, a listener with ticks=10 gets one event for ten triggers', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      open b
      select b t
      params b ticks=10
      start b
      trigger t 10
      read b => EAGAIN
      trigger t
      read b => 10000000:10
      read a => 10000000:11`));

  it('L14 its rate changes when another one joins', () =>
    converse(`
      create t
      open a
      select a t
      params a ticks=10
      start a
      trigger t
      read a => 10000000:10
      open b
      select b t
      params b
      start b
      trigger t
      read a => 10000000:10
      read b => EAGAIN
      trigger t 9
      read a => EAGAIN
      trigger t
      read a => 10000000:10
      read b => 10000000:10`));
});

describe('Start and stop', () => {
  it('L15 beside one that runs, a start takes effect with the next trigger, which it misses', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      open b
      select b t
      params b
      start b
      trigger t 3
      read a => 10000000:3
      read b => 10000000:2`));

  it('L16 so does starting again', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      open b
      select b t
      params b
      start b
      trigger t 2
      read b => 10000000:1
      start b
      trigger t
      read b => EAGAIN
      trigger t
      read b => 10000000:1`));

  it('L17 nothing comes during a pause', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      pause a
      trigger t
      read a => EAGAIN
      continue a
      trigger t
      read a => 10000000:1`));

  it('L18 to continue without a pause is to start', () =>
    converse(`
      create t
      open a
      select a t
      params a
      continue a
      trigger t
      read a => 10000000:1`));

  it('L19 before a timer is selected, everything is EBADFD', () =>
    converse(`
      open a
      info a => EBADFD
      params a => EBADFD
      status a => EBADFD
      start a => EBADFD
      stop a => EBADFD
      continue a => EBADFD
      pause a => EBADFD`));

  it('L20 the second stop is EBUSY, and so is a pause then', () =>
    converse(`
      create t
      open a
      select a t
      params a
      stop a => EBUSY
      start a
      stop a
      stop a => EBUSY
      pause a => EBUSY`));

  it('L21 the kind of records cannot change once a timer is selected', () =>
    converse(`
      create t
      open a
      select a t
      tread a => EBUSY
      tread64 a => EBUSY`));

  it('L22 to select what is not there drops what was selected', () =>
    converse(`
      create t
      open a
      select a t
      info a
      select a nothing => ENODEV
      info a => EBADFD
      clients t => 0`));
});

describe('Limits', () => {
  it('L23 of parameters', () =>
    converse(`
      create t
      open a
      select a t
      params a ticks=0 => EINVAL
      params a queue=31 => EINVAL
      params a queue=1025 => EINVAL
      params a filter=0x40 => EINVAL
      params a filter=0x80000000 => EINVAL
      params a queue=32
      params a queue=1024
      params a queue=0
      params a filter=0x6f1bf`));

  it('L24 no parameters for ticks below 1 ms', () =>
    converse(`
      create t 999999
      open a
      select a t
      params a => EINVAL
      create u 1000000
      select a u
      params a`));

  it('L25 no start for ticks below 100 us', () =>
    converse(`
      create t 99999
      open a
      select a t
      start a => EINVAL
      create u 100000
      select a u
      start a
      trigger u
      read a => 100000:1`));

  it('L26 the product of resolution and ticks may wrap to nothing', () =>
    converse(`
      create t 9223372036854775808
      open a
      select a t
      params a ticks=2 => EINVAL
      params a ticks=3`));

  it('L27 a read of less than a record gets 0 bytes, and leaves the record', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      open b
      tread64 b
      select b t
      params b
      start b
      trigger t 2
      read a 7 => 0 bytes
      read a 15 => 10000000:2
      read b 31 => 0 bytes
      read b 32 => 1:1`));

  it('L28 a read of nothing is EAGAIN where it must not wait', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      read a => EAGAIN`));

  it('L29 one read takes all records that it has room for', () =>
    converse(`
      create t
      open a
      tread64 a
      select a t
      params a filter=${CHANGES | RESOLUTION_AND_TICK}
      start a
      trigger t
      stop a
      read a 64 => 2:10000000 0:10000000
      read a => 1:1 3:0
      read a => EAGAIN`));

  it('L30 what finds the queue full is dropped, and counted', () => {
    const pairs = Array.from({ length: 20 }, () => 'start a\nstop a').join('\n');
    return converse(`
      create t
      open a
      tread64 a
      select a t
      params a queue=32 filter=${START_STOP}
      ${pairs}
      status a => resolution 10000000 lost 0 overrun 8 queue 32
      read a => ${Array.from({ length: 16 }, () => '2:10000000 3:0').join(' ')}
      start a
      read a => 2:10000000
      status a => resolution 10000000 lost 0 overrun 8 queue 0`);
  });

  it('L31 from 2^32 ns on, plain records do not add up, and overrun', () =>
    converse(`
      create t 4294967301
      open a
      select a t
      params a
      start a
      trigger t 130
      status a => resolution 5 lost 0 overrun 2 queue 128
      read a => 5:1x128`));

  it('L32 the status has the time of the last start, the queue, and no losses', () => {
    const timer = create();
    const before = process.hrtime.bigint();
    const instance = started(timer, { events: ['tick', 'start'] });
    const after = process.hrtime.bigint();
    timer.trigger();
    const status = instance.status();
    expect(status).toMatchObject({ lost: 0, overrun: 0, queue: 2, resolutionNs: 10_000_000n });
    expect(status.timestampNs).toBeGreaterThanOrEqual(before);
    expect(status.timestampNs).toBeLessThanOrEqual(after);
  });

  it('L33 timestamps are of the monotonic clock, taken within the trigger', () => {
    const timer = create();
    const instance = started(timer);
    expect(instance.clock()).toBe('monotonic');
    for (let i = 0; i < 100; i += 1) {
      const before = process.hrtime.bigint();
      timer.trigger();
      const after = process.hrtime.bigint();
      const time = timestamp(instance.read()[0]);
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(after);
    }
  });
});

describe('Waiting', () => {
  it('L34 poll follows the queue', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      poll a => idle
      trigger t
      poll a => readable
      read a => 10000000:1
      poll a => idle`));

  it('L35 signals come, but are no count of ticks', async () => {
    const { ticks: records, signals } = await raw('signalled');
    expect(records).toBe(1000);
    expect(signals).toBeGreaterThanOrEqual(1);
    expect(signals).toBeLessThanOrEqual(1000);
  });
});

describe('Several listeners', () => {
  it('L36 the first one may be exclusive: others, and cables, get EBUSY', async () => {
    await converse(`
      create t
      open a
      select a t
      params a flags=3
      open b
      select b t => EBUSY
      close a
      select b t`);
    const { card, giveBack } = await takeCard();
    try {
      const timer = create();
      card.setTimerSource(timer);
      const instance = TimerInstance.open(timer, { exclusive: true });
      const open = () =>
        Pcm.open({
          ...{ card: card.number, device: 0, substream: 0, direction: 'playback' },
          ...{ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 },
        });
      expect(open).toThrow(expect.objectContaining({ code: 'EBUSY', syscall: 'open' }));
      instance.close();
      open().close();
    } finally {
      await giveBack();
    }
  });

  it('L37 a later one may not', () =>
    converse(`
      create t
      open a
      select a t
      open b
      select b t
      params b flags=3
      open c
      select c t
      clients t => 3`));

  it('L38 there may be a thousand of them', async () => {
    expect(await raw('crowd')).toEqual({ clients: 1000, next: 'EBUSY' });
  });

  it('L39 fifty get every trigger after the one that makes them run', () => {
    const timer = create();
    const all = Array.from({ length: 50 }, () => started(timer));
    for (let i = 0; i < 100; i += 1) timer.trigger();
    expect(all.map((instance) => ticks(instance.read()))).toEqual([100, ...Array(49).fill(99)]);
  });
});

describe('The owner closes the timer', () => {
  const dead = {
    info: 'EBADFD',
    params: 'EBADFD',
    start: 'EINVAL',
    continue: 'EINVAL',
    stop: 'EINVAL',
    pause: 'EINVAL',
    status: 'ok',
    resolution: 0,
  };

  it('L40 who asked for STOP is told, and everything but STATUS fails then', async () => {
    expect(await raw('die-told')).toEqual({
      ...{ poll: 1, readable: 1, bytes: 32, event: STOP, value: 0, more: 'EAGAIN' },
      ...dead,
    });
  });

  it('L41 who reads plain records waits for ever', async () => {
    expect(await raw('die-untold')).toEqual({ ended: 0, poll: 0, read: 'EINTR' });
  });

  it('L42 the listener can select another timer', () =>
    converse(`
      create t
      open a
      select a t
      params a
      start a
      trigger t
      close t
      info a => EBADFD
      read a => 10000000:1
      create t 20000000
      select a t
      params a
      start a
      trigger t
      read a => 20000000:1`));
});

describe('Several threads', () => {
  it('L43 trigger at once: every tick comes, at the latest with the next trigger', async () => {
    const { processors, before, total } = await raw('trigger-at-once');
    expect(processors).toBeGreaterThan(1);
    expect(before).toBeLessThanOrEqual(20_000);
    expect(total).toBe(20_001);
  });

  it('L44 trigger in turn: every tick comes at once', async () => {
    expect(await raw('trigger-in-turn')).toEqual({ total: 20_000 });
  });

  it('L45 trigger in turn while listeners come and go', async () => {
    using log = followKernelLog();
    expect(await raw('churn-in-turn', 5_000)).toEqual({ clients: 0, trigger: 'ok', ticks: 1 });
    expect(log.faults()).toEqual([]);
  });

  it('L45 trigger at once for 30 s while listeners come and go', async ({ skip }) => {
    const { deferred } = await raw('defers');
    skip(deferred === 0, TRIGGERS_OVERLAP);
    using log = followKernelLog();
    expect(await raw('churn-at-once', 30)).toEqual({ clients: 0, trigger: 'ok', ticks: 1 });
    expect(log.faults()).toEqual([]);
  });
});

describe('A slave', () => {
  it('L46 follows its master, and is no client of the timer', () =>
    converse(`
      create t
      open a
      select a t
      params a
      open b
      select b slave
      params b
      start b
      trigger t
      read b => EAGAIN
      start a
      trigger t 3
      read a => 10000000:3
      read b => 10000000:3
      clients t => 1
      close a
      info b => EBADFD
      trigger t
      read b => EAGAIN`));
});
