// A capture that cannot be opened says who has the cable; one that is open ends in order when its card goes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pcm } from '../../../lib/index.js';
import {
  ClockedLoopback,
  LoopbackCapture,
  type LoopbackCaptureOptions,
  LoopbackCard,
} from '../../../lib/loopback/index.js';
import { difference, distLoopback, noise, stream, thrownBy, withCode } from './support.js';

let card: LoopbackCard;
beforeEach(async () => {
  card = await LoopbackCard.load();
});
afterEach(() => LoopbackCard.unload());

const open = () => ClockedLoopback.openSync({ card, ...stream });
const capture = (options: Partial<LoopbackCaptureOptions> = {}) =>
  LoopbackCapture.open({ card, ...stream, ...options });
const command = readFileSync('/proc/self/comm', 'latin1').trim();
const heldByThis = (what: string) =>
  `Now ${what} is held by ${command} (process ${process.pid}): S16_LE, 48000 Hz, 2 channels, 480 frames a period.`;

describe('Opening a capture of a cable that somebody plays into', () => {
  it.each<[string, Partial<LoopbackCaptureOptions>]>([
    ['format', { format: 'S32_LE' }],
    ['rate', { rate: 44_100 }],
    ['channels', { channels: 8 }],
    ['periodFrames', { periodFrames: 441 }],
  ])('with another %s says who plays, and how', (parameter, options) => {
    using _loop = open();
    const error = thrownBy(() => capture(options));
    expect(error).toEqual(withCode('ERR_PCM_PARAMETER'));
    expect(String(error)).toContain(`does not take ${parameter} `);
    expect(String(error)).toContain(heldByThis(`playback hw:${card.number},0,0`));
  });

  it('says who captures already', () => {
    using loop = open();
    using _first = loop.openCapture();
    const error = thrownBy(() => loop.openCapture());
    expect(error).toEqual(withCode('EBUSY'));
    expect(String(error)).toContain(heldByThis(`capture ${loop.listenerName}`));
  });

  it('leaves nothing open when it fails', () => {
    using loop = open();
    expect(() => capture({ rate: 44_100 })).toThrow();
    expect(card.cable(0, 0).capture).toBeUndefined();
    using listening = loop.openCapture();
    const sent = noise(2 * loop.periodBytes);
    loop.write(sent);
    expect(difference(sent, listening.read())).toBeUndefined();
  });

  it('names a process, also where one of its threads has the substream', async () => {
    const worker = new Worker(
      new URL(
        `data:text/javascript,${encodeURIComponent(`
          import { parentPort } from 'node:worker_threads';
          const { ClockedLoopback } = await import(${distLoopback});
          const loop = ClockedLoopback.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
          parentPort.once('message', () => loop.close());
          parentPort.postMessage('open');`)}`,
      ),
    );
    await once(worker, 'message');
    const [holder] = card.holders();
    expect(holder).toMatchObject({ pid: process.pid, command });
    expect(holder?.threadId).not.toBe(process.pid);
    expect(String(thrownBy(() => capture({ rate: 44_100 })))).toContain(
      heldByThis(`playback hw:${card.number},0,0`),
    );
    worker.postMessage('close');
    await once(worker, 'exit');
    expect(card.holders()).toEqual([]);
  });
});

describe('A capture whose card goes while it waits', () => {
  /** Starts to take the card from its driver, which lasts until nobody has it open any more. */
  const unbind = () =>
    spawn('sh', ['-c', 'echo snd_aloop.0 > /sys/bus/platform/drivers/snd_aloop/unbind'], { stdio: 'ignore' });
  const gone = expect.objectContaining({ code: 'ENODEV', hint: expect.stringMatching(/\w/) });

  it('fails in every way of reading, with a reason, and can be closed', async () => {
    using loop = open();
    using listening = loop.openCapture({ onInterruption: 'restart' });
    loop.write(new Uint8Array(loop.periodBytes));
    listening.read();
    const readable = listening.readable();
    readable.resume();
    const iterations = [
      listening.ready(),
      listening.frames().next(),
      listening.frames({ until: 'stop' }).next(),
      finished(readable),
    ];
    const ended = Promise.allSettled(iterations);
    const unbinding = unbind();
    const exited = once(unbinding, 'exit');
    expect((await ended).map(({ status }) => status)).toEqual(iterations.map(() => 'rejected'));
    for (const iteration of iterations) await expect(iteration).rejects.toEqual(gone);
    expect(() => listening.read()).toThrow(gone);
    await expect(listening.ready()).rejects.toEqual(gone);
    expect(() => listening.avail()).toThrow(gone);
    expect(() => listening.writer()).toThrow(gone);
    expect(unbinding.exitCode).toBeNull();
    listening.close();
    loop.close();
    expect(await exited).toEqual([0, null]);
  });

  it('tells that the writer has gone', async () => {
    using loop = open();
    using listening = loop.openCapture();
    const told: boolean[] = [];
    listening.on('writer', ({ active }) => told.push(active));
    const started = once(listening, 'writer');
    loop.write(new Uint8Array(loop.periodBytes));
    await started;
    const stopped = once(listening, 'writer');
    const exited = once(unbind(), 'exit');
    await stopped;
    expect(told).toEqual([true, false]);
    listening.close();
    loop.close();
    await exited;
  });

  it('lets the card go where nobody reads, once it is closed', async () => {
    const pcm = Pcm.open({ card: card.number, device: 1, substream: 0, direction: 'capture', ...stream });
    const unbinding = unbind();
    const exited = once(unbinding, 'exit');
    using waiting = pcm;
    // Its state is the only thing that tells.
    while (thrownByState(waiting) === undefined) await new Promise(setImmediate);
    expect(thrownByState(waiting)).toEqual(withCode('ENODEV'));
    waiting.close();
    await exited;
  });
});

function thrownByState(pcm: Pcm): unknown {
  try {
    void pcm.state();
    return undefined;
  } catch (error) {
    return error;
  }
}
