// Sending, which waits for the listener: order, turns and back-pressure.
import { describe, expect, it } from 'vitest';
import { Pcm } from '../../../lib/index.js';
import { ClockedLoopback, type LoopbackCapture, type LoopbackCard } from '../../../lib/loopback/index.js';
import { withCard } from '../setup.js';
import { difference, noise, stream, withCode } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const open = () => ClockedLoopback.openSync({ card, ...stream });

/** Reads `length` bytes, a period or so at a time. */
async function readSlowly(capture: LoopbackCapture, length: number): Promise<Buffer> {
  const received: Buffer[] = [];
  for (let bytes = 0; bytes < length; ) {
    await capture.ready({ signal: AbortSignal.timeout(30_000) });
    const read = capture.read();
    received.push(read);
    bytes += read.length;
  }
  return Buffer.concat(received);
}

describe('Several sends', () => {
  it('take turns in the order of their calls, whatever their lengths', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(40 * loop.periodBytes);
    const cuts = [0, 9_999, 10_000, 10_007, 33_333, 60_001, sent.length];
    const sends = cuts.slice(1).map((end, index) => loop.send(sent.subarray(cuts[index], end)));
    const received = await readSlowly(capture, sent.length);
    await Promise.all(sends);
    expect(difference(sent, received)).toBeUndefined();
  });

  it('fill what a listener of two periods has read, though it has read only half of one', async () => {
    using loop = open();
    const side = { card: card.number, device: 1, substream: 0, direction: 'capture', periods: 2 } as const;
    using reader = Pcm.open({ ...loop.parameters, ...side });
    reader.start();
    const sent = noise(2 * loop.periodBytes);
    const sending = loop.send(sent);
    const half = Buffer.alloc(loop.periodBytes / 2);
    expect(reader.read(half)).toBe(240);
    await sending;
    const rest = Buffer.alloc(3 * half.length);
    expect(reader.read(rest)).toBe(720);
    expect(difference(sent, Buffer.concat([half, rest]))).toBeUndefined();
  });

  it('let nobody write or end in between', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(8 * loop.periodBytes);
    const sending = loop.send(sent);
    expect(() => loop.write(new Uint8Array(loop.periodBytes))).toThrow(withCode('ERR_BUSY'));
    expect(() => loop.flush()).toThrow(withCode('ERR_BUSY'));
    const received = await readSlowly(capture, sent.length);
    await sending;
    expect(difference(sent, received)).toBeUndefined();
    loop.write(sent.subarray(0, loop.periodBytes));
    expect(capture.avail()).toBe(480);
    expect(loop.flush()).toBe(0);
  });

  it('are not overtaken by what comes after one that is aborted while it waits its turn', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const first = noise(8 * loop.periodBytes);
    const third = noise(2 * loop.periodBytes);
    const abort = new AbortController();
    const sends = [loop.send(first), loop.send(noise(100), { signal: abort.signal }), loop.send(third)];
    abort.abort(new Error('enough'));
    // At once, while the first still waits.
    await expect(sends[1]).rejects.toThrow('enough');
    expect(loop.stats().periods).toBeLessThan(8);
    const received = await readSlowly(capture, first.length + third.length);
    await Promise.all([sends[0], sends[2]]);
    expect(difference(Buffer.concat([first, third]), received)).toBeUndefined();
  });

  it('go on after one that failed', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const abort = new AbortController();
    const sending = loop.send(noise(8 * loop.periodBytes), { signal: abort.signal });
    const next = noise(loop.periodBytes);
    const sendingNext = loop.send(next);
    abort.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
    const received = await readSlowly(capture, 4 * loop.periodBytes);
    await sendingNext;
    expect(difference(next, received.subarray(3 * loop.periodBytes))).toBeUndefined();
  });
});

