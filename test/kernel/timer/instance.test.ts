// TimerInstance on a real kernel.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import {
  globalTimerId,
  pcmTimerId,
  type TimerEvent,
  TimerInstance,
  type TimerInstanceOptions,
  UserTimer,
  userTimerId,
} from '../../../lib/index.js';
import { LoopbackCard } from '../../../lib/loopback/index.js';
import { runChild } from '../../support/child.js';

const RESOLUTION = 10_000_000n;
const open: Disposable[] = [];
function using<T extends Disposable>(resource: T): T {
  open.push(resource);
  return resource;
}
const create = (resolution = RESOLUTION) => using(UserTimer.create({ resolutionNs: resolution }));
const listen = (timer: UserTimer, options?: TimerInstanceOptions) =>
  using(TimerInstance.open(timer, options));
const started = (timer: UserTimer, options?: TimerInstanceOptions) => {
  const instance = listen(timer, options);
  instance.start();
  return instance;
};
const ticks = (events: readonly TimerEvent[]) =>
  events.reduce((sum, event) => sum + (event.type === 'tick' ? event.count : 0), 0);
const types = (events: readonly TimerEvent[]) => events.map(({ type }) => type);
const turn = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  for (const resource of open.splice(0).reverse()) resource[Symbol.dispose]();
});

