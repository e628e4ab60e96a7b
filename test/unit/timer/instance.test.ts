// What an instance does with the records that the addon brings, and when it wants any.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  TIMER_CHANNELS,
  type TimerEvent,
  TimerInstance,
  type TimerInstanceOptions,
  timerChannel,
  UserTimer,
  userTimerId,
} from '../../../lib/index.js';
import type { TimerInstanceHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound, setSysModule } from '../../../lib/proc.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

const [TICK, START, STOP, PAUSE] = [1, 2, 3, 5];
const EBADFD = 77;

/** An instance whose kernel is in the hands of the test. */
class Kernel {
  slot: number | undefined;
  listens = 0;
  started = 0;
  queued: number[] = [];
  /** Of what is queued; of plain records, the resolution. */
  time = 0;
  probe = 0;
  overrun = 0;
  startFails = false;
  listenFails = false;
  closed = false;
}

class Binding extends FakeBinding {
  readonly kernels: Kernel[] = [];
  infoFails = 0;

  override openTimerInstance(): TimerInstanceHandle {
    const kernel = new Kernel();
    this.kernels.push(kernel);
    const start = () => {
      if (kernel.closed) throw Object.assign(new Error('closed'), { code: 'ERR_CLOSED' });
      if (kernel.startFails) throw Object.assign(new Error('no'), { errno: 22, syscall: 'ioctl START' });
      kernel.started += 1;
    };
    return {
      select: () => 1234,
      set: () => {
        kernel.queued = [];
      },
      start,
      stop: () => {},
      continue: start,
      pause: () => {},
      info: () => {
        if (this.infoFails !== 0) throw failedCall(this.infoFails, 'ioctl SNDRV_TIMER_IOCTL_INFO');
        return { flags: 0, card: -1, id: 'snd-utimer0', name: '', resolution: 10_000_000n };
      },
      probe: () => kernel.probe,
      status: () => ({ timestamp: 0n, resolution: 0, lost: 0, overrun: kernel.overrun, queue: 0 }),
      read: (records) => {
        const words = new Uint32Array(records.buffer);
        const count = kernel.queued.length / 2;
        for (let i = 0; i < count; i += 1) words.set([kernel.time, 0, ...kernel.queued.splice(0, 2)], i * 4);
        return count;
      },
      listen: (_, slot) => {
        if (kernel.listenFails) throw failedCall(constants.errno.ENOMEM, 'epoll_ctl');
        kernel.slot = slot;
        kernel.listens += 1;
      },
      unlisten: () => {
        kernel.slot = undefined;
      },
      setRef: () => {},
      close: () => {
        kernel.closed = true;
      },
      closed: () => kernel.closed,
    };
  }
}

let binding: Binding;
let open: TimerInstance[];
let folder: string;

/** An instance that was opened, and started. */
function listen(options?: TimerInstanceOptions): { instance: TimerInstance; kernel: Kernel } {
  const opened = openInstance(options);
  opened.instance.start();
  return opened;
}

function openInstance(options?: TimerInstanceOptions): { instance: TimerInstance; kernel: Kernel } {
  const instance = TimerInstance.open(userTimerId(0), options);
  open.push(instance);
  return { instance, kernel: binding.kernels.at(-1) as Kernel };
}
/** Records come for those that listen. */
const bring = (...batches: [Kernel, number[] | number][]) =>
  binding.deliver(
    ...batches
      .flatMap(([{ slot }, records]) => (slot === undefined ? [] : [[slot, records] as const]))
      .map(([slot, records]): [number, number[] | number] => [slot, records]),
  );
const turn = () => new Promise((resolve) => setImmediate(resolve));
const ticks = (count: number) => Array.from({ length: count }, () => [TICK, 1]).flat();

beforeEach(() => {
  binding = new Binding();
  open = [];
  setNative(binding);
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-proc-'));
  setProcAsound(folder);
});
afterEach(() => {
  for (const instance of open) instance.close();
  setNative(undefined);
  setProcAsound(undefined);
  setSysModule(undefined);
  rmSync(folder, { recursive: true });
});

