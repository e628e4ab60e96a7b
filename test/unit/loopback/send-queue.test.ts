// Sends in turn: what a queue does with the memory, the time and the room that it is given, over a cable of memory.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LentBytes } from '../../../lib/lent-bytes.js';
import type { Listener, ListenerWatchHandlers } from '../../../lib/loopback/listener.js';
import { checkSendOptions, type SendOptions, SendQueue } from '../../../lib/loopback/send-queue.js';
import { type StreamOptions, webStreamTo, writableTo } from '../../../lib/loopback/streams.js';

const PERIOD_FRAMES = 480;
const FRAME_BYTES = 4;
const PERIOD_BYTES = PERIOD_FRAMES * FRAME_BYTES;
const withCode = (code: string) => expect.objectContaining({ code });

/** A cable, and the listener at its other end, whose buffer holds `bufferFrames`. */
class Cable {
  state: 'away' | 'running' | 'halted' = 'away';
  unread = 0;
  isClosed = false;
  /** What was done with the cable: bytes that were moved, or its end. */
  readonly done: (Buffer | 'end')[] = [];
  readonly queue: SendQueue;
  #pending = 0;
  #isSilencePaused = false;
  readonly #watching = new Set<ListenerWatchHandlers>();

  constructor(readonly bufferFrames = 4 * PERIOD_FRAMES) {
    const isClosed = () => this.isClosed;
    this.queue = new SendQueue(
      {
        name: 'the cable',
        rate: 48_000,
        periodFrames: PERIOD_FRAMES,
        frameBytes: FRAME_BYTES,
        get closed() {
          return isClosed();
        },
        pendingBytes: () => this.#pending,
        write: (bytes) => this.#move(bytes),
        flush: () => {
          const missing = this.#pending === 0 ? 0 : PERIOD_BYTES - this.#pending;
          if (missing > 0) this.#move(new Uint8Array(missing));
          this.done.push('end');
          return Math.ceil(missing / FRAME_BYTES);
        },
        pauseSilence: () => {
          expect(this.#isSilencePaused).toBe(false);
          this.#isSilencePaused = true;
        },
        resumeSilence: () => {
          this.#isSilencePaused = false;
        },
        dropPartialFrame: () => {
          this.#pending -= this.#pending % FRAME_BYTES;
        },
      },
      { look: () => this.#look(), watch: (handlers) => this.#watch(handlers) },
    );
  }

  get periods(): number {
    return Math.floor(this.bytes.length / PERIOD_BYTES);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.done.filter((part) => part !== 'end'));
  }

  send(bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
    return this.queue.send(new LentBytes('bytes', bytes), checkSendOptions(options));
  }

  writable(options: StreamOptions = {}): Writable {
    return writableTo(this.queue, FRAME_BYTES, {
      highWaterMark: 1 << 20,
      ...options,
      ...checkSendOptions(options),
    });
  }

  web(options: StreamOptions = {}): WritableStream<Uint8Array> {
    return webStreamTo(this.queue, FRAME_BYTES, {
      ...{ highWaterMark: 1 << 20, ...options },
      ...checkSendOptions(options),
    });
  }

  listen(): void {
    this.state = 'running';
    for (const { told } of this.#watching) told({ type: 'start', resolutionNs: 0n, holder: undefined });
  }

  close(): void {
    this.isClosed = true;
    this.queue.wake();
  }

  #look(): Listener {
    const { state, unread } = this;
    const running = state === 'running';
    return {
      ...{ running, halted: state === 'halted', waiting: running ? unread : 0 },
      room: running ? this.bufferFrames - 1 - unread : state === 'halted' ? 0 : Number.POSITIVE_INFINITY,
    } as Listener;
  }

  #watch(handlers: ListenerWatchHandlers) {
    this.#watching.add(handlers);
    return { setRef: () => {}, close: () => void this.#watching.delete(handlers) };
  }

  #move(bytes: Uint8Array): void {
    this.done.push(Buffer.from(bytes));
    const periods = Math.floor((this.#pending + bytes.length) / PERIOD_BYTES);
    this.#pending = (this.#pending + bytes.length) % PERIOD_BYTES;
    if (this.state !== 'running') return;
    this.unread += periods * PERIOD_FRAMES;
    expect(this.unread, 'frames that were lost').toBeLessThan(this.bufferFrames);
  }
}

/** Bytes that differ from their neighbours. */
function count(bytes: number, first = 1): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, at) => (first + at) % 251));
}