describe('An instance', () => {
  it('is bound to the timer it was opened on', () => {
    const timer = create();
    const instance = listen(timer);
    expect(instance.timerId).toEqual(userTimerId(timer.id));
    expect(instance.info()).toEqual({
      id: `snd-utimer${timer.id}`,
      name: '',
      card: -1,
      slave: false,
      resolutionNs: RESOLUTION,
    });
    expect(instance.status()).toEqual({
      timestampNs: 0n,
      resolutionNs: RESOLUTION,
      lost: 0,
      overrun: 0,
      queue: 0,
    });
    expect(instance.clock()).toBe('monotonic');
  });

  it('takes what is queued, with the time of the trigger', () => {
    const timer = create();
    const instance = started(timer);
    expect(instance.read()).toEqual([]);
    const before = process.hrtime.bigint();
    timer.trigger();
    const after = process.hrtime.bigint();
    expect(instance.status().queue).toBe(1);
    const events = instance.read();
    expect(events).toEqual([{ type: 'tick', count: 1, timerTicks: 1, timestampNs: expect.any(BigInt) }]);
    const [event] = events;
    if (event?.type !== 'tick') throw new Error('no tick');
    expectTypeOf(event.count).toBeNumber();
    expect(event.timestampNs).toBeGreaterThanOrEqual(before);
    expect(event.timestampNs).toBeLessThanOrEqual(after);
    expect(instance.read()).toEqual([]);
  });

  it('adds up ticks that nobody read', () => {
    const timer = create();
    for (const records of ['timestamped', 'plain'] as const) {
      const instance = started(timer, { records });
      for (let i = 0; i < 1000; i += 1) timer.trigger();
      expect(instance.read()).toEqual([
        {
          ...{ type: 'tick', count: 1000, timerTicks: 1000 },
          ...(records === 'plain'
            ? { timestampNs: 0n, resolutionNs: RESOLUTION }
            : { timestampNs: expect.any(BigInt) }),
        },
      ]);
      instance.close();
    }
  });

  it('tells what it was asked to tell, in order', () => {
    const timer = create();
    const instance = listen(timer, {
      events: ['resolution', 'tick', 'start', 'stop', 'continue', 'pause'],
    });
    instance.start();
    timer.trigger();
    instance.pause();
    timer.trigger();
    instance.continue();
    timer.trigger();
    instance.stop();
    const events = instance.read();
    expect(types(events)).toEqual(['start', 'resolution', 'tick', 'pause', 'continue', 'tick', 'stop']);
    expect(events.flatMap((event) => ('resolutionNs' in event ? [event.resolutionNs] : []))).toEqual([
      RESOLUTION,
      RESOLUTION,
      RESOLUTION,
    ]);
  });

  it('that runs is started anew by continue(), or EBUSY after a pause', () => {
    const instance = listen(create(), { events: ['start', 'stop'] });
    instance.continue();
    instance.continue();
    expect(types(instance.read())).toEqual(['start', 'stop', 'start']);
    for (const again of ['start', 'continue'] as const) {
      instance.pause();
      instance[again]();
      expect(() => instance.continue()).toThrow(
        expect.objectContaining({ code: 'EBUSY', hint: expect.stringContaining('runs already') }),
      );
    }
  });

  it('keeps its stops to itself when nobody asked for them', () => {
    const timer = create();
    const instance = started(timer);
    timer.trigger();
    instance.stop();
    instance.start();
    timer.trigger();
    expect(types(instance.read())).toEqual(['tick', 'tick']);
    expect(instance.ended).toBe(false);
  });

  it.each([
    ['stop and start', 'stop', 'start'],
    ['start', undefined, 'start'],
    ['stop and continue', 'stop', 'continue'],
  ] as const)('loses no tick to the stops of each %s', (_, stop, start) => {
    const timer = create();
    const instance = started(timer, { queueSize: 32 });
    for (let i = 0; i < 100; i += 1) {
      if (i % 2 === 0) timer.trigger();
      if (stop) instance[stop]();
      instance[start]();
    }
    for (let i = 0; i < 5; i += 1) timer.trigger();
    expect(instance.read()).toMatchObject([
      { type: 'tick', count: 50 },
      { type: 'tick', count: 5 },
    ]);
    expect(instance.status()).toMatchObject({ overrun: 0, queue: 0 });
  });

  it('keeps no more of what others asked for than its queue, and counts the rest', () => {
    const timer = create();
    const instance = listen(timer, { queueSize: 32, events: ['tick', 'start'] });
    for (let i = 0; i < 100; i += 1) {
      instance.start();
      timer.trigger();
      instance.stop();
    }
    const events = instance.read();
    const kept = events.slice(0, -1);
    const last = events.at(-1);
    expect(kept.length).toBeLessThan(64);
    expect(types(kept)).toEqual(kept.map((_, i) => (i % 2 === 0 ? 'start' : 'tick')));
    // Of those that the kernel counts, every third is a stop.
    expect(last).toEqual({ type: 'overrun', lost: instance.status().overrun });
    expect(ticks(kept)).toBeLessThan(100);
  });

  it('is told early where that was asked for', () => {
    const timer = create();
    for (const records of ['timestamped', 'plain'] as const) {
      expect(types(listen(timer, { records, earlyEvent: true }).read())).toEqual(['early']);
    }
  });

  it('stops itself after a tick without autoStart, and says EBUSY to a stop', () => {
    const timer = create();
    const instance = started(timer, { autoStart: false });
    for (let i = 0; i < 3; i += 1) timer.trigger();
    expect(ticks(instance.read())).toBe(1);
    expect(() => instance.stop()).toThrow(
      expect.objectContaining({ code: 'EBUSY', hint: expect.stringContaining('one-shot') }),
    );
  });

  it('counts what found its queue full, and says so where it is missing', () => {
    const timer = create();
    const instance = listen(timer, { queueSize: 32, events: ['start', 'stop'] });
    for (let i = 0; i < 20; i += 1) {
      instance.start();
      instance.stop();
    }
    expect(instance.status()).toMatchObject({ queue: 32, overrun: 8 });
    const events = instance.read();
    expect(events.length).toBe(33);
    expect(events.at(-1)).toEqual({ type: 'overrun', lost: 8 });
    for (let i = 0; i < 17; i += 1) {
      instance.start();
      instance.stop();
    }
    expect(instance.read().at(-1)).toEqual({ type: 'overrun', lost: 2 });
    expect(instance.read()).toEqual([]);
  });

  it('gets new parameters, and forgets what was queued', () => {
    const timer = create();
    const instance = started(timer);
    timer.trigger();
    instance.configure({ events: ['tick', 'start'], queueSize: 1024 });
    expect(instance.read()).toEqual([]);
    instance.start();
    timer.trigger();
    expect(types(instance.read())).toEqual(['start', 'tick']);
  });

  it('keeps others off a timer when it is its first client and exclusive', () => {
    const timer = create();
    listen(timer, { exclusive: true });
    expect(() => listen(timer)).toThrow(
      expect.objectContaining({ code: 'EBUSY', syscall: 'ioctl SNDRV_TIMER_IOCTL_SELECT' }),
    );
  });

  it('is followed by a slave, which is no client of the timer', () => {
    const timer = create();
    const master = started(timer);
    const slave = using(TimerInstance.open(master.slaveTimerId()));
    slave.start();
    for (let i = 0; i < 5; i += 1) timer.trigger();
    expect(ticks(master.read())).toBe(5);
    expect(ticks(slave.read())).toBe(5);
    master.close();
    expect(slave.read()).toEqual([{ type: 'end' }]);
  });

  it('is EBADFD for a slave without a master', () => {
    const id = { class: 'slave', slaveClass: 'application', card: -1, device: 1, subdevice: 0 } as const;
    for (const parameters of ['set', 'kernel'] as const) {
      expect(() => TimerInstance.open(id, { parameters })).toThrow(
        expect.objectContaining({ code: 'EBADFD', hint: expect.stringContaining('master') }),
      );
    }
  });

  it('refuses what the kernel would refuse without a reason', () => {
    const timer = create();
    expect(() => listen(timer, { intervalTicks: 2 })).toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
    );
    expect(() => listen(create(999_999n))).toThrow(expect.objectContaining({ code: 'ERR_TIMER_RESOLUTION' }));
    expect(() => TimerInstance.open(globalTimerId('hrtimer'), { intervalTicks: 999_999 })).toThrow(
      expect.objectContaining({ name: 'RangeError', message: expect.stringContaining('at least 1000000') }),
    );
    expect(() => listen(using(UserTimer.create({ resolutionNs: 1_000_000n })))).not.toThrow();
    timer.close();
    expect(() => TimerInstance.open(userTimerId(timer.id))).toThrow(
      expect.objectContaining({ code: 'ENODEV', hint: expect.stringContaining('utimer list') }),
    );
  });

  it('gets single ticks of a timer below 1 ms, by the parameters of the kernel', () => {
    const timer = create(333_333n);
    const instance = listen(timer, { parameters: 'kernel', records: 'plain' });
    for (let i = 0; i < 3; i += 1) {
      instance.start();
      timer.trigger();
      expect(ticks(instance.read())).toBe(1);
    }
    expect(() => listen(create(99_999n), { parameters: 'kernel' }).start()).toThrow(
      expect.objectContaining({ code: 'EINVAL', syscall: 'ioctl SNDRV_TIMER_IOCTL_START' }),
    );
  });

  it('refuses everything once closed', async () => {
    const instance = started(create());
    instance.close();
    instance.close();
    expect(instance.closed).toBe(true);
    const closed = expect.objectContaining({ code: 'ERR_CLOSED' });
    for (const call of [
      () => instance.start(),
      () => instance.stop(),
      () => instance.continue(),
      () => instance.pause(),
      () => instance.info(),
      () => instance.status(),
      () => instance.read(),
      () => instance.events(),
      () => instance.configure({}),
    ]) {
      expect(call).toThrow(closed);
    }
    // Handlers may still be there: they hear nothing.
    const errors: unknown[] = [];
    instance.on('error', (error) => errors.push(error));
    instance.on('tick', () => {});
    instance.once('event', () => {});
    await turn();
    expect(errors).toEqual([]);
  });

  it('listens to the timers of the kernel itself', async () => {
    const instance = using(TimerInstance.open(globalTimerId('hrtimer'), { intervalTicks: 2_000_000 }));
    instance.start();
    const times: bigint[] = [];
    for await (const event of instance) {
      if (event.type !== 'tick') throw new Error(event.type);
      times.push(event.timestampNs);
      if (times.length === 3) break;
    }
    expect(times.toSorted((a, b) => Number(a - b))).toEqual(times);
    expect(Number((times[2] as bigint) - (times[0] as bigint))).toBeGreaterThanOrEqual(3_900_000);
  });
});