describe('A batch', () => {
  it('comes to each instance in its place, also for plain handlers of ticks', () => {
    const listeners = [listen(), listen(), listen({ records: 'plain' })];
    const heard: unknown[] = [];
    for (const [index, { instance }] of listeners.entries()) {
      instance.on('tick', (event) => heard.push([index, event.count, event.timestampNs, event.resolutionNs]));
    }
    const [a, b, c] = listeners.map(({ kernel }) => kernel) as [Kernel, Kernel, Kernel];
    bring([c, [TICK, 5]], [a, [TICK, 1, TICK, 2]], [b, [TICK, 3]]);
    expect(heard).toEqual([
      [2, 5, 0n, 100n],
      [0, 1, 101n, undefined],
      [0, 2, 102n, undefined],
      [1, 3, 103n, undefined],
    ]);
  });

  it('is told to handlers in their order, with the instance as this, and to each kind', () => {
    const { instance, kernel } = listen({ events: ['tick', 'start'] });
    const heard: unknown[] = [];
    instance.on('tick', function (this: unknown) {
      heard.push(this === instance);
    });
    instance.once('tick', () => heard.push('once'));
    bring([kernel, [TICK, 1]]);
    bring([kernel, [TICK, 1]]);
    instance.on('event', ({ type }) => heard.push(`any ${type}`));
    instance.on('start', () => heard.push('start'));
    bring([kernel, [TICK, 1, START, 7]]);
    expect(heard).toEqual([true, 'once', true, true, 'any tick', 'start', 'any start']);
  });

  it('does not come to who was closed meanwhile, nor to who takes its place', () => {
    const [a, b] = [listen(), listen()];
    const heard: string[] = [];
    a.instance.on('tick', () => {
      heard.push('a');
      b.instance.close();
      listen().instance.on('tick', () => heard.push('new'));
    });
    b.instance.on('tick', () => heard.push('b'));
    bring([a.kernel, [TICK, 1]], [b.kernel, [TICK, 1]]);
    expect(heard).toEqual(['a']);
  });

  it('is kept for read(), or the next who listens, where the last handler left meanwhile', async () => {
    const [a, b] = [listen(), listen()];
    const never = () => expect.unreachable();
    a.instance.on('tick', () => b.instance.off('tick', never));
    b.instance.on('tick', never);
    bring([a.kernel, [TICK, 1]], [b.kernel, [TICK, 4]]);
    expect(b.instance.read()).toMatchObject([{ type: 'tick', count: 4 }]);
    const first = once(a.instance, 'tick');
    bring([a.kernel, [TICK, 1, TICK, 2, TICK, 3]]);
    expect(await first).toMatchObject([{ count: 1 }]);
    a.instance.removeAllListeners('tick');
    expect(a.instance.read()).toEqual([]);
    a.instance.once('tick', () => {});
    bring([a.kernel, [TICK, 1, TICK, 2, TICK, 3]]);
    expect(await once(a.instance, 'tick')).toMatchObject([{ count: 2 }]);
    expect(a.instance.read()).toMatchObject([{ count: 3 }]);
  });

  it('is kept before what a handler has read by stopping or starting, which comes in another turn', async () => {
    const { instance, kernel } = listen({ events: ['tick', 'start'] });
    instance.start();
    // Gone before it is called: nobody is there any more.
    instance.once('start', () => {
      kernel.queued = [TICK, 5];
      instance.stop();
    });
    bring([kernel, [START, 0, TICK, 1, TICK, 2]]);
    // As the kernel would, had it been quicker.
    expect(instance.read()).toMatchObject([{ count: 1 }, { count: 7 }]);
    instance.start();
    const heard: string[] = [];
    instance.on('event', ({ type }) => heard.push(type));
    instance.once('tick', () => {
      kernel.queued = [TICK, 1];
      instance.start();
    });
    bring([kernel, [TICK, 1, START, 0]]);
    expect(heard).toEqual(['tick', 'start']);
    await turn();
    expect(heard).toEqual(['tick', 'start', 'tick']);
  });

  it('is kept behind what an iteration leaves meanwhile, for whoever comes next', async () => {
    for (const next of ['read', 'handler', 'iteration'] as const) {
      const { instance, kernel } = listen();
      const iteration = instance.events();
      const heard: number[] = [];
      let joined: AsyncIterableIterator<TimerEvent, undefined> | undefined;
      const leave = () => {
        instance.off('tick', leave);
        iteration.return?.();
        if (next === 'handler') instance.on('tick', (event) => heard.push(event.count));
        if (next === 'iteration') joined = instance.events();
      };
      bring([kernel, [TICK, 11, TICK, 12]]);
      instance.on('tick', leave);
      bring([kernel, [TICK, 21, TICK, 22, TICK, 23]]);
      await turn();
      for (const event of instance.read()) if (event.type === 'tick') heard.push(event.count);
      await joined?.return?.();
      for (const event of instance.read()) if (event.type === 'tick') heard.push(event.count);
      expect(heard, next).toEqual([11, 12, 21, 22, 23]);
    }
  });

  it('is not kept where an iteration has taken it', async () => {
    const { instance, kernel } = listen();
    const iteration = instance.events();
    const waiting = [iteration.next(), iteration.next()];
    instance.once('tick', () => {});
    bring([kernel, [TICK, 1, TICK, 2, TICK, 3]]);
    expect(await Promise.all(waiting)).toMatchObject([{ value: { count: 1 } }, { value: { count: 2 } }]);
    await iteration.return?.();
    expect(instance.read()).toMatchObject([{ count: 3 }]);
  });

  it('comes to an iteration that begins meanwhile from there on', async () => {
    const { instance, kernel } = listen();
    let iteration: AsyncIterableIterator<TimerEvent, undefined> | undefined;
    instance.once('tick', () => {
      iteration = instance.events();
    });
    bring([kernel, [TICK, 1, TICK, 2, TICK, 3]]);
    expect(await iteration?.next()).toMatchObject({ value: { count: 2 } });
    expect(await iteration?.next()).toMatchObject({ value: { count: 3 } });
  });

  it('comes in order to handlers of which one takes or finishes it', async () => {
    const { instance, kernel } = listen();
    const iteration = instance.events();
    const heard: number[] = [];
    let read: TimerEvent[] = [];
    instance.on('tick', ({ count }) => {
      heard.push(count);
      if (count === 1) {
        kernel.queued = [TICK, 4];
        instance.finish();
      } else if (count === 5) read = instance.read();
    });
    bring([kernel, [TICK, 1, TICK, 2, TICK, 3]]);
    expect(heard).toEqual([1, 2, 3, 4]);
    const seen: unknown[] = [];
    for await (const event of iteration) seen.push(event);
    expect(seen).toMatchObject([{ count: 1 }, { count: 2 }, { count: 3 }, { count: 4 }]);
    bring([kernel, [TICK, 5, TICK, 6]]);
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    expect(read).toMatchObject([{ count: 6 }]);
  });

  it('goes on after a handler that throws, which is uncaught afterwards', () => {
    const [a, b] = [listen({ events: ['tick', 'start'] }), listen()];
    const tick = vi.spyOn(process, 'nextTick').mockImplementation(() => {});
    try {
      const heard: string[] = [];
      a.instance.on('tick', () => {
        throw new Error('mine');
      });
      b.instance.on('tick', () => heard.push('b'));
      bring([a.kernel, [TICK, 1]], [b.kernel, [TICK, 1]]);
      a.instance.on('start', () => heard.push('start'));
      a.instance.on('end', () => heard.push('end'));
      a.kernel.probe = EBADFD;
      bring([a.kernel, [TICK, 1, START, 1, STOP, 0]], [b.kernel, [TICK, 1]]);
      expect(heard).toEqual(['b', 'start', 'end', 'b']);
      expect(a.kernel.slot).toBeUndefined();
      expect(tick.mock.calls.length).toBe(2);
      for (const [thrown] of tick.mock.calls) expect(thrown as () => void).toThrow('mine');
    } finally {
      tick.mockRestore();
    }
  });

  it('that could not be read fails iterations, and is an error for handlers', async () => {
    const { instance, kernel } = listen();
    const iteration = instance.events();
    const errors: unknown[] = [];
    instance.on('tick', () => {});
    instance.on('error', (error) => errors.push(error));
    const waiting = iteration.next();
    bring([kernel, -5]);
    await expect(waiting).rejects.toMatchObject({ code: 'EIO' });
    expect(errors).toMatchObject([{ code: 'EIO', syscall: 'read' }]);
    expect(kernel.slot).toBeUndefined();
  });

  it('of nothing is a card that was taken away, after what was queued', async () => {
    const { instance, kernel } = listen();
    const heard: string[] = [];
    instance.on('event', ({ type }) => heard.push(type));
    bring([kernel, [TICK, 1]]);
    kernel.probe = 19;
    bring([kernel, 0]);
    expect(heard).toEqual(['tick', 'end']);
  });
});

