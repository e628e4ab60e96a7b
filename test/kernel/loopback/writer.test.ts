// What a capture learns of the writer at the other end of its cable: by 'writer' events, by `writer`, and at the end of
// an iteration.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pcm, type PcmOptions, UserTimer } from '../../../lib/index.js';
import {
  ClockedLoopback,
  type ClockedLoopbackOptions,
  LoopbackCapture,
  LoopbackCard,
  type WriterState,
} from '../../../lib/loopback/index.js';
import { runChild } from '../../support/child.js';
import { descriptorsOf, difference, distLoopback, noise, stream, withCode } from './support.js';

let card: LoopbackCard;
beforeEach(async () => {
  card = await LoopbackCard.load();
});
afterEach(() => LoopbackCard.unload());

const other = { format: 'S32_LE', rate: 44_100, channels: 1, periodFrames: 441 } as const;
const open = (options: Partial<ClockedLoopbackOptions> = {}) =>
  ClockedLoopback.openSync({ card, ...stream, ...options });
const playback = (options: Partial<PcmOptions>) =>
  Pcm.open({ card: card.number, device: 0, substream: 0, direction: 'playback', ...stream, ...options });
const control = () => `/dev/snd/controlC${card.number}`;

/** The events of a capture, one after the other. */
function writerEvents(capture: LoopbackCapture): () => Promise<WriterState> {
  const told: WriterState[] = [];
  capture.on('writer', (state) => told.push(state));
  return async () => {
    while (told.length === 0) await once(capture, 'writer', { signal: AbortSignal.timeout(30_000) });
    return told.shift() as WriterState;
  };
}

/** The next event, of what `body` does. */
function outcome(next: () => Promise<WriterState>, body: () => unknown): Promise<WriterState> {
  body();
  return next();
}