describe('Delivery', () => {
  it('comes from the system timer, at the pace of its ticks', async () => {
    const id = globalTimerId('system');
    const probe = using(TimerInstance.open(id));
    const { resolutionNs: resolution } = probe.info();
    const instance = using(TimerInstance.open(id, { intervalTicks: 3 }));
    instance.start();
    const times: bigint[] = [];
    for await (const event of instance) {
      if (event.type !== 'tick') throw new Error(event.type);
      times.push(event.timestampNs);
      if (times.length === 4) break;
    }
    // A busy machine counts several jiffies at once, but comes back with one at the soonest.
    expect((times[3] as bigint) - (times[0] as bigint)).toBeGreaterThanOrEqual(resolution);
    expect(times.toSorted((a, b) => Number(a - b))).toEqual(times);
  });

  it('goes on to an iteration that waits when there are new parameters', async () => {
    const timer = create();
    const instance = started(timer);
    const iteration = instance.events();
    const waiting = iteration.next();
    instance.configure({ events: ['tick', 'start'], queueSize: 1024 });
    timer.trigger();
    await turn();
    instance.start();
    timer.trigger();
    expect(await waiting).toMatchObject({ value: { type: 'start' } });
    expect(await iteration.next()).toMatchObject({ value: { type: 'tick', count: 1 } });
  });

  it('ends in good order with all that came', async () => {
    const timer = create();
    const instance = started(timer, { events: ['tick', 'start', 'stop'] });
    const iteration = instance.events();
    timer.trigger();
    instance.stop();
    instance.finish();
    const seen: TimerEvent[] = [];
    for await (const event of iteration) seen.push(event);
    expect(types(seen)).toEqual(['start', 'tick', 'stop']);
    expect(instance.closed).toBe(false);
    expect(instance.read()).toEqual([]);
  });

  it('gives every trigger to an iteration', async () => {
    const timer = create();
    const iteration = started(timer).events();
    for (let i = 1; i <= 100; i += 1) {
      timer.trigger();
      const { value } = await iteration.next();
      expect(value).toMatchObject({ type: 'tick', count: 1 });
    }
    await iteration.return?.();
    await expect(iteration.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('starts nothing: an iteration of an instance that was not started is refused', async () => {
    const timer = create();
    const instance = listen(timer);
    expect(() => instance.events()).toThrow(expect.objectContaining({ code: 'ERR_TIMER_NOT_STARTED' }));
    const tick = once(instance, 'tick');
    timer.trigger();
    instance.start();
    timer.trigger();
    expect(await tick).toMatchObject([{ count: 1 }]);
  });

  it('goes on to an iteration that waits, and to handlers, with each start anew', async () => {
    const timer = create();
    const stopped = started(timer);
    for (let i = 0; i < 3; i += 1) {
      const iteration = stopped.events();
      timer.trigger();
      expect(await iteration.next()).toMatchObject({ value: { type: 'tick', count: 1 } });
      await iteration.return?.();
      stopped.stop();
      if (i < 2) stopped.start();
    }
    stopped.close();
    for (const options of [{ autoStart: false }, { parameters: 'kernel' }] as const) {
      const oneShot = started(timer, options);
      const iteration = oneShot.events();
      for (let i = 0; i < 3; i += 1) {
        const tick = once(oneShot, 'tick');
        timer.trigger();
        timer.trigger(); // not for this instance
        expect(await iteration.next()).toMatchObject({ value: { type: 'tick', count: 1 } });
        expect(await tick).toMatchObject([{ count: 1 }]);
        oneShot.start();
      }
      oneShot.close();
    }
  });

  it('waits for an instance that is paused', async () => {
    const timer = create();
    const instance = started(timer);
    instance.pause();
    const iteration = instance.events();
    timer.trigger();
    instance.continue();
    timer.trigger();
    expect(await iteration.next()).toMatchObject({ value: { type: 'tick', count: 1 } });
  });

  it('gives every event to every consumer', async () => {
    const timer = create();
    const instance = started(timer);
    const heard: number[] = [];
    instance.on('tick', ({ count: number }) => heard.push(number));
    instance.on('event', ({ type }) => expect(type).toBe('tick'));
    const [first, second] = [instance.events(), instance.events()];
    for (let i = 0; i < 10; i += 1) {
      timer.trigger();
      await expect(first.next()).resolves.toMatchObject({ value: { count: 1 } });
      await expect(second.next()).resolves.toMatchObject({ value: { count: 1 } });
    }
    expect(heard).toEqual(Array(10).fill(1));
  });

  it('works with events.once', async () => {
    const timer = create();
    const instance = started(timer);
    const tick = once(instance, 'tick');
    timer.trigger();
    expect(await tick).toMatchObject([{ type: 'tick', count: 1 }]);
  });

  it('ends an iteration with the reason of its signal, and leaves the instance open', async () => {
    const timer = create();
    const instance = started(timer);
    const abort = new AbortController();
    const reason = new Error('enough');
    const iteration = (async () => {
      for await (const event of instance.events({ signal: abort.signal })) expect(event.type).toBe('tick');
    })();
    abort.abort(reason);
    await expect(iteration).rejects.toBe(reason);
    expect(() => instance.events({ signal: abort.signal })).toThrow(reason);
    timer.trigger();
    expect(ticks(instance.read())).toBe(1);
  });

  it('ends iterations when the instance is closed, also from within', async () => {
    const timer = create();
    const instance = started(timer);
    const seen: TimerEvent[] = [];
    const iteration = (async () => {
      for await (const event of instance) {
        seen.push(event);
        instance.close();
      }
    })();
    timer.trigger();
    await iteration;
    expect(seen.length).toBe(1);

    const other = started(timer);
    other.on('tick', () => other.close());
    timer.trigger();
    timer.trigger();
    await once(other, 'tick');
    expect(other.closed).toBe(true);
  });

  it('stops waiting for a consumer that stops, and reports what was lost', async () => {
    const timer = create();
    const instance = started(timer, { queueSize: 32, events: ['tick', 'start', 'stop'] });
    const iteration = instance.events();
    instance.stop();
    // 32 of these are queued in the iteration, and then delivery stops.
    for (let i = 0; i < 16; i += 1) {
      instance.start();
      instance.stop();
      await turn();
      await turn();
    }
    instance.start();
    await turn();
    expect(instance.status().queue).toBeGreaterThan(0);
    for (let i = 0; i < 1000; i += 1) timer.trigger();
    await turn();
    for (let i = 0; i < 40; i += 1) {
      instance.stop();
      instance.start();
    }
    expect(instance.status()).toMatchObject({ queue: 32, overrun: expect.any(Number) });
    const { overrun } = instance.status();
    const events: TimerEvent[] = [];
    for await (const event of iteration) {
      events.push(event);
      if (event.type === 'overrun') break;
    }
    expect(ticks(events)).toBe(1000);
    expect(events.at(-1)).toEqual({ type: 'overrun', lost: overrun });
  });

  it('comes to handlers and other iterations beside one that is never asked again, which has it added up', async () => {
    const timer = create();
    const instance = started(timer, { queueSize: 32 });
    const [abandoned, other] = [instance.events(), instance.events()];
    let handled = 0;
    instance.on('tick', (event) => {
      handled += event.count;
    });
    for (let i = 1; i <= 200; i += 1) {
      timer.trigger();
      await expect(other.next()).resolves.toMatchObject({ value: { count: 1 } });
      expect(handled).toBe(i);
    }
    let events = 0;
    let heard = 0;
    for await (const event of abandoned) {
      events += 1;
      heard += ticks([event]);
      if (heard === 200) break;
    }
    expect(events).toBe(32);
  });

  it('loses no tick while a consumer stops, whatever the instance does', async () => {
    const timer = create();
    const instance = started(timer, { queueSize: 32 });
    const iteration = instance.events();
    for (let i = 0; i < 32; i += 1) {
      timer.trigger();
      await turn();
      await turn();
    }
    timer.trigger();
    await turn();
    expect(instance.status().queue).toBe(1);
    for (let i = 0; i < 100; i += 1) {
      timer.trigger();
      instance.stop();
      instance.start();
    }
    timer.trigger();
    let heard = 0;
    for await (const event of iteration) {
      expect(event.type).toBe('tick');
      heard += ticks([event]);
      if (heard === 134) break;
    }
    expect(instance.status().overrun).toBe(0);
  });

  it('leaves what an iteration has not given to the next, to read(), and to whoever comes after finish()', async () => {
    const timer = create();
    const instance = started(timer, { events: ['tick', 'pause', 'continue'] });
    const cycle = () => {
      timer.trigger();
      instance.pause();
      instance.continue();
    };
    const first = instance.events();
    cycle();
    expect(await first.next()).toMatchObject({ value: { type: 'tick' } });
    await first.return?.();
    const second = instance.events();
    cycle();
    for (const type of ['pause', 'continue', 'tick']) {
      expect(await second.next()).toMatchObject({ value: { type } });
    }
    await second.return?.();
    timer.trigger();
    instance.pause();
    instance.finish();
    instance.continue();
    expect(types(instance.read())).toEqual(['pause', 'continue', 'tick', 'pause', 'continue']);
  });

  it('delivers in order what came while nobody waited', async () => {
    const timer = create();
    const instance = started(timer, { events: ['start', 'stop', 'tick'] });
    const iteration = instance.events();
    for (let i = 0; i < 5; i += 1) {
      timer.trigger();
      instance.stop();
      instance.start();
    }
    const seen: string[] = [];
    for await (const { type } of iteration) {
      seen.push(type);
      if (seen.length === 16) break;
    }
    expect(seen.join(' ')).toBe(`start${' tick stop start'.repeat(5)}`);
  });

  it('reaches fifty listeners', async () => {
    const timer = create();
    const instances = Array.from({ length: 50 }, () => listen(timer));
    const totals = instances.map(() => 0);
    const done = instances.map(
      (instance, index) =>
        new Promise<void>((resolve) => {
          instance.on('tick', (event) => {
            totals[index] = (totals[index] as number) + event.count;
            // All but the first miss the trigger that makes them run.
            if (totals[index] === (index === 0 ? 100 : 99)) resolve();
          });
          instance.start();
        }),
    );
    for (let i = 0; i < 100; i += 1) {
      timer.trigger();
      if (i % 7 === 0) await turn();
    }
    await Promise.all(done);
  });
});

describe('The end of a timer', () => {
  it('ends iterations after what was queued, and is an event', async () => {
    const timer = create();
    const instance = started(timer);
    const heard: string[] = [];
    instance.on('event', ({ type }) => heard.push(type));
    const iteration = instance.events();
    timer.trigger();
    timer.close();
    const seen: TimerEvent[] = [];
    for await (const event of iteration) seen.push(event);
    expect(types(seen)).toEqual(['tick']);
    expect(heard).toEqual(['tick', 'end']);
    expect(instance.ended).toBe(true);
    expect(instance.status().resolutionNs).toBe(0n);
    expect(() => instance.info()).toThrow(
      expect.objectContaining({ code: 'EBADFD', hint: expect.stringContaining('owner') }),
    );
    expect(() => instance.start()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    for await (const event of instance) throw new Error(event.type);
  });

  it.each([
    ['plain records', { records: 'plain' }],
    ['a one-shot instance', { autoStart: false }],
  ] as const)('is found out with %s, of which the kernel says nothing', async (_, options) => {
    const timer = create();
    const instance = started(timer, options);
    timer.trigger();
    const iteration = instance.events();
    await expect(iteration.next()).resolves.toMatchObject({ value: { type: 'tick' } });
    timer.close();
    await expect(iteration.next()).resolves.toMatchObject({ done: true });
  });

  it('comes with the removal of its card, after what was queued', async () => {
    const card = await LoopbackCard.load();
    try {
      const id = pcmTimerId(card.number, 0, 0, 'playback');
      const instances = Array.from({ length: 3 }, () =>
        using(TimerInstance.open(id, { events: ['tick', 'start'] })),
      );
      const [first, second, third] = instances as [TimerInstance, TimerInstance, TimerInstance];
      for (const instance of instances) instance.start();
      const heard: string[] = [];
      first.on('event', ({ type }) => heard.push(type));
      const ended = once(first, 'end');
      await turn();
      // It may not return before the descriptors are closed.
      const unbind = spawn('sh', ['-c', 'echo snd_aloop.0 > /sys/bus/platform/drivers/snd_aloop/unbind']);
      const exited = once(unbind, 'exit');
      await ended;
      expect(heard).toEqual(['start', 'end']);
      while (existsSync(`/proc/asound/card${card.number}`)) await turn();
      const seen: TimerEvent[] = [];
      for await (const event of second) seen.push(event);
      expect(types(seen)).toEqual(['start']);
      expect(second.ended).toBe(true);
      expect(types(third.read())).toEqual(['start']);
      expect(types(third.read())).toEqual(['end']);
      for (const instance of instances) instance.close();
      expect(await exited).toEqual([0, null]);
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('is the last event of read(), once', async () => {
    const timer = create();
    const instance = started(timer, { events: ['tick', 'stop'] });
    timer.trigger();
    timer.close();
    expect(types(instance.read())).toEqual(['tick', 'stop', 'end']);
    await turn();
    expect(instance.read()).toEqual([]);
  });

  it('is told to those who wait, when read() has found it', async () => {
    const timer = create();
    const instance = started(timer, { events: ['tick', 'stop'] });
    const iteration = instance.events();
    const waiting = iteration.next();
    const heard: TimerEvent[] = [];
    instance.on('event', (event) => heard.push(event));
    const ended = once(instance, 'end');
    timer.trigger();
    timer.close();
    expect(types(instance.read())).toEqual(['tick', 'stop', 'end']);
    expect(await ended).toEqual([{ type: 'end' }]);
    expect(heard).toEqual([{ type: 'end' }]);
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('is told when it came before anybody listened', async () => {
    const timer = create();
    const instance = listen(timer);
    timer.close();
    expect(await once(instance, 'end')).toEqual([{ type: 'end' }]);
  });

  it('ends an iteration that comes too late to start', async () => {
    const timer = create();
    const [heard, silent] = [listen(timer), listen(timer)];
    timer.close();
    for await (const event of silent) throw new Error(event.type);
    expect(silent.ended).toBe(true);
    const ended = once(heard, 'end');
    expect(await heard.events().next()).toEqual({ done: true, value: undefined });
    expect(await ended).toEqual([{ type: 'end' }]);
  });

  it('is told when the process of the owner is killed', async () => {
    const result = await runChild(`
      import { spawn } from 'node:child_process';
      const owner = spawn(process.execPath, ['--input-type=module', '--eval', \`
        const { UserTimer } = await import("\${process.cwd()}/dist/index.js");
        const timer = UserTimer.create({ resolutionNs: 10_000_000n });
        console.log(timer.id);
        setInterval(() => timer.trigger(), 1);\`], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [id] = await once(owner.stdout, 'data');
      const instance = alsa.TimerInstance.open(alsa.userTimerId(Number(id)));
      instance.start();
      let ticks = 0;
      const ended = once(instance, 'end');
      for await (const event of instance) {
        ticks += event.count;
        if (ticks >= 5) owner.kill('SIGKILL');
      }
      console.log(ticks >= 5, instance.ended, JSON.stringify(await ended));
      instance.close();`);
    expect(result).toMatchObject({
      code: 0,
      signal: null,
      stdout: 'true true [{"type":"end"}]\n',
      stderr: '',
    });
  });
});
