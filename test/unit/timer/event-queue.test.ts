// What an iteration keeps until it is taken.
import { describe, expect, it } from 'vitest';
import { TimerEventQueue } from '../../../lib/timer/event-queue.js';
import type { TimerEvent } from '../../../lib/timer/events.js';

const tick = (count: number): TimerEvent => ({ type: 'tick', count, timerTicks: count, timestampNs: 0n });

function make(size = 4, signal?: AbortSignal) {
  const calls: string[] = [];
  const left: TimerEvent[] = [];
  const queue = new TimerEventQueue(size, {
    signal,
    drained: () => calls.push('drained'),
    closed: () => calls.push('closed'),
    left: (events) => left.push(...events),
  });
  return { queue, calls, left };
}

describe('The queue of an iteration', () => {
  it('gives events in order, to whoever waits first', async () => {
    const { queue } = make();
    const waiting = [queue.next(), queue.next()];
    for (let i = 1; i <= 3; i += 1) queue.push(tick(i));
    const got = await Promise.all([...waiting, queue.next()]);
    expect(got.map(({ value }) => (value as { count: number }).count)).toEqual([1, 2, 3]);
  });

  it('is full at its size, and says when it no longer is', async () => {
    const { queue, calls } = make(2);
    queue.push(tick(1));
    expect(queue.full).toBe(false);
    queue.push(tick(2));
    queue.push(tick(3));
    expect(queue.full).toBe(true);
    await queue.next();
    expect([queue.full, ...calls]).toEqual([true]);
    await queue.next();
    expect([queue.full, ...calls]).toEqual([false, 'drained']);
  });

  it('adds up ticks once it is full, and tells behind them how many others it has lost', async () => {
    const { queue } = make(2);
    const start = { type: 'start', resolutionNs: 1n, timestampNs: 0n } as const;
    queue.begin(false);
    // Whole: it began before the queue was full.
    for (const event of [tick(1), start, tick(2)]) queue.push(event);
    queue.begin(false);
    for (const event of [tick(3), start, tick(4), { type: 'overrun', lost: 10 } as const]) queue.push(event);
    await queue.next();
    queue.begin(false);
    queue.push(start);
    await queue.next();
    queue.begin(false);
    queue.push(tick(5));
    const rest = [];
    for (let i = 0; i < 3; i += 1) rest.push((await queue.next()).value);
    expect(rest).toMatchObject([{ count: 9 }, { type: 'overrun', lost: 12 }, { count: 5 }]);
  });

  it('tells what it has lost also when nothing comes behind it, at its end and to who is next', async () => {
    for (const how of ['wait', 'end', 'leave'] as const) {
      const { queue, left } = make(1);
      queue.push({ type: 'pause', timestampNs: 0n });
      queue.begin(false);
      queue.push({ type: 'pause', timestampNs: 0n });
      if (how === 'end') queue.end();
      await queue.next();
      if (how === 'leave') {
        await queue.return();
        expect(left).toEqual([{ type: 'overrun', lost: 1 }]);
      } else {
        expect(await queue.next()).toEqual({ done: false, value: { type: 'overrun', lost: 1 } });
        if (how === 'end') expect(await queue.next()).toMatchObject({ done: true });
      }
    }
  });

  it('keeps the order while it is never quite empty', async () => {
    const { queue } = make(3);
    const seen: number[] = [];
    queue.push(tick(0));
    for (let i = 1; i <= 20; i += 1) {
      queue.push(tick(i));
      const { value } = await queue.next();
      seen.push((value as { count: number }).count);
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('ends after what is queued, and not with an end event', async () => {
    const { queue, calls } = make();
    queue.push(tick(1));
    queue.push({ type: 'end' });
    queue.end();
    queue.push(tick(2));
    await expect(queue.next()).resolves.toMatchObject({ value: { count: 1 } });
    await expect(queue.next()).resolves.toEqual({ done: true, value: undefined });
    expect(calls).toEqual(['closed']);
  });

  it('fails once, at once, and is over then', async () => {
    const { queue, calls, left } = make();
    queue.push(tick(1));
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    await expect(queue.next()).rejects.toThrow('first');
    await expect(queue.next()).resolves.toMatchObject({ done: true });
    expect(calls).toEqual(['closed']);
    expect(left).toEqual([tick(1)]);
  });

  it('fails the one that waits, with the reason of its signal', async () => {
    const abort = new AbortController();
    const { queue, calls } = make(4, abort.signal);
    const waiting = [queue.next(), queue.next()];
    abort.abort(new Error('enough'));
    await expect(waiting[0]).rejects.toThrow('enough');
    await expect(waiting[1]).resolves.toMatchObject({ done: true });
    expect(calls).toEqual(['closed']);
  });

  it('gives back what is queued when the consumer leaves, also behind the end', async () => {
    for (const ended of [false, true]) {
      const { queue, calls, left } = make();
      for (let i = 1; i <= 3; i += 1) queue.push(tick(i));
      await queue.next();
      if (ended) queue.end();
      await expect(queue.return()).resolves.toMatchObject({ done: true });
      await expect(queue.next()).resolves.toMatchObject({ done: true });
      await queue.return();
      expect(calls).toEqual(['closed']);
      expect(left).toEqual([tick(2), tick(3)]);
    }
  });
});