function expectSame(heard: Buffer, sent: Buffer): void {
  expect([heard.length, heard.equals(sent)]).toEqual([sent.length, true]);
}

/** What a promise has come to, without waiting for it. */
function outcome(promise: Promise<unknown>): { settled: boolean; error?: unknown } {
  const result: { settled: boolean; error?: unknown } = { settled: false };
  promise.then(
    () => Object.assign(result, { settled: true }),
    (error) => Object.assign(result, { settled: true, error }),
  );
  return result;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});
/** Lets time pass, a turn of the event loop for each millisecond. */
async function pass(ms: number): Promise<void> {
  for (let turn = 0; turn <= ms; turn += 1) {
    if (turn > 0) await vi.advanceTimersByTimeAsync(1);
    await new Promise(setImmediate);
  }
}

describe('Memory that is lent to a send', () => {
  const shrunk = {
    'is resized': (buffer: ArrayBuffer) =>
      (buffer as ArrayBuffer & { resize(bytes: number): void }).resize(100),
    'is transferred': (buffer: ArrayBuffer) => void structuredClone(buffer, { transfer: [buffer] }),
  };
  const resizable = (bytes: number, most = bytes): ArrayBuffer =>
    new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(bytes, { maxByteLength: most });

  for (const [what, shrink] of Object.entries(shrunk)) {
    it.each([
      ['takes its length from its buffer', (buffer: ArrayBuffer) => new Uint8Array(buffer)],
      ['has a length of its own', (buffer: ArrayBuffer) => new Uint8Array(buffer, 200, 5_000)],
    ])(`fails it where it ${what} during the wait, also where it %s`, async (_how, view) => {
      const cable = new Cable(2 * PERIOD_FRAMES);
      cable.state = 'running';
      const buffer = resizable(3 * PERIOD_BYTES);
      const sending = outcome(cable.send(view(buffer)));
      const next = outcome(cable.send(count(8)));
      expect(cable.periods).toBe(1);
      shrink(buffer);
      cable.unread = 0;
      await pass(10);
      expect(sending).toEqual({ settled: true, error: withCode('ERR_INVALID_STATE') });
      expect(sending.error).toBeInstanceOf(TypeError);
      expect(next).toEqual({ settled: true });
      expectSame(cable.bytes.subarray(PERIOD_BYTES), count(8));
    });
  }

  it('fails it at once where it is gone already, and not where there was none', async () => {
    const cable = new Cable();
    cable.state = 'running';
    const buffer = resizable(3 * PERIOD_BYTES);
    const view = new Uint8Array(buffer, 200, 5_000);
    shrunk['is resized'](buffer);
    expect(() => cable.send(view)).toThrow(withCode('ERR_INVALID_STATE'));
    await cable.send(new Uint8Array(0));
    expect(cable.done).toEqual([]);
  });

  it('is as long as it was at the call where it grows', async () => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = 'running';
    const buffer = resizable(2 * PERIOD_BYTES, 4 * PERIOD_BYTES);
    const sending = cable.send(new Uint8Array(buffer));
    (buffer as ArrayBuffer & { resize(bytes: number): void }).resize(4 * PERIOD_BYTES);
    cable.unread = 0;
    await pass(10);
    await sending;
    expect(cable.bytes.length).toBe(2 * PERIOD_BYTES);
  });

  it('fails a stream whose chunk is transferred before its turn', async () => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = 'running';
    const writable = cable.writable();
    const chunk = new Uint8Array(PERIOD_BYTES);
    writable.write(new Uint8Array(2 * PERIOD_BYTES));
    writable.write(chunk);
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    cable.unread = 0;
    const failed = once(writable, 'error');
    await pass(10);
    expect(await failed).toEqual([withCode('ERR_INVALID_STATE')]);
  });
});

