// What is kept for a listener: which frames, how many, and in what memory.
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HeldCable, HoldingOutlet } from '../../../lib/bridge/outlet.js';
import { memoryHeld } from '../../support/memory-held.js';

const FRAME = 2;
const PERIOD = 4;

/** A cable of two-byte frames and periods of four whose listener takes periods when it is told to. */
class Cable extends EventEmitter {
  readonly frameBytes = FRAME;
  readonly periodBytes = PERIOD * FRAME;
  readonly heard: number[] = [];
  listening = false;
  room = Number.POSITIVE_INFINITY;
  failure: Error | undefined;
  #roomy: (() => void) | undefined;

  stats() {
    return { listener: this.listening } as ReturnType<HeldCable['stats']>;
  }

  async send(bytes: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.failure) throw this.failure;
    while (!this.listening || this.room < PERIOD) {
      await new Promise<void>((resolve, reject) => {
        this.#roomy = resolve;
        signal?.addEventListener('abort', () => reject(signal.reason));
        if (signal?.aborted) reject(signal.reason);
      });
    }
    this.room -= PERIOD;
    for (let at = 0; at < bytes.length; at += FRAME) this.heard.push(Buffer.from(bytes).readUInt16LE(at));
  }

  listen(listening: boolean, room = Number.POSITIVE_INFINITY): void {
    this.listening = listening;
    this.room = room;
    this.emit('listener', { type: listening ? 'start' : 'stop' });
    this.#roomy?.();
  }
}

const frames = (first: number, count: number): Uint8Array =>
  new Uint8Array(Uint16Array.from({ length: count }, (_, i) => first + i).buffer);
const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);
const turn = () => new Promise(setImmediate);

let cable: Cable;
let failures: unknown[];
const hold = (maxWaitingFrames: number) =>
  new HoldingOutlet(cable, maxWaitingFrames, (error) => failures.push(error));
beforeEach(() => {
  cable = new Cable();
  failures = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Frames that are kept for a listener', () => {
  it('go to one that was there before the first of them', async () => {
    const outlet = hold(100);
    cable.listen(true);
    for (let at = 0; at < 100; at += 5) {
      outlet.write(frames(at, 5));
      await turn();
    }
    expect(cable.heard).toEqual(range(0, 100));
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([0, 0]);
  });

  it('go to one that went away and came back while there were none', async () => {
    const outlet = hold(100);
    for (let round = 0; round < 3; round++) {
      cable.listen(true);
      await turn();
      cable.listen(false);
      await turn();
    }
    cable.listen(true);
    outlet.write(frames(0, 8));
    await turn();
    expect(cable.heard).toEqual(range(0, 8));
  });

  it('are the newest of them, whatever the lengths they came in', async () => {
    for (const length of [1, 3, 4, 7, 10, 11, 25]) {
      cable = new Cable();
      const outlet = hold(10);
      for (let at = 0; at < 100; at += length) outlet.write(frames(at, Math.min(length, 100 - at)));
      expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([10, 90]);
      cable.listen(true);
      await outlet.finish();
      expect(cable.heard, `${length} frames at once`).toEqual(range(90, 100));
      expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([0, 90]);
    }
  });

  it('are heard or counted as dropped, each once, however full the listener is', async () => {
    const outlet = hold(10);
    cable.listen(true, 6);
    outlet.write(frames(0, 8));
    await turn();
    // One period is heard and one is on its way, so four more frames have room, and then none.
    expect([cable.heard.length, outlet.framesWaiting]).toEqual([4, 4]);
    outlet.write(frames(8, 6));
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([10, 0]);
    outlet.write(frames(14, 20));
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([10, 20]);
    cable.listen(true);
    await turn();
    await outlet.finish();
    expect(cable.heard).toEqual([...range(0, 8), ...range(28, 34)]);
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([0, 20]);
  });

  it('are the newest for the next listener, where one that was full left', async () => {
    for (const whileFull of [0, 4, 8, 40]) {
      cable = new Cable();
      const outlet = hold(16);
      cable.listen(true, 0);
      outlet.write(frames(0, 8));
      await turn();
      outlet.write(frames(8, whileFull));
      cable.listen(false);
      await turn();
      for (let at = 8 + whileFull; at < 400; at += 4) outlet.write(frames(at, 4));
      expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([16, 384]);
      cable.listen(true);
      await turn();
      expect(cable.heard).toEqual(range(384, 400));
    }
  });

  it('wait for the next listener in their order, where one that was full left', async () => {
    const outlet = hold(10);
    cable.listen(true, 6);
    outlet.write(frames(0, 10));
    await turn();
    expect(cable.heard).toEqual(range(0, 4));
    cable.listen(false);
    // At once, and behind a turn.
    cable.listen(true, 4);
    await turn();
    cable.listen(false);
    await turn();
    outlet.write(frames(10, 6));
    cable.listen(true);
    await turn();
    expect(cable.heard).toEqual(range(0, 16));
    await outlet.finish();
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([0, 0]);
    expect(failures).toEqual([]);
  });

  it('take no more memory than they were given, however many there are', () => {
    const outlet = hold(480_000);
    const one = frames(0, 1);
    const before = memoryHeld();
    for (let i = 0; i < 1_000_000; i++) outlet.write(one);
    const held = memoryHeld() - before;
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([480_000, 520_000]);
    expect(held).toBeLessThan(2_000_000);
  });
});

describe('The end', () => {
  it('comes at once when nobody listens, also when a period was on its way', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const outlet = hold(20);
    cable.listen(true, 0);
    outlet.write(frames(0, 10));
    expect(outlet.framesWaiting).toBe(10);
    cable.listen(false);
    await outlet.finish();
    expect(vi.getTimerCount()).toBe(0);
    expect([cable.heard, outlet.framesWaiting, outlet.framesDropped]).toEqual([[], 0, 10]);
  });

  it('waits for a listener that reads, and gives it up when it leaves or after a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    for (const end of [() => cable.listen(false), () => vi.advanceTimersByTime(1000)]) {
      cable = new Cable();
      const outlet = hold(20);
      cable.listen(true, 4);
      outlet.write(frames(0, 10));
      const finished = outlet.finish();
      let isFinished = false;
      finished.then(() => {
        isFinished = true;
      });
      await turn();
      vi.advanceTimersByTime(999);
      await turn();
      expect([isFinished, outlet.framesWaiting]).toEqual([false, 6]);
      end();
      await finished;
      expect([cable.heard.length, outlet.framesWaiting, outlet.framesDropped]).toEqual([4, 0, 6]);
    }
    expect(failures).toEqual([]);
  });

  it('comes with what failed, told once', async () => {
    const outlet = hold(20);
    cable.failure = new Error('gone');
    cable.listen(true);
    outlet.write(frames(0, 10));
    await turn();
    outlet.write(frames(10, 10));
    await turn();
    await outlet.finish();
    expect(failures).toEqual([cable.failure]);
    expect([outlet.framesWaiting, outlet.framesDropped]).toEqual([0, 20]);
  });

  it('fails with what fails while the end is written', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const outlet = hold(20);
    cable.failure = new Error('gone');
    outlet.write(frames(0, 10));
    cable.listening = true;
    await expect(outlet.finish()).rejects.toBe(cable.failure);
    expect(vi.getTimerCount()).toBe(0);
    expect([failures, outlet.framesWaiting, outlet.framesDropped]).toEqual([[], 0, 10]);
  });
});