describe('A send that waits for room', () => {
  it('ends when the loopback is closed, and those behind it', async () => {
    // Periods of a minute, which a look at the listener would come after.
    const slow = { ...stream, rate: 8_000, channels: 1, periodFrames: 480_000, periods: 2 } as const;
    const loop = ClockedLoopback.openSync({ card, ...slow });
    using _capture = loop.openCapture({ periods: 2 });
    const sends = [1, 2].map(() => loop.send(new Uint8Array(2 * loop.periodBytes)));
    const failed = sends.map((sending) => expect(sending).rejects.toThrow(withCode('ERR_CLOSED')));
    expect(loop.stats().periods).toBe(1);
    loop.close();
    await Promise.all(failed);
  });

  it('fails where its memory is taken away, and leaves the cable to the next one', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(8 * loop.periodBytes);
    const lent = Uint8Array.from(sent);
    const sending = loop.send(lent);
    const next = loop.send(sent.subarray(0, loop.periodBytes));
    structuredClone(lent.buffer, { transfer: [lent.buffer] });
    await expect(sending).rejects.toThrow(withCode('ERR_INVALID_STATE'));
    const received = await readSlowly(capture, 4 * loop.periodBytes);
    await next;
    const heard = Buffer.concat([sent.subarray(0, 3 * loop.periodBytes), sent.subarray(0, loop.periodBytes)]);
    expect(difference(heard, received)).toBeUndefined();
  });
});

describe('A listener', () => {
  it('that has paused gets what is sent when it goes on', async () => {
    using loop = open();
    const side = { card: card.number, device: 1, substream: 0, direction: 'capture' } as const;
    using reader = Pcm.open({ ...loop.parameters, ...side });
    reader.start();
    loop.write(new Uint8Array(loop.periodBytes));
    const received = new Uint8Array(2 * loop.periodBytes);
    expect(reader.read(received)).toBe(480);
    reader.pause(true);
    const sent = noise(received.length);
    const sending = loop.send(sent);
    expect(loop.stats().periods).toBe(1);
    reader.pause(false);
    await sending;
    expect(reader.read(received)).toBe(2 * 480);
    expect(difference(sent, Buffer.from(received))).toBeUndefined();
  });

  it('that was overrun gets what is sent when it has started again', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4, onInterruption: 'restart' });
    loop.write(new Uint8Array(5 * loop.periodBytes));
    const sent = noise(20 * loop.periodBytes);
    const sending = loop.send(sent);
    expect(loop.stats().periods).toBe(5);
    const received: Buffer[] = [];
    for (let bytes = 0; bytes < sent.length; ) {
      const read = capture.read();
      received.push(read);
      bytes += read.length;
      if (bytes < sent.length) await capture.ready({ signal: AbortSignal.timeout(30_000) });
    }
    await sending;
    expect(capture.stats().overruns).toBe(1);
    expect(difference(sent, Buffer.concat(received))).toBeUndefined();
  });

  it('may let its buffer fill up to the last period', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(3 * loop.periodBytes);
    await loop.send(sent);
    expect(capture.avail()).toBe(3 * 480);
    expect(difference(sent, capture.read())).toBeUndefined();
  });

  it('that is slow slows a WritableStream down, and loses nothing', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(20 * loop.periodBytes);
    const writer = loop.toWeb({ highWaterMark: 2 * loop.periodBytes }).getWriter();
    const written: Promise<void>[] = [];
    let mostAhead = 0;
    const producing = (async () => {
      for (let at = 0; at < sent.length; at += loop.periodBytes) {
        await writer.ready;
        written.push(writer.write(sent.subarray(at, at + loop.periodBytes)));
        mostAhead = Math.max(mostAhead, written.length - loop.stats().periods);
      }
      await writer.close();
    })();
    const received = await readSlowly(capture, sent.length);
    await producing;
    await Promise.all(written);
    // What the stream holds, of which one is on its way.
    expect(mostAhead).toBeLessThanOrEqual(3);
    expect(difference(sent, received)).toBeUndefined();
  });
});