describe('While nobody listens', () => {
  it('a send holds its frames until somebody does', async () => {
    const cable = new Cable(8 * PERIOD_FRAMES);
    const sending = outcome(cable.send(count(3 * PERIOD_BYTES)));
    await pass(200);
    expect(cable.done).toEqual([]);
    cable.listen();
    await pass(0);
    expect(sending).toEqual({ settled: true });
    expectSame(cable.bytes, count(3 * PERIOD_BYTES));
  });

  it.each(['writable', 'web'] as const)('a stream (%s) holds its frames, and its end', async (kind) => {
    const cable = new Cable(8 * PERIOD_FRAMES);
    const writable = cable.writable();
    const writer = kind === 'web' ? cable.web().getWriter() : undefined;
    const ended = writer
      ? Promise.all([writer.write(count(PERIOD_BYTES + 5)), writer.close()])
      : once(writable.end(count(PERIOD_BYTES + 5)), 'finish');
    const over = outcome(ended);
    await pass(200);
    expect(cable.done).toEqual([]);
    cable.listen();
    await ended;
    expect(over).toEqual({ settled: true });
    expect(cable.periods).toBe(2);
    expect(cable.done.at(-1)).toBe('end');
  });

  it.each([480, 100, 1_000_000])(
    'frames are discarded in real time, in chunks of %i frames',
    async (frames) => {
      const cable = new Cable();
      const writable = cable.writable({ unheard: 'drop' });
      const sent = count(40 * PERIOD_BYTES);
      const finished = outcome(once(writable, 'finish'));
      for (let at = 0; at < sent.length; at += frames * FRAME_BYTES)
        writable.write(sent.subarray(at, at + frames * FRAME_BYTES));
      writable.end();
      const periods: number[] = [];
      for (let hundreds = 0; hundreds < 3; hundreds += 1) {
        await pass(100);
        periods.push(cable.periods);
      }
      // Each when a listener would begin to hear it. Timers are of whole milliseconds.
      for (const [index, least] of [10, 20, 30].entries())
        expect([least, least + 1]).toContain(periods[index]);
      expect(finished).toEqual({ settled: false });
      await pass(100);
      expect(finished).toEqual({ settled: true });
      expectSame(cable.bytes, sent);
    },
  );

  it('an event loop that was busy catches up, and a pause of the source does not', async () => {
    const cable = new Cable();
    const send = (periods: number) =>
      outcome(cable.send(new Uint8Array(periods * PERIOD_BYTES), { unheard: 'drop' }));
    const sending = send(20);
    expect(cable.periods).toBe(1);
    vi.setSystemTime(Date.now() + 50);
    await pass(50);
    expect(cable.periods).toBe(6);
    await pass(140);
    expect(sending).toEqual({ settled: true });
    await pass(200);
    send(20);
    expect(cable.periods).toBe(21);
  });

  it('a source that keeps time itself is discarded as it comes', async () => {
    const cable = new Cable();
    await cable.send(new Uint8Array(50 * PERIOD_BYTES), { pace: 'producer' });
    expect(cable.periods).toBe(50);
    const writable = cable.writable({ pace: 'producer' });
    writable.end(new Uint8Array(50 * PERIOD_BYTES));
    await once(writable, 'finish');
    expect(cable.periods).toBe(100);
  });

  it('a source that keeps time itself waits where it asks for that', async () => {
    const cable = new Cable(51 * PERIOD_FRAMES);
    const sending = outcome(
      cable.send(new Uint8Array(50 * PERIOD_BYTES), { pace: 'producer', unheard: 'wait' }),
    );
    await pass(100);
    expect([cable.periods, sending]).toEqual([0, { settled: false }]);
    cable.listen();
    await pass(0);
    expect([cable.periods, sending]).toEqual([50, { settled: true }]);
  });

  it('a listener that comes gets what was not discarded yet, as fast as it has room', async () => {
    const cable = new Cable(4 * PERIOD_FRAMES);
    cable.send(new Uint8Array(20 * PERIOD_BYTES), { unheard: 'drop' });
    await pass(50);
    expect(cable.periods).toBe(6);
    cable.listen();
    await pass(10);
    expect(cable.periods).toBe(9);
    await pass(200);
    expect(cable.periods).toBe(9);
  });
});

