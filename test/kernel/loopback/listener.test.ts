// What a writer is told about whoever captures at the other end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ClockedLoopback, type ListenerEvent, type LoopbackCard } from '../../../lib/loopback/index.js';
import { arecordArgs } from '../../support/arecord.js';
import { runChild } from '../../support/child.js';
import { withCard } from '../setup.js';
import { descriptorsOf, difference, distLoopback, noise, stream, transfer, withCode } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const open = (substream = 0) => ClockedLoopback.openSync({ card, substream, ...stream });

/** The events of a loopback, one after the other. */
function listenerEvents(loop: ClockedLoopback): () => Promise<ListenerEvent> {
  const told: ListenerEvent[] = [];
  loop.on('listener', (event) => told.push(event));
  return async () => {
    while (told.length === 0) await once(loop, 'listener', { signal: AbortSignal.timeout(30_000) });
    return told.shift() as ListenerEvent;
  };
}

describe('A writer is told', () => {
  it('that a listener starts, with its period and parameters, and that it stops', async () => {
    using loop = open();
    const next = listenerEvents(loop);
    const capture = loop.openCapture({ periods: 8 });
    expect(await next()).toEqual({
      type: 'start',
      resolutionNs: 10_000_000n,
      holder: {
        name: loop.listenerName,
        direction: 'capture',
        pid: process.pid,
        threadId: expect.any(Number),
        command: expect.any(String),
        state: 'running',
        parameters: {
          ...{ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480, bufferFrames: 3_840 },
          access: 'interleaved',
        },
      },
    });
    capture.close();
    expect(await next()).toEqual({ type: 'stop', holder: undefined });
  });

  it('of a listener that was there before', async () => {
    using loop = open();
    using _capture = loop.openCapture();
    expect(await listenerEvents(loop)()).toMatchObject({ type: 'start', resolutionNs: 10_000_000n });
  });

  it('that a listener stopped because it was overrun', async () => {
    using loop = open();
    const next = listenerEvents(loop);
    using capture = loop.openCapture({ periods: 2 });
    expect((await next()).type).toBe('start');
    loop.write(new Uint8Array(3 * loop.periodBytes));
    expect(await next()).toMatchObject({ type: 'stop', holder: { state: 'xrun', pid: process.pid } });
    expect(capture.closed).toBe(false);
  });

  it('of another program, by name, from its start to its death', async () => {
    using loop = open();
    const next = listenerEvents(loop);
    const listener = spawn('arecord', arecordArgs(loop.listenerName, stream, '/dev/null'));
    const exited = once(listener, 'exit');
    expect(await next()).toMatchObject({
      type: 'start',
      holder: { command: 'arecord', pid: listener.pid, parameters: { periodFrames: 480 } },
    });
    listener.kill('SIGKILL');
    expect((await next()).type).toBe('stop');
    await exited;
  });

  it('each time, in turn', async () => {
    using loop = open();
    const next = listenerEvents(loop);
    for (let round = 0; round < 100; round += 1) {
      const capture = loop.openCapture();
      expect((await next()).type).toBe('start');
      capture.close();
      expect((await next()).type).toBe('stop');
    }
  });

  it('of the listener of its own cable only', async () => {
    using loop = open(3);
    using other = open(4);
    const next = listenerEvents(loop);
    using _elsewhere = other.openCapture();
    using _here = loop.openCapture();
    expect(await next()).toMatchObject({ type: 'start', holder: { name: loop.listenerName } });
  });
});

describe('Watching for listeners', () => {
  it('keeps no stream from starting, and changes no frame', async () => {
    using loop = open();
    const next = listenerEvents(loop);
    const sent = noise(100 * loop.periodBytes);
    for (let round = 0; round < 3; round += 1) {
      using capture = loop.openCapture();
      const pieces = Array.from({ length: 100 }, (_, period) =>
        sent.subarray(period * loop.periodBytes, (period + 1) * loop.periodBytes),
      );
      expect(difference(sent, transfer(loop, capture, pieces))).toBeUndefined();
      expect((await next()).type).toBe('start');
      loop.flush();
      capture.close();
      expect((await next()).type).toBe('stop');
    }
    expect(loop.stats().xruns).toBe(0);
  });

  it('ends with its last handler, and with the loopback', async () => {
    const timers = () => descriptorsOf('/dev/snd/timer');
    const before = timers();
    const loop = open();
    const handler = () => {};
    loop.on('listener', handler);
    loop.once('listener', handler);
    expect(timers()).toBe(before + 1);
    loop.removeAllListeners('listener');
    expect(timers()).toBe(before);
    loop.on('listener', handler);
    loop.removeAllListeners();
    expect(timers()).toBe(before);
    loop.on('listener', handler);
    expect(timers()).toBe(before + 1);
    loop.close();
    expect(timers()).toBe(before);
    loop.on('listener', handler);
    expect(timers()).toBe(before);
  });

  it('keeps a process alive until it is unreferenced, or closed', async () => {
    const watching = (more: string) => `
      const { ClockedLoopback } = await import(${distLoopback});
      const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
      loop.on('listener', ({ type }) => console.log(type));
      ${more}`;
    expect(await runChild(watching('loop.unref();'))).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    const listening = `loop.once('listener', () => loop.close());
      new Worker('setTimeout(() => {}, 100)', { eval: true }).on('exit', () => { globalThis.capture = loop.openCapture(); });`;
    expect(await runChild(watching(listening))).toMatchObject({ code: 0, signal: null, stdout: 'start\n' });
  });

  it('goes with a worker that is terminated at any moment', async () => {
    const result = await runChild(`
      const code = \`
        const { ClockedLoopback } = await import(${distLoopback.replaceAll('"', "'")});
        const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
        loop.on('listener', ({ type }) => parentPort.postMessage(type));
        parentPort.postMessage('open');
        const sending = loop.send(new Uint8Array(loop.periodBytes));
        for (;;) {
          const capture = loop.openCapture();
          await new Promise(setImmediate);
          capture.close();
          await new Promise(setImmediate);
        }\`;
      for (let round = 0; round < 10; round += 1) {
        const worker = startWorker(code);
        for (let message = 0; message <= round; message += 1) await once(worker, 'message');
        await worker.terminate();
      }
      console.log(JSON.stringify(Object.keys(descriptors()).filter((name) => /utimer|snd/.test(name))));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n' });
  });
});

describe('Sending while nobody listens', () => {
  it('goes on when somebody does', async () => {
    using loop = open();
    const sent = noise(2 * loop.periodBytes);
    const sending = loop.send(sent);
    using capture = loop.openCapture();
    await sending;
    expect(difference(sent, capture.read())).toBeUndefined();
  });

  it('ends when the loopback is closed', async () => {
    const loop = open();
    const sending = loop.send(new Uint8Array(loop.periodBytes));
    loop.close();
    await expect(sending).rejects.toThrow(withCode('ERR_CLOSED'));
  });

  it('ends with the reason of a signal', async () => {
    using loop = open();
    const abort = new AbortController();
    const sending = loop.send(new Uint8Array(loop.periodBytes), { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
  });
});
