// The two ends of a clocked cable as Node streams, iterators, and with the programs that people listen with.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ClockedLoopback,
  type ClockedLoopbackOptions,
  type LoopbackCapture,
  LoopbackCard,
} from '../../../lib/loopback/index.js';
import { runChild } from '../../support/child.js';
import { difference, noise, withCode } from './support.js';

let card: LoopbackCard;
beforeAll(async () => {
  card = await LoopbackCard.load();
});
afterAll(() => LoopbackCard.unload());

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
const open = (options: Partial<ClockedLoopbackOptions> = {}) =>
  ClockedLoopback.open({ card, ...stream, ...options });

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
    using capture = loop.listen();
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
    const capture = loop.listen();
    const all = collect(capture, Number.POSITIVE_INFINITY);
    loop.write(new Uint8Array(2 * loop.periodBytes));
    await capture.ready();
    await new Promise(setImmediate);
    capture.close();
    expect((await all).length).toBe(2 * loop.periodBytes);
  });

  it('ends with the reason of a signal', async () => {
    using loop = open();
    using capture = loop.listen();
    const abort = new AbortController();
    const waiting = capture.frames({ signal: abort.signal }).next();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(capture.ready(abort.signal)).rejects.toThrow('enough');
  });

  it('fails when frames were lost', async () => {
    using loop = open();
    using capture = loop.listen({ periods: 2 });
    const next = capture[Symbol.asyncIterator]().next();
    loop.write(new Uint8Array(3 * loop.periodBytes));
    await expect(next).rejects.toThrow(withCode('EPIPE'));
  });

  it('keeps the clock of a writer that is gone, and the next one is told so', async () => {
    const loop = open();
    using capture = loop.listen();
    loop.write(new Uint8Array(loop.periodBytes));
    expect(capture.read().length).toBe(loop.periodBytes);
    loop.close();
    // The dead timer stays with the cable while the capture holds it.
    expect(() => open()).toThrow(withCode('ERR_CABLE_CLOCK'));
  });

  it('does not keep a process alive that stopped waiting', async () => {
    const result = await runChild(`
      const { ClockedLoopback } = await import(${JSON.stringify(new URL('../../../dist/loopback/index.js', import.meta.url).href)});
      const loop = ClockedLoopback.open({ card: ${card.number}, ...${JSON.stringify(stream)} });
      const capture = loop.listen();
      const abort = new AbortController();
      const waiting = capture.ready(abort.signal).catch(({ name }) => console.log(name));
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
        const loop = ClockedLoopback.open({ card: ${card.number}, starvation: 'silence', ...${JSON.stringify(stream)} });
        const capture = loop.listen({ overrun: 'restart' });
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
    const capture = loop.listen();
    const sink = new PassThrough();
    const piped = pipeline(capture.readable(), sink);
    const received = buffer(sink);
    const sent = noise(30 * loop.periodBytes);
    for (let at = 0; at < sent.length; at += loop.periodBytes) {
      loop.write(sent.subarray(at, at + loop.periodBytes));
      while (capture.avail > 0) await new Promise(setImmediate);
    }
    capture.close();
    await piped;
    expect(difference(sent, await received)).toBeUndefined();
  });

  it('leaves the capture open when it is destroyed', async () => {
    using loop = open();
    using capture = loop.listen();
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
    using capture = loop.listen({ periods: 4 });
    const sent = noise(200 * loop.periodBytes + 4);
    const received = collect(capture, 201 * loop.periodBytes);
    await pipeline(Readable.from(pieces(sent)), loop.writable());
    const padding = Buffer.alloc(loop.periodBytes - 4);
    expect(difference(Buffer.concat([sent, padding]), await received)).toBeUndefined();
    expect(loop.stats).toMatchObject({ periods: 201, paddedFrames: 479, xruns: 0 });
  });

  it('holds its frames until somebody listens, when that was asked for', async () => {
    using loop = open();
    const sent = noise(20 * loop.periodBytes);
    const piped = pipeline(Readable.from(pieces(sent)), loop.writable({ unheard: 'hold' }));
    await new Promise(setImmediate);
    expect(loop.stats.periods).toBe(0);
    using capture = loop.listen();
    expect(difference(sent, await collect(capture, sent.length))).toBeUndefined();
    await piped;
  });

  it('discards what nobody hears by default', async () => {
    using loop = open();
    await pipeline(Readable.from(pieces(noise(20 * loop.periodBytes))), loop.writable());
    expect(loop.stats.periods).toBe(20);
  });

  it('ends a wait when it is destroyed', async () => {
    using loop = open();
    const writable = loop.writable({ unheard: 'hold' });
    writable.write(new Uint8Array(loop.periodBytes));
    writable.destroy();
    await once(writable, 'close');
    expect(loop.stats.periods).toBe(0);
    expect(loop.closed).toBe(false);
  });

  it('ends a wait when it is aborted as a WritableStream', async () => {
    using loop = open();
    const writer = loop.toWeb({ unheard: 'hold' }).getWriter();
    const written = writer.write(new Uint8Array(loop.periodBytes));
    const closed = writer.closed;
    const reason = new Error('enough');
    await writer.abort(reason);
    await expect(written).rejects.toThrow('enough');
    await expect(closed).rejects.toThrow('enough');
    expect(loop.stats.periods).toBe(0);
    expect(loop.closed).toBe(false);
  });

  it('is a WHATWG stream, too', async () => {
    using loop = open();
    using capture = loop.listen();
    const sent = noise(6 * loop.periodBytes);
    const writer = loop.toWeb().getWriter();
    await writer.write(sent);
    await writer.close();
    expect(difference(sent, capture.read())).toBeUndefined();
  });
});

describe('A program that listens', () => {
  const run = promisify(execFile);
  interface Sent {
    readonly format: 'S16_LE' | 'S32_LE';
    readonly rate: number;
    readonly channels: number;
  }
  type Command = (device: string, path: string, frames: number, sent: Sent) => string[];
  const arecord: Command = (device, path, frames, { format, rate, channels }) => [
    ...['arecord', '-q', '-D', device, '-f', format, '-r', `${rate}`, '-c', `${channels}`],
    ...['-t', 'raw', '-s', `${frames}`, path],
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
        await loop.send(sent, { unheard: 'hold' });
        // It may want more than it keeps, and is not told that this is all.
        const ended = new AbortController();
        const silence = Readable.from(endless(Buffer.alloc(loop.periodBytes)));
        const sending = pipeline(silence, loop.writable({ unheard: 'hold' }), { signal: ended.signal });
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
