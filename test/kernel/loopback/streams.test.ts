// The two ends of a clocked cable as Node streams, iterators, and with the programs that people listen with.
import { execFile } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ClockedLoopback,
  type ClockedLoopbackOptions,
  type LoopbackCapture,
  type LoopbackCard,
} from '../../../lib/loopback/index.js';
import { arecordArgs } from '../../support/arecord.js';
import { runChild } from '../../support/child.js';
import { withCard } from '../setup.js';
import { difference, noise, stream, withCode } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const open = (options: Partial<ClockedLoopbackOptions> = {}) =>
  ClockedLoopback.openSync({ card, ...stream, ...options });

/** Reads `bytes` bytes. */
async function collect(capture: LoopbackCapture, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of capture) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

describe('A capture', () => {
  it('waits in the event loop and gives every frame once, in order', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(50 * loop.periodBytes);
    const received = collect(capture, sent.length);
    for (let at = 0; at < sent.length; at += 1_000) {
      loop.write(sent.subarray(at, at + 1_000));
      if (at % 7_000 === 0) await new Promise(setImmediate);
    }
    expect(difference(sent, await received)).toBeUndefined();
  });

  it('ends when the capture is closed', async () => {
    using loop = open();
    const capture = loop.openCapture();
    const all = collect(capture, Number.POSITIVE_INFINITY);
    loop.write(new Uint8Array(2 * loop.periodBytes));
    await capture.ready();
    await new Promise(setImmediate);
    capture.close();
    expect((await all).length).toBe(2 * loop.periodBytes);
  });

  it('ends with the reason of a signal', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const abort = new AbortController();
    const waiting = capture.frames({ signal: abort.signal }).next();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(capture.ready({ signal: abort.signal })).rejects.toThrow('enough');
  });

  it('fails when frames were lost', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 2 });
    const next = capture[Symbol.asyncIterator]().next();
    loop.write(new Uint8Array(3 * loop.periodBytes));
    await expect(next).rejects.toThrow(withCode('EPIPE'));
  });

  it('keeps the clock of a writer that is gone, and the next one is told so', async () => {
    const loop = open();
    using capture = loop.openCapture();
    loop.write(new Uint8Array(loop.periodBytes));
    expect(capture.read().length).toBe(loop.periodBytes);
    loop.close();
    // The dead timer stays with the cable while the capture holds it.
    expect(() => open()).toThrow(withCode('ERR_CABLE_CLOCK'));
  });

  it('does not keep a process alive that stopped waiting', async () => {
    const result = await runChild(`
      const { ClockedLoopback } = await import(${JSON.stringify(new URL('../../../dist/loopback/index.js', import.meta.url).href)});
      const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
      const capture = loop.openCapture();
      const abort = new AbortController();
      const waiting = capture.ready({ signal: abort.signal }).catch(({ name }) => console.log(name));
      abort.abort();
      await waiting;
      globalThis.keep = [loop, capture];`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'AbortError\n', stderr: '' });
  });

  it('goes with its worker, terminated while it waits', async () => {
    const result = await runChild(`
      const { ClockedLoopback } = await import(${JSON.stringify(new URL('../../../dist/loopback/index.js', import.meta.url).href)});
      const code = \`
        const { ClockedLoopback } = await import('${new URL('../../../dist/loopback/index.js', import.meta.url).href}');
        const loop = ClockedLoopback.openSync({ card: ${card.number}, idle: 'silence', ...${JSON.stringify(stream)} });
        const capture = loop.openCapture({ onInterruption: 'restart' });
        parentPort.postMessage('open');
        for await (const frames of capture) parentPort.postMessage(frames.length);\`;
      for (let round = 0; round < 5; round += 1) {
        const worker = startWorker(code);
        await once(worker, 'message');
        await once(worker, 'message');
        await worker.terminate();
      }
      console.log(JSON.stringify(Object.keys(descriptors()).filter((name) => /utimer|pcm/.test(name))));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n' });
  });
});

describe('A capture as a Readable', () => {
  it('gives every frame to a pipeline, and ends when the capture is closed', async () => {
    using loop = open();
    const capture = loop.openCapture();
    const sink = new PassThrough();
    const piped = pipeline(capture.readable(), sink);
    const received = buffer(sink);
    const sent = noise(30 * loop.periodBytes);
    for (let at = 0; at < sent.length; at += loop.periodBytes) {
      loop.write(sent.subarray(at, at + loop.periodBytes));
      while (capture.avail() > 0) await new Promise(setImmediate);
    }
    capture.close();
    await piped;
    expect(difference(sent, await received)).toBeUndefined();
  });

  it('leaves the capture open when it is destroyed', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const readable = capture.readable();
    readable.resume();
    readable.destroy();
    await once(readable, 'close');
    expect(capture.closed).toBe(false);
    loop.write(new Uint8Array(loop.periodBytes));
    expect(capture.read().length).toBe(loop.periodBytes);
  });
});

describe('Writing as a Writable', () => {
  it('does not go faster than the listener reads', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(200 * loop.periodBytes + 4);
    const received = collect(capture, 201 * loop.periodBytes);
    await pipeline(Readable.from(pieces(sent)), loop.writable());
    const padding = Buffer.alloc(loop.periodBytes - 4);
    expect(difference(Buffer.concat([sent, padding]), await received)).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 201, paddedFrames: 479, xruns: 0 });
  });

  it('holds its frames until somebody listens', async () => {
    using loop = open();
    const sent = noise(20 * loop.periodBytes);
    const piped = pipeline(Readable.from(pieces(sent)), loop.writable());
    await new Promise(setImmediate);
    expect(loop.stats().periods).toBe(0);
    using capture = loop.openCapture();
    expect(difference(sent, await collect(capture, sent.length))).toBeUndefined();
    await piped;
  });

  it('discards what nobody hears in real time, when that was asked for', async () => {
    using loop = open();
    const begin = performance.now();
    await pipeline(Readable.from(pieces(noise(20 * loop.periodBytes))), loop.writable({ unheard: 'drop' }));
    expect(performance.now() - begin).toBeGreaterThanOrEqual(190);
    expect(loop.stats().periods).toBe(20);
  });

  it('ends in its turn, with another stream under way', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = [noise(loop.periodBytes + 400), noise(20 * loop.periodBytes), noise(8)] as const;
    const received = collect(capture, 23 * loop.periodBytes);
    const [first, second] = [loop.writable(), loop.writable()];
    first.end(sent[0]);
    second.write(sent[1]);
    await once(first, 'finish');
    second.end(sent[2]);
    await once(second, 'finish');
    const heard = [sent[0], sent[1], Buffer.alloc(1_520), sent[2], Buffer.alloc(1_912)];
    expect(difference(Buffer.concat(heard), await received)).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 23, pendingBytes: 0, xruns: 0 });
  });

  it('ends a wait when it is destroyed', async () => {
    using loop = open();
    const writable = loop.writable();
    writable.write(new Uint8Array(loop.periodBytes));
    writable.destroy();
    await once(writable, 'close');
    expect(loop.stats().periods).toBe(0);
    expect(loop.closed).toBe(false);
  });

  /** Two reasons to wait, and how many periods are moved before. */
  const waits = [
    ['a listener that is full', { unheard: 'drop' }, 3],
    ['a listener', {}, 0],
  ] as const;
  /** A listener that has room for three periods, or none. */
  const listenerFor = (loop: ClockedLoopback, periods: number) => {
    const capture = loop.openCapture({ periods: 4 });
    if (periods === 0) capture.close();
    return capture;
  };

  it.each(waits)('waits for %s until its pipeline is aborted, and then others write', async (...wait) => {
    const [, options, periods] = wait;
    using loop = open();
    using _capture = listenerFor(loop, periods);
    const abort = new AbortController();
    const source = Readable.from(pieces(noise(200 * loop.periodBytes)));
    const piped = pipeline(source, loop.writable(options), { signal: abort.signal });
    await waiting(loop, periods);
    abort.abort();
    await expect(piped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    loop.write(new Uint8Array(loop.periodBytes));
    expect(loop.flush()).toBe(0);
    expect(loop.stats().periods).toBe(periods + 1);
  });

  it.each(waits)('waits for %s until its own signal is aborted', async (...wait) => {
    const [, options, periods] = wait;
    using loop = open();
    using _capture = listenerFor(loop, periods);
    const abort = new AbortController();
    const writable = loop.writable({ ...options, signal: abort.signal });
    const closed = once(writable, 'close').catch((error) => error);
    writable.write(new Uint8Array(8 * loop.periodBytes));
    await waiting(loop, periods);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await closed).toMatchObject({ name: 'AbortError', cause: reason });
    expect(writable.closed).toBe(true);
    expect(loop.flush()).toBe(0);
    expect(loop.stats().periods).toBe(periods);
  });

  it.each(waits)('waits for %s in a pipe of WHATWG streams until that is aborted', async (...wait) => {
    const [, options, periods] = wait;
    using loop = open();
    using _capture = listenerFor(loop, periods);
    const abort = new AbortController();
    const { signal } = abort;
    const cancelled: unknown[] = [];
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(loop.periodBytes)),
      cancel: (reason) => void cancelled.push(reason),
    });
    const piped = source.pipeTo(loop.toWeb({ ...options, signal }), { signal });
    await waiting(loop, periods);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(piped).rejects.toBe(reason);
    expect(cancelled).toEqual([reason]);
    expect(loop.flush()).toBe(0);
    expect(loop.stats().periods).toBe(periods);
  });

  it('ends a wait when it is aborted as a WritableStream', async () => {
    using loop = open();
    const writer = loop.toWeb().getWriter();
    const written = writer.write(new Uint8Array(loop.periodBytes));
    const closed = writer.closed;
    const reason = new Error('enough');
    await writer.abort(reason);
    await expect(written).rejects.toThrow('enough');
    await expect(closed).rejects.toThrow('enough');
    expect(loop.stats().periods).toBe(0);
    expect(loop.closed).toBe(false);
  });

  it.each(['while it is idle', 'before it begins'])('fails by its signal %s', async (when) => {
    using loop = open();
    using capture = loop.openCapture();
    const abort = new AbortController();
    const reason = new Error('enough');
    if (when === 'before it begins') abort.abort(reason);
    const writer = loop.toWeb({ signal: abort.signal }).getWriter();
    const closed = writer.closed.catch((error) => error);
    if (when === 'while it is idle') {
      await writer.write(new Uint8Array(3));
      abort.abort(reason);
    }
    expect(await closed).toBe(reason);
    await expect(writer.write(new Uint8Array(1))).rejects.toBe(reason);
    const sent = noise(loop.periodBytes);
    loop.write(sent);
    expect(difference(sent, capture.read())).toBeUndefined();
  });

  it('leaves nothing with a signal that outlives it', async () => {
    using loop = open();
    const { signal } = new AbortController();
    const count = () => getEventListeners(signal, 'abort').length;
    const [closed, aborted, failed] = [0, 1, 2].map(() => loop.toWeb({ signal }).getWriter());
    expect(count()).toBe(3);
    await closed?.close();
    await aborted?.abort();
    await expect(failed?.write('text' as never)).rejects.toThrow(withCode('ERR_INVALID_ARG_TYPE'));
    expect(count()).toBe(0);
  });

  it('is a WHATWG stream, too', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(6 * loop.periodBytes);
    const writer = loop.toWeb().getWriter();
    await writer.write(sent);
    await writer.close();
    expect(difference(sent, capture.read())).toBeUndefined();
  });
});

describe('A source that breaks off', () => {
  const nines = (bytes: number) => Buffer.alloc(bytes, 9);

  /** What a listener gets of what `begin` gives, which ends in the midst of a frame, and of a stream of nines behind it. */
  async function heard(begin: (loop: ClockedLoopback) => Promise<void>): Promise<Buffer> {
    using loop = open();
    using capture = loop.openCapture({ periods: 16 });
    await begin(loop);
    await pipeline(Readable.from([nines(2 * loop.periodBytes)]), loop.writable());
    return capture.read();
  }

  /** `frames` whole frames, nines, and the silence that completes the last period. */
  function expected(frames: Buffer): Buffer {
    const bytes = Buffer.concat([frames, nines(2 * 1_920)]);
    return Buffer.concat([bytes, Buffer.alloc((1_920 - (bytes.length % 1_920)) % 1_920)]);
  }

  it('leaves whole frames, and nothing of another, when its Writable is destroyed', async () => {
    for (const [given, whole] of [
      [3, 0],
      [4, 4],
      [11, 8],
      [1_919, 1_916],
      [1_923, 1_920],
    ] as const) {
      const sent = noise(given);
      const received = await heard(async (loop) => {
        const writable = loop.writable();
        await new Promise((resolve) => writable.write(sent, resolve));
        writable.destroy();
        await once(writable, 'close');
        expect(loop.stats().pendingBytes).toBe(whole % 1_920);
      });
      expect(difference(expected(sent.subarray(0, whole)), received)).toBeUndefined();
    }
  });

  it('leaves whole frames, and nothing of another, when its WritableStream is aborted', async () => {
    const sent = noise(11);
    const received = await heard(async (loop) => {
      const writer = loop.toWeb().getWriter();
      const closed = expect(writer.closed).rejects.toThrow('enough');
      await writer.write(sent);
      await writer.abort(new Error('enough'));
      await closed;
    });
    expect(difference(expected(sent.subarray(0, 8)), received)).toBeUndefined();
  });

  it.each(['destroyed', 'aborted'])('leaves whole frames where it is %s while it waits', async (how) => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    // The listener is full, and a frame begun.
    const sent = noise(3 * loop.periodBytes + 11);
    loop.write(sent);
    const more = noise(2 * loop.periodBytes);
    if (how === 'destroyed') {
      const writable = loop.writable();
      writable.write(more);
      await waiting(loop, 3);
      writable.destroy();
      await once(writable, 'close');
    } else {
      const abort = new AbortController();
      const sending = loop.send(more, { signal: abort.signal });
      await waiting(loop, 3);
      abort.abort(new Error('enough'));
      await expect(sending).rejects.toThrow('enough');
    }
    const first = capture.read();
    await pipeline(Readable.from([nines(2 * loop.periodBytes)]), loop.writable());
    const whole = expected(sent.subarray(0, 3 * loop.periodBytes + 8));
    expect(difference(whole, Buffer.concat([first, capture.read()]))).toBeUndefined();
  });

  it('leaves whole frames also while it waits for others, which come first', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    loop.write(new Uint8Array(3 * loop.periodBytes));
    const others = noise(11);
    const sending = loop.send(others);
    const abort = new AbortController();
    const turn = loop.send(noise(100), { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(turn).rejects.toThrow('enough');
    const next = loop.send(nines(2 * loop.periodBytes));
    capture.read();
    await Promise.all([sending, next]);
    loop.flush();
    expect(difference(expected(others.subarray(0, 8)), capture.read())).toBeUndefined();
  });

  it('takes nothing from who came after it', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const [first, second] = [loop.writable(), loop.writable()];
    const sent = noise(loop.periodBytes);
    await new Promise((resolve) => first.write(sent.subarray(0, 8), resolve));
    await new Promise((resolve) => second.write(sent.subarray(8, 11), resolve));
    await new Promise((resolve) => first.write(new Uint8Array(0), resolve));
    first.destroy();
    await once(first, 'close');
    await new Promise((resolve) => second.write(sent.subarray(11), resolve));
    expect(difference(sent, capture.read())).toBeUndefined();
  });
});

/** Until a send of `loop` waits, with so many periods moved. */
async function waiting(loop: ClockedLoopback, periods: number): Promise<void> {
  const busy = () => {
    try {
      loop.write(new Uint8Array(0));
      return false;
    } catch (error) {
      expect(error).toEqual(withCode('ERR_BUSY'));
      return true;
    }
  };
  while (!busy() || loop.stats().periods < periods) await new Promise(setImmediate);
}

describe('A program that listens', () => {
  const run = promisify(execFile);
  interface Sent {
    readonly format: 'S16_LE' | 'S32_LE';
    readonly rate: number;
    readonly channels: number;
  }
  type Command = (device: string, path: string, frames: number, sent: Sent) => string[];
  const arecord: Command = (device, path, frames, sent) => [
    'arecord',
    ...arecordArgs(device, sent, '-s', `${frames}`, path),
  ];
  const ffmpeg: Command = (device, path, frames, { format, rate, channels }) => {
    const samples = format === 'S16_LE' ? 's16le' : 's32le';
    return [
      ...['ffmpeg', '-nostdin', '-loglevel', 'error', '-y', '-f', 'alsa', '-acodec', `pcm_${samples}`],
      ...['-sample_rate', `${rate}`, '-channels', `${channels}`, '-i', device],
      ...['-af', `atrim=end_sample=${frames}`, '-acodec', `pcm_${samples}`, '-f', samples, path],
    ];
  };
  const sox: Command = (device, path, frames, { format, rate, channels }) => [
    ...['sox', '-q', '-V1', '--buffer', '65536', '-t', 'alsa', '-r', `${rate}`, '-c', `${channels}`],
    ...['-e', 'signed-integer', '-b', format === 'S16_LE' ? '16' : '32', device],
    ...['-t', 'raw', path, 'trim', '0', `${frames}s`],
  ];

  it.each([
    ['arecord', 'S16_LE', 48_000, 2, arecord],
    ['ffmpeg', 'S16_LE', 48_000, 2, ffmpeg],
    ['sox', 'S16_LE', 48_000, 2, sox],
    ['arecord', 'S32_LE', 96_000, 8, arecord],
    ['ffmpeg', 'S32_LE', 96_000, 8, ffmpeg],
    ['sox', 'S32_LE', 96_000, 8, sox],
  ] as const)(
    '%s records what was sent as %s at %i Hz with %i channels',
    async (_name, format, rate, channels, command) => {
      const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-listener-'));
      try {
        const path = join(folder, 'recorded.raw');
        using loop = open({ format, rate, channels, periodFrames: rate / 100 });
        const sent = noise(100 * loop.periodBytes);
        const [program = '', ...args] = command(loop.listenerName, path, sent.length / loop.frameBytes, {
          format,
          rate,
          channels,
        });
        const recording = run(program, args);
        await loop.send(sent);
        // It may want more than it keeps, and is not told that this is all.
        const ended = new AbortController();
        const silence = Readable.from(endless(Buffer.alloc(loop.periodBytes)));
        const sending = pipeline(silence, loop.writable(), { signal: ended.signal });
        await recording.finally(() => ended.abort());
        await expect(sending).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
        expect(difference(sent, readFileSync(path))).toBeUndefined();
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

function* endless(bytes: Buffer): Generator<Buffer> {
  for (;;) yield bytes;
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 5_000) yield bytes.subarray(at, at + 5_000);
}