describe('An iteration', () => {
  it('that stalls alone leaves what comes to the kernel, until it goes on', async () => {
    const { instance, kernel } = listen({ queueSize: 32 });
    const iteration = instance.events();
    bring([kernel, ticks(32)]);
    expect(kernel.slot).toBeUndefined();
    await iteration.next();
    expect(kernel.slot).toBeDefined();
    bring([kernel, ticks(1)]);
    expect(kernel.slot).toBeUndefined();
  });

  it('that stalls keeps nothing from others, whoever joins, and has its ticks added up', async () => {
    const { instance, kernel } = listen({ queueSize: 32 });
    const stalled = instance.events();
    bring([kernel, ticks(32)]);
    const heard: number[] = [];
    instance.on('tick', (event) => heard.push(event.count));
    const other = instance.events();
    for (let i = 0; i < 100; i += 1) {
      bring([kernel, ticks(2)]);
      expect(await other.next()).toMatchObject({ value: { count: 1 } });
      expect(await other.next()).toMatchObject({ value: { count: 1 } });
    }
    expect(heard).toEqual(Array.from({ length: 200 }, () => 1));
    for (let i = 0; i < 31; i += 1) expect(await stalled.next()).toMatchObject({ value: { count: 1 } });
    expect(await stalled.next()).toMatchObject({ value: { count: 201 } });
    bring([kernel, [TICK, 7]]);
    expect(await stalled.next()).toMatchObject({ value: { count: 7 } });
  });

  it('that was abandoned silences nobody', async () => {
    const { instance, kernel } = listen({ queueSize: 32 });
    let heard = 0;
    instance.on('tick', () => {
      heard += 1;
    });
    const first = instance[Symbol.asyncIterator]().next();
    for (let i = 0; i < 1000; i += 1) bring([kernel, ticks(1)]);
    await first;
    expect(heard).toBe(1000);
  });

  it('that stalls is told alone what it has lost', async () => {
    const { instance, kernel } = listen({ queueSize: 32, events: ['tick', 'start', 'stop'] });
    const [stalled, other] = [instance.events(), instance.events()];
    bring([kernel, Array.from({ length: 32 }, () => [START, 0]).flat()]);
    for (let i = 0; i < 32; i += 1) await other.next();
    bring([kernel, [TICK, 1, START, 0, TICK, 2]]);
    for (const type of ['tick', 'start', 'tick'])
      expect(await other.next()).toMatchObject({ value: { type } });
    for (let i = 0; i < 32; i += 1) expect(await stalled.next()).toMatchObject({ value: { type: 'start' } });
    bring([kernel, [TICK, 3]]);
    expect(await stalled.next()).toEqual({ done: false, value: { type: 'overrun', lost: 3 } });
    expect(await stalled.next()).toMatchObject({ value: { count: 3 } });
    expect(await other.next()).toMatchObject({ value: { count: 3 } });
  });

  it('that stalls loses nothing to finish()', async () => {
    const { instance, kernel } = listen({ queueSize: 32, events: ['tick', 'start'] });
    const iteration = instance.events();
    bring([kernel, ticks(32)]);
    kernel.queued = [START, 0, TICK, 5];
    instance.finish();
    const seen: string[] = [];
    for await (const { type } of iteration) seen.push(type);
    expect(seen.slice(31)).toEqual(['tick', 'start', 'tick']);
  });

  it('that stalls may be ended by its signal', async () => {
    const { instance, kernel } = listen({ queueSize: 32 });
    const abort = new AbortController();
    const iteration = instance.events({ signal: abort.signal });
    const heard: number[] = [];
    instance.on('tick', (event) => heard.push(event.count));
    bring([kernel, ticks(32)]);
    abort.abort(new Error('enough'));
    await expect(iteration.next()).rejects.toThrow('enough');
    bring([kernel, [TICK, 9]]);
    expect(heard.at(-1)).toBe(9);
  });

  it('is finished with what it has and what the kernel has', async () => {
    const { instance, kernel } = listen();
    const iteration = instance.events();
    const heard: number[] = [];
    instance.on('tick', (event) => heard.push(event.count));
    bring([kernel, [TICK, 1, TICK, 2]]);
    kernel.queued = [TICK, 3];
    instance.finish();
    const seen: unknown[] = [];
    for await (const event of iteration) seen.push(event);
    expect(seen).toMatchObject([{ count: 1 }, { count: 2 }, { count: 3 }]);
    expect(heard).toEqual([1, 2, 3]);
    expect(kernel.slot).toBeDefined();
  });

  it('that nobody began loses nothing to finish()', () => {
    const { instance, kernel } = listen({ events: ['tick', 'pause'] });
    kernel.queued = [TICK, 1, PAUSE, 0];
    instance.finish();
    kernel.queued = [TICK, 2];
    expect(instance.read()).toMatchObject([{ count: 1 }, { type: 'pause' }, { count: 2 }]);
  });

  it('leaves what it has and what the kernel has to read() when it is aborted or left', async () => {
    for (const how of ['abort', 'break']) {
      const { instance, kernel } = listen();
      const abort = new AbortController();
      const iteration = instance.events({ signal: abort.signal });
      bring([kernel, [TICK, 1, TICK, 2, TICK, 3]]);
      expect(await iteration.next()).toMatchObject({ value: { count: 1 } });
      kernel.queued = [TICK, 4];
      if (how === 'abort') abort.abort();
      else await iteration.return?.();
      expect(instance.read()).toMatchObject([{ count: 2 }, { count: 3 }, { count: 4 }]);
    }
  });

  it('leaves nothing where another consumer has it all', async () => {
    const { instance, kernel } = listen();
    const [first, second] = [instance.events(), instance.events()];
    bring([kernel, [TICK, 1, TICK, 2]]);
    await first.return?.();
    expect(await second.next()).toMatchObject({ value: { count: 1 } });
    await second.return?.();
    expect(instance.read()).toMatchObject([{ count: 2 }]);
    const third = instance.events();
    instance.on('tick', () => {});
    bring([kernel, [TICK, 3]]);
    await third.return?.();
    expect(instance.read()).toEqual([]);
  });

  it('begins with what the last one left, also behind the end of the timer', async () => {
    const { instance, kernel } = listen();
    kernel.probe = EBADFD;
    for (const records of [ticks(3), undefined]) {
      const iteration = instance.events();
      if (records) bring([kernel, [...records, STOP, 0]]);
      expect(await iteration.next()).toMatchObject({ value: { count: 1 } });
      await iteration.return?.();
    }
    expect(instance.ended).toBe(true);
    const seen: unknown[] = [];
    for await (const event of instance) seen.push(event);
    expect(seen).toMatchObject([{ type: 'tick', count: 1 }]);
    for await (const event of instance) throw new Error(event.type);
    const reader = instance.events();
    expect(instance.read()).toEqual([]);
    expect(await reader.next()).toMatchObject({ done: true });
  });

  it('starts nothing: it is refused where it would wait for ever, and leaves nothing on its signal', () => {
    const { instance, kernel } = openInstance();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const notStarted = expect.objectContaining({ code: 'ERR_TIMER_NOT_STARTED' });
    expect(() => instance.events({ signal })).toThrow(notStarted);
    expect(() => instance[Symbol.asyncIterator]()).toThrow(notStarted);
    expect(add).not.toHaveBeenCalled();
    expect([kernel.slot, kernel.started]).toEqual([undefined, 0]);
    instance.start();
    instance.stop();
    void instance.events({ signal }).return?.();
    expect(kernel.started).toBe(1);
    instance.configure({});
    expect(() => instance.events()).toThrow(notStarted);
    instance.configure({ earlyEvent: true });
    void instance.events().return?.();
  });

  it('of a timer that is gone before its start is over, behind what was queued', async () => {
    const { instance, kernel } = openInstance();
    const heard: string[] = [];
    instance.on('event', ({ type }) => heard.push(type));
    kernel.startFails = true;
    kernel.probe = EBADFD;
    kernel.queued = [TICK, 1];
    expect(() => instance.start()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(instance.ended).toBe(true);
    const seen: string[] = [];
    for await (const { type } of instance) seen.push(type);
    expect(seen).toEqual(['tick']);
    expect(heard).toEqual(['tick', 'end']);
  });

  it('goes on behind new parameters, without what was lost before them', async () => {
    const { instance, kernel } = listen({ queueSize: 32 });
    const iteration = instance.events();
    kernel.overrun = 5;
    instance.configure({ queueSize: 64 });
    instance.start();
    const next = iteration.next();
    bring([kernel, ticks(64)]);
    expect(await next).toMatchObject({ value: { type: 'tick' } });
    const seen: string[] = [];
    for await (const { type } of iteration) if (seen.push(type) === 63) break;
    expect(new Set(seen)).toEqual(new Set(['tick']));
  });
});

describe('A one-shot instance', () => {
  it.each<TimerInstanceOptions>([
    { autoStart: false },
    { autoStart: false, events: ['tick', 'stop'] },
    { autoStart: false, records: 'plain' },
    { parameters: 'kernel' },
  ])('that was started anew is not taken for stopped by its tick from before: %o', async (options) => {
    for (const again of ['start', 'stop and start'] as const) {
      const { instance, kernel } = listen(options);
      kernel.queued = [TICK, 1];
      if (again !== 'start') instance.stop();
      instance.start();
      expect(instance.read()).toMatchObject([{ type: 'tick', count: 1 }]);
      const iteration = instance.events();
      expect(inspect(instance)).toContain("state: 'started'");
      // By this one it is.
      bring([kernel, [TICK, 1]]);
      expect(await iteration.next()).toMatchObject({ value: { count: 1 } });
      expect(inspect(instance)).toContain("state: 'stopped'");
    }
  });

  it('is given ticks of another resolution apart', () => {
    const { instance, kernel } = listen({ autoStart: false, records: 'plain' });
    for (kernel.time of [100, 100, 200]) {
      instance.start();
      kernel.queued = [TICK, 1];
      instance.stop();
    }
    expect(instance.read()).toMatchObject([
      { count: 2, resolutionNs: 100n },
      { count: 1, resolutionNs: 200n },
    ]);
  });
});

describe('Handlers', () => {
  it('are still counted when all were taken away', () => {
    const { instance, kernel } = listen();
    instance.on('tick', () => {});
    instance.removeAllListeners();
    expect(kernel.slot).toBeUndefined();
    const heard: number[] = [];
    instance.on('tick', (event) => heard.push(event.count));
    expect(kernel.slot).toBeDefined();
    bring([kernel, [TICK, 2]]);
    expect(heard).toEqual([2]);
  });
});

describe('An end that read() takes', () => {
  it('of what was held for an iteration that lags, ends it behind what it has', async () => {
    const { instance, kernel } = listen({ queueSize: 32 });
    const lagging = instance.events();
    const slot = kernel.slot as number;
    kernel.probe = EBADFD;
    // The second batch was read before delivery stopped.
    binding.deliver([slot, ticks(32)], [slot, [STOP, 0]]);
    expect(instance.read()).toEqual([{ type: 'end' }]);
    let heard = 0;
    for await (const event of lagging) heard += event.type === 'tick' ? 1 : 0;
    expect(heard).toBe(32);
  });

  it('is not read again, and is told to the first who listens later', async () => {
    const { instance, kernel } = listen();
    kernel.probe = EBADFD;
    expect(instance.read()).toEqual([{ type: 'end' }]);
    for (let i = 0; i < 3; i += 1) {
      await turn();
      expect(instance.read()).toEqual([]);
    }
    const heard: string[] = [];
    instance.on('end', () => heard.push('first'));
    await turn();
    instance.on('end', () => heard.push('second'));
    await turn();
    expect(heard).toEqual(['first']);
    expect(instance.read()).toEqual([]);
  });

  it('is not told by an instance that was closed meanwhile', async () => {
    const { instance, kernel } = listen();
    instance.on('end', () => expect.unreachable());
    kernel.probe = EBADFD;
    expect(instance.read()).toEqual([{ type: 'end' }]);
    instance.close();
    await turn();
  });
});

describe('A silent end', () => {
  it.each([{ records: 'plain' }, { autoStart: false }] as const)(
    'is found within a second, behind what was queued: %o',
    async (options) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const { instance, kernel } = listen(options);
        const heard: string[] = [];
        instance.on('event', ({ type }) => heard.push(type));
        vi.advanceTimersByTime(3000);
        expect(heard).toEqual([]);
        kernel.probe = EBADFD;
        kernel.queued = [TICK, 1];
        vi.advanceTimersByTime(500);
        expect(heard).toEqual(['tick', 'end']);
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

describe("Parameters of the kernel's own", () => {
  it('are plain records, and go with no others', () => {
    expect(listen({ parameters: 'kernel' }).instance.records).toBe('plain');
    for (const other of [
      { records: 'timestamped' },
      { count: 1 },
      { autoStart: true },
      { queueSize: 128 },
      { events: ['tick'] },
      { exclusive: false },
      { earlyEvent: false },
    ] as const) {
      expect(() => listen({ parameters: 'kernel', ...other })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
      );
    }
  });
});

describe('A slave', () => {
  it('is refused without a master, also with parameters of the kernel', () => {
    const id = { class: 'slave', slaveClass: 'application', card: -1, device: 1, subdevice: 0 } as const;
    binding.infoFails = EBADFD;
    expect(() => TimerInstance.open(id, { parameters: 'kernel' })).toThrow(
      expect.objectContaining({ code: 'EBADFD', hint: expect.stringContaining('master') }),
    );
    expect(binding.kernels.at(-1)?.closed).toBe(true);
  });
});

describe('The clock of timestamps', () => {
  it.each([
    ['Y\n', 'monotonic'],
    ['1\n', 'monotonic'],
    ['N\n', 'realtime'],
    ['0\n', 'realtime'],
  ])('is that of the module parameter %j', (text, clock) => {
    setSysModule(folder);
    const { instance } = listen();
    expect(instance.clock()).toBe('monotonic');
    mkdirSync(join(folder, 'snd_timer/parameters'), { recursive: true });
    writeFileSync(join(folder, 'snd_timer/parameters/timer_tstamp_monotonic'), text);
    expect(instance.clock()).toBe(clock);
  });
});

describe('The warning about a cable', () => {
  const cable = () => {
    mkdirSync(join(folder, 'card0'));
    writeFileSync(join(folder, 'card0/timer_source'), '-1.4.0\n');
  };
  const codes = (warn: { mock: { calls: unknown[][] } }) =>
    warn.mock.calls.map(([, options]) => (options as { code: string }).code);

  it('comes with a start and with a continue that is one, once as long as that instance is there', () => {
    cable();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const first = openInstance().instance;
      first.continue();
      first.start();
      openInstance().instance.start();
      expect(codes(warn)).toEqual(['ALSA_UTIMER_INSTANCE_BLOCKS_CABLE']);
      first.close();
      openInstance().instance.start();
      expect(codes(warn).length).toBe(2);
    } finally {
      warn.mockRestore();
    }
  });

  it('is left out where nothing starts, as on an instance that is closed', () => {
    cable();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const [closed, gone] = [openInstance(), openInstance()];
      closed.instance.close();
      gone.kernel.startFails = true;
      expect(() => closed.instance.start()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
      expect(() => gone.instance.start()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });

  it('is left out where it cannot be told, and nothing fails', () => {
    // A folder in the place of a file: EISDIR, as any other error.
    mkdirSync(join(folder, 'card0/timer_source'), { recursive: true });
    const warn = vi.spyOn(process, 'emitWarning');
    openInstance().instance.start();
    setProcAsound(join(folder, 'card0/timer_source/none'));
    openInstance().instance.start();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('An instance', () => {
  it('is printed as what it is', () => {
    const { instance, kernel } = openInstance();
    const shown = (state: string) =>
      `TimerInstance {\n  timer: 'userspace-driven timer 0',\n  records: 'timestamped',\n  state: '${state}'\n}`;
    expect(inspect(instance)).toBe(shown('stopped'));
    instance.start();
    expect(inspect(instance)).toBe(shown('started'));
    kernel.probe = EBADFD;
    instance.read();
    expect(inspect(instance)).toBe(shown('ended'));
    instance.close();
    expect(inspect(instance)).toBe(shown('closed'));
  });

  it('takes names of events in an array of another realm', () => {
    const events = runInNewContext("['tick', 'stop']");
    expect(() => listen({ events })).not.toThrow();
    expect(() => listen(runInNewContext("({ events: ['tock'] })"))).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
  });

  it('may be handled though it is closed, and hears nothing', async () => {
    const { instance, kernel } = listen();
    instance.close();
    const heard: unknown[] = [];
    instance.on('tick', (event) => heard.push(event)).on('error', (error) => heard.push(error));
    await turn();
    expect([heard, kernel.slot, instance.listenerCount('tick')]).toEqual([[], undefined, 1]);
  });

  it("makes what it cannot wait for an 'error'", async () => {
    const { instance, kernel } = listen();
    kernel.listenFails = true;
    const failed = once(instance, 'error');
    instance.on('tick', () => {});
    expect(await failed).toMatchObject([{ code: 'ENOMEM', syscall: 'epoll_ctl' }]);
  });
});

describe('A channel', () => {
  it('tells of every timer and instance, and of what goes wrong with them', () => {
    const told: unknown[] = [];
    const hear = (message: unknown, name: string | symbol) => {
      const { timer, instance, ...rest } = message as Record<string, unknown>;
      const [kind] = [timer, instance].filter((one) => one !== undefined) as object[];
      told.push([String(name), kind?.constructor.name, rest]);
    };
    for (const name of TIMER_CHANNELS) subscribe(timerChannel(name), hear);
    try {
      UserTimer.create({ resolutionNs: 1n }).close();
      const { instance, kernel } = listen({ queueSize: 32 });
      kernel.queued = ticks(32);
      kernel.overrun = 7;
      instance.read();
      instance.stop();
      kernel.probe = EBADFD;
      instance.read();
      instance.close();
      instance.close();
      expect(told).toEqual([
        ['alsa-utimer:timer:create', 'UserTimer', {}],
        ['alsa-utimer:timer:close', 'UserTimer', {}],
        ['alsa-utimer:timer-instance:open', 'TimerInstance', {}],
        ['alsa-utimer:timer-instance:start', 'TimerInstance', {}],
        ['alsa-utimer:timer-instance:overrun', 'TimerInstance', { event: { type: 'overrun', lost: 7 } }],
        ['alsa-utimer:timer-instance:stop', 'TimerInstance', {}],
        ['alsa-utimer:timer-instance:end', 'TimerInstance', { event: { type: 'end' } }],
        ['alsa-utimer:timer-instance:close', 'TimerInstance', {}],
      ]);
    } finally {
      for (const name of TIMER_CHANNELS) unsubscribe(timerChannel(name), hear);
    }
  });
});