async function collect(frames: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of frames) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("'writer' events", () => {
  it('tell when a writer starts, ends, starts again and closes, with its parameters and who it is', async () => {
    using loop = open(other);
    using capture = loop.openCapture();
    const next = writerEvents(capture);
    const { format, rate, channels } = other;
    const period = new Uint8Array(loop.periodBytes);
    const started = await outcome(next, () => loop.write(period));
    expect(started).toMatchObject({ active: true, format, rate, channels });
    expect(started.holder).toMatchObject({
      ...{ name: `hw:${card.number},0,0`, direction: 'playback', pid: process.pid, state: 'running' },
      parameters: { format, rate, channels, periodFrames: 441 },
    });
    expect(await outcome(next, () => loop.flush())).toMatchObject({ active: false, format, rate, channels });
    expect(await outcome(next, () => loop.write(period))).toMatchObject({ active: true });
    const ended = await outcome(next, () => loop.close());
    expect(ended).toEqual({ active: false, format, rate, channels, holder: undefined });
  });

  it('know the parameters of a writer that joins a capture, which some kernels do not put into the controls', async () => {
    using timer = UserTimer.create(other);
    card.setTimerSource(timer);
    using capture = LoopbackCapture.open({ card, ...other });
    const next = writerEvents(capture);
    using writer = playback(other);
    writer.write(new Uint8Array(441 * writer.frameBytes));
    const { format, rate, channels } = other;
    expect(await outcome(next, () => writer.start())).toMatchObject({ active: true, format, rate, channels });
    expect(await outcome(next, () => writer.close())).toMatchObject({
      active: false,
      format,
      rate,
      channels,
    });
    expect(capture.writer()).toMatchObject({ active: false, holder: undefined });
  });

  it('tell of a pause and its end', async () => {
    using timer = UserTimer.create(stream);
    card.setTimerSource(timer);
    using capture = LoopbackCapture.open({ card, ...stream });
    const next = writerEvents(capture);
    using writer = playback({});
    writer.write(new Uint8Array(480 * writer.frameBytes));
    expect(await outcome(next, () => writer.start())).toMatchObject({ active: true });
    expect(await outcome(next, () => writer.pause(true))).toMatchObject({
      active: false,
      holder: { state: 'paused' },
    });
    expect(await outcome(next, () => writer.pause(false))).toMatchObject({ active: true });
  });

  it('tell of one that plays already when the first handler is added', async () => {
    using loop = open();
    using capture = loop.openCapture();
    loop.write(new Uint8Array(loop.periodBytes));
    const next = writerEvents(capture);
    loop.flush();
    expect(await next()).toMatchObject({ active: true, holder: { pid: process.pid } });
    expect(await next()).toMatchObject({ active: false });
  });

  it('tell a start once that comes with the first turn of the event loop', async () => {
    using loop = open();
    using capture = loop.openCapture();
    for (let round = 0; round < 50; round += 1) {
      const states: boolean[] = [];
      const hear = ({ active }: WriterState) => states.push(active);
      capture.on('writer', hear);
      loop.write(new Uint8Array(loop.periodBytes));
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
      expect(states).toEqual([true]);
      capture.off('writer', hear);
      loop.flush();
      capture.read();
    }
  });

  it('tell of a writer that was killed', async () => {
    const child = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { ClockedLoopback } = await import(${distLoopback});
       const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
       process.stdin.once('data', () => loop.write(new Uint8Array(loop.periodBytes)));
       console.log('open');`,
    ]);
    await once(child.stdout, 'data');
    using capture = LoopbackCapture.open({ card, ...stream });
    const next = writerEvents(capture);
    expect(await outcome(next, () => child.stdin.write('go'))).toMatchObject({
      active: true,
      holder: { pid: child.pid },
    });
    const exited = once(child, 'exit');
    expect(await outcome(next, () => child.kill('SIGKILL'))).toMatchObject({ active: false });
    await exited;
    expect(capture.writer().holder).toBeUndefined();
  });

  it('are of this cable only', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const next = writerEvents(capture);
    const states: WriterState[] = [];
    capture.on('writer', (state) => states.push(state));
    using neighbour = open({ substream: 1 });
    using reverse = open({ device: 1 });
    neighbour.write(new Uint8Array(neighbour.periodBytes));
    reverse.write(new Uint8Array(reverse.periodBytes));
    await outcome(next, () => loop.write(new Uint8Array(loop.periodBytes)));
    expect(states).toHaveLength(1);
    expect([capture.writer().active, states[0]?.holder?.name]).toEqual([true, `hw:${card.number},0,0`]);
  });

  it('keep the control device open while there are handlers, and no longer', async () => {
    using loop = open();
    using capture = loop.openCapture();
    expect(capture.writer().active).toBe(false);
    expect(descriptorsOf(control())).toBe(0);
    const handler = () => {};
    capture.on('writer', handler).on('writer', handler);
    expect(descriptorsOf(control())).toBe(1);
    capture.off('writer', handler);
    expect(descriptorsOf(control())).toBe(1);
    capture.off('writer', handler);
    expect(descriptorsOf(control())).toBe(0);
    capture.on('writer', handler);
    capture.close();
    expect(descriptorsOf(control())).toBe(0);
    capture.on('writer', handler);
    expect(descriptorsOf(control())).toBe(0);
  });

  it('keep a process alive until they are unreferenced', async () => {
    const child = (body: string) =>
      runChild(`
        const { ClockedLoopback } = await import(${distLoopback});
        const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
        const capture = loop.openCapture();
        globalThis.keep = [loop, capture];
        ${body}`);
    expect(
      await child(`
        capture.on('writer', ({ active }) => {
          console.log(active);
          if (active) loop.flush();
          else capture.unref();
        });
        loop.write(new Uint8Array(loop.periodBytes));`),
    ).toEqual({ code: 0, signal: null, stdout: 'true\nfalse\n', stderr: '' });
    expect(await child(`capture.unref().on('writer', () => {});`)).toEqual({
      ...{ code: 0, signal: null, stdout: '', stderr: '' },
    });
  });

  it('go with the worker that waits for them', async () => {
    const result = await runChild(`
      const code = \`
        const { ClockedLoopback } = await import(${distLoopback.replaceAll('"', "'")});
        const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
        const capture = loop.openCapture({ onInterruption: 'restart' });
        capture.on('writer', ({ active }) => {
          parentPort.postMessage(active);
          if (active) loop.flush();
          else loop.write(new Uint8Array(loop.periodBytes));
        });
        loop.write(new Uint8Array(loop.periodBytes));\`;
      for (let round = 0; round < 6; round += 1) {
        const worker = startWorker(code);
        for (let events = 0; events <= round; events += 1) await once(worker, 'message');
        await worker.terminate();
      }
      console.log(JSON.stringify(Object.keys(descriptors()).filter((name) => /utimer|snd/.test(name))));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n' });
  });
});

describe('A writer of another format', () => {
  it('stops the capture where the kernel lets it in, and is told with its own parameters', async () => {
    await LoopbackCard.unload();
    card = await LoopbackCard.load({ notify: true });
    using timer = UserTimer.create(stream);
    card.setTimerSource(timer);
    using capture = LoopbackCapture.open({ card, ...stream });
    const next = writerEvents(capture);
    let writer: Pcm;
    try {
      writer = playback({ rate: 44_100 });
    } catch (error) {
      // Kernels before 7 bind it to the capture's parameters, whatever Notify says.
      expect(error).toEqual(withCode('ERR_PCM_PARAMETER'));
      return;
    }
    using playing = writer;
    playing.write(new Uint8Array(480 * playing.frameBytes));
    expect(await outcome(next, () => playing.start())).toMatchObject({ active: true, rate: 44_100 });
    // It drains, and what is asked of it fails: also ready(), since poll() reports such a capture again and again.
    await expect(capture.ready()).rejects.toThrow(withCode('EBADFD'));
    expect(() => capture.read()).toThrow(withCode('EBADFD'));
  });
});

describe('An iteration until the writer stops', () => {
  it('gives all that it moved, and ends', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 64 });
    const sent = noise(50 * loop.periodBytes);
    const received = collect(capture.frames({ until: 'stop' }));
    for (let at = 0; at < sent.length; at += loop.periodBytes) {
      loop.write(sent.subarray(at, at + loop.periodBytes));
      if (at % (7 * loop.periodBytes) === 0) await new Promise(setImmediate);
    }
    loop.flush();
    expect(difference(sent, await received)).toBeUndefined();
    expect([capture.closed, descriptorsOf(control())]).toEqual([false, 0]);
    const again = buffer(capture.readable({ until: 'stop' }));
    await new Promise(setImmediate);
    loop.write(sent.subarray(0, loop.periodBytes));
    await new Promise(setImmediate);
    loop.close();
    expect(difference(sent.subarray(0, loop.periodBytes), await again)).toBeUndefined();
    expect(descriptorsOf(control())).toBe(0);
  });

  it('ends with a writer that comes and goes within one turn of the event loop', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(3 * loop.periodBytes);
    const hearing = collect(capture.frames({ until: 'stop', signal: AbortSignal.timeout(30_000) }));
    // It waits by now, and has looked at who plays.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    loop.write(sent);
    loop.flush();
    expect(difference(sent, await hearing)).toBeUndefined();
  });

  it('gives what a writer left that has stopped already', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(3 * loop.periodBytes);
    loop.write(sent);
    loop.flush();
    expect(difference(sent, await collect(capture.frames({ until: 'stop' })))).toBeUndefined();
  });

  it('waits for a writer that has not started, until a signal says otherwise', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const abort = new AbortController();
    const waiting = capture.frames({ until: 'stop', signal: abort.signal }).next();
    await new Promise(setImmediate);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(descriptorsOf(control())).toBe(0);
  });

  it('waits for one on a cable of jiffies, where it hears silence before', async () => {
    card.setTimerSource('');
    using capture = LoopbackCapture.open({ card, ...stream, periods: 64 });
    await capture.ready();
    const frames = capture.frames({ until: 'stop', signal: AbortSignal.timeout(30_000) });
    const first = await frames.next();
    expect(first.value?.every((byte) => byte === 0)).toBe(true);
    const received = collect(frames);
    using writer = playback({ periods: 64 });
    const sent = noise(10 * 480 * writer.frameBytes);
    writer.write(Buffer.concat([sent, Buffer.alloc(50 * 480 * writer.frameBytes)]));
    writer.start();
    // Until the noise has been played, and with it has come out.
    while (writer.delay() > 20 * 480) await new Promise((done) => setTimeout(done, 10));
    writer.drop();
    const heard = await received;
    const at = heard.indexOf(sent);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(heard.subarray(0, at).every((byte) => byte === 0)).toBe(true);
  });

  it('holds nothing when it is left, or destroyed as a stream', async () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(2 * loop.periodBytes);
    loop.write(sent.subarray(0, loop.periodBytes));
    for await (const _frames of capture.frames({ until: 'stop' })) break;
    expect(descriptorsOf(control())).toBe(0);
    const readable = capture.readable({ until: 'stop' });
    readable.resume();
    await new Promise(setImmediate);
    expect(descriptorsOf(control())).toBe(1);
    readable.destroy();
    await once(readable, 'close');
    await new Promise(setImmediate);
    expect(descriptorsOf(control())).toBe(0);
    loop.write(sent.subarray(loop.periodBytes));
    expect(difference(sent.subarray(loop.periodBytes), capture.read())).toBeUndefined();
  });

  it('ends when the capture is closed', async () => {
    using loop = open();
    const capture = loop.openCapture();
    const received = collect(capture.frames({ until: 'stop' }));
    await new Promise(setImmediate);
    capture.close();
    expect(await received).toHaveLength(0);
  });
});