describe('The end of a stream', () => {
  it('takes its turn among the sends of others', async () => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = 'running';
    cable.unread = PERIOD_FRAMES;
    const [first, second] = [cable.writable(), cable.writable()];
    first.write(count(PERIOD_BYTES));
    second.write(count(3 * PERIOD_BYTES, 7));
    const finished = [first, second].map((stream) => outcome(once(stream, 'finish')));
    first.end();
    second.end(count(PERIOD_BYTES, 9));
    for (let reads = 0; reads < 7; reads += 1) {
      cable.unread = 0;
      await pass(10);
    }
    expect(finished).toEqual([{ settled: true }, { settled: true }]);
    expectSame(
      cable.bytes,
      Buffer.concat([count(PERIOD_BYTES), count(3 * PERIOD_BYTES, 7), count(PERIOD_BYTES, 9)]),
    );
    expect(cable.done.filter((part) => part === 'end')).toHaveLength(2);
  });

  it('waits for room for the period that it completes', async () => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = 'running';
    const writable = cable.writable();
    await new Promise((resolve) => writable.write(count(5), resolve));
    cable.unread = PERIOD_FRAMES;
    const finished = outcome(once(writable.end(), 'finish'));
    await pass(200);
    expect(cable.periods).toBe(0);
    cable.unread = 0;
    await pass(10);
    expect(finished).toEqual({ settled: true });
    expectSame(cable.bytes, Buffer.concat([count(5), Buffer.alloc(PERIOD_BYTES - 5)]));
  });

  it.each(['destroyed', 'aborted by its signal'])('stops waiting where the stream is %s', async (how) => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = 'running';
    const abort = new AbortController();
    const writable = cable.writable({ signal: abort.signal });
    writable.on('error', () => {});
    await new Promise((resolve) => writable.write(count(8), resolve));
    cable.unread = PERIOD_FRAMES;
    writable.end();
    await pass(100);
    expect(() => cable.queue.refuseWhileBusy()).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }));
    const closed = once(writable, 'close');
    if (how === 'destroyed') writable.destroy();
    else abort.abort();
    await closed.catch(() => {});
    cable.queue.refuseWhileBusy();
    expect(cable.done).not.toContain('end');
  });

  it('stops waiting where a WritableStream is aborted by its signal', async () => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = 'running';
    const abort = new AbortController();
    const writer = cable.web({ signal: abort.signal }).getWriter();
    writer.closed.catch(() => {});
    await writer.write(count(8));
    cable.unread = PERIOD_FRAMES;
    const closing = writer.close();
    await pass(100);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(closing).rejects.toBe(reason);
    cable.queue.refuseWhileBusy();
  });
});

describe('Streams that take turns', () => {
  it('give whole frames each, wherever their chunks are cut', async () => {
    const cable = new Cable(64 * PERIOD_FRAMES);
    cable.state = 'running';
    const streams = [cable.writable(), cable.writable()];
    const sent = [Buffer.alloc(4_000, 1), Buffer.alloc(4_000, 2)];
    for (const [at, end] of [
      [0, 3],
      [3, 5],
      [5, 1_023],
      [1_023, 1_024],
      [1_024, 3_001],
      [3_001, 4_000],
    ] as const) {
      for (const [index, stream] of streams.entries()) {
        await new Promise((resolve) => stream.write(sent[index]?.subarray(at, end), resolve));
      }
    }
    const heard = cable.bytes;
    const frames = Array.from({ length: heard.length / FRAME_BYTES }, (_, frame) =>
      heard.readUInt32LE(frame * FRAME_BYTES).toString(16),
    );
    expect(frames.filter((frame) => frame === '1010101')).toHaveLength(1_000);
    expect(frames.filter((frame) => frame === '2020202')).toHaveLength(1_000);
  });
});

describe('A queue whose cable is closed', () => {
  it.each([
    ['nobody to listen', 'away', {}],
    ['time to pass', 'away', { unheard: 'drop' }],
    ['room', 'running', {}],
    ['a listener that is halted', 'halted', { unheard: 'drop' }],
  ] as const)('wakes who waits for %s', async (_what, state, options) => {
    const cable = new Cable(2 * PERIOD_FRAMES);
    cable.state = state;
    const bytes = new Uint8Array(4 * PERIOD_BYTES);
    const sends = [cable.send(bytes, options), cable.send(bytes, options)];
    const ended = once(cable.writable(options).end(bytes), 'finish');
    cable.close();
    // No time has passed.
    for (const waiting of [...sends, ended]) await expect(waiting).rejects.toThrow(withCode('ERR_CLOSED'));
    expect(vi.getTimerCount()).toBe(0);
  });
});
