// What ends RtpSender.pace() before its source does.
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { withResolvers } from '../../lib/promises.js';
import type { RtpSender } from '../../lib/rtp/index.js';
import { noise, receiverFor, senderTo } from '../support/rtp-sockets.js';

const REASON = new Error('the listener has left');
const CLOSED = expect.objectContaining({ code: 'ERR_CLOSED' });

const ends: [
  string,
  (sender: RtpSender, pacing: AbortController, opened: AbortController) => void,
  unknown,
][] = [
  ['the signal', (_, pacing) => pacing.abort(REASON), REASON],
  ['close()', (sender) => sender.close(), CLOSED],
  ['the signal of open()', (_sender, _pacing, opened) => opened.abort(REASON), CLOSED],
];

describe.each(ends)('pacing ends by %s', (_, end, expected) => {
  async function paced(source: (ready: () => void, sender: RtpSender) => AsyncIterable<Uint8Array>) {
    const { receiver } = await receiverFor();
    const opened = new AbortController();
    const pacing = new AbortController();
    const sender = await senderTo(receiver, { signal: opened.signal });
    const { promise: waits, resolve: ready } = withResolvers();
    const outcome = sender.pace(source(ready, sender), { signal: pacing.signal }).then(
      () => 'sent all',
      (error) => error,
    );
    await waits;
    end(sender, pacing, opened);
    return outcome;
  }

  it('while the source gives nothing, which is told and not waited for', async () => {
    const left = vi.fn(() => new Promise<never>(() => {}));
    const source = (ready: () => void): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          ready();
          return new Promise<never>(() => {});
        },
        return: left,
      }),
    });
    expect(await paced(source)).toEqual(expected);
    expect(left).toHaveBeenCalledOnce();
  });

  it('while a stream of Node gives nothing', async () => {
    const source = (ready: () => void) => {
      const stream = new PassThrough();
      stream.once('newListener', () => setImmediate(ready));
      return stream;
    };
    expect(await paced(source)).toEqual(expected);
  });

  it('while the source gives nothing but empty pieces', async () => {
    async function* source(ready: () => void) {
      for (;;) {
        yield new Uint8Array(0);
        ready();
        await turn();
      }
    }
    expect(await paced(source)).toEqual(expected);
  });

  it('while a packet waits for its time', async () => {
    async function* source(ready: () => void, sender: RtpSender) {
      // Longer than what is sent at once, or read ahead.
      setImmediate(function wait() {
        if (sender.stats().packetsSent > 0) ready();
        else setImmediate(wait);
      });
      yield noise(48 * 60_000);
    }
    expect(await paced(source)).toEqual(expected);
  });
});

it('Pacing does not begin once its signal has aborted, or the sender is closed', async () => {
  const { receiver } = await receiverFor();
  const sender = await senderTo(receiver);
  await expect(sender.pace([noise(96)], { signal: AbortSignal.abort(REASON) })).rejects.toBe(REASON);
  sender.close();
  await expect(sender.pace([])).rejects.toEqual(CLOSED);
  expect(sender.stats().frames).toBe(0);
});

it('Pacing leaves what a source throws, and what the sender refuses, as they are', async () => {
  const { receiver } = await receiverFor();
  const sender = await senderTo(receiver);
  const left = vi.fn();
  async function* source(bytes: unknown) {
    try {
      yield bytes as Uint8Array;
      throw REASON;
    } finally {
      left();
    }
  }
  await expect(sender.pace(source(noise(48)))).rejects.toBe(REASON);
  await expect(sender.pace(source('frames'))).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
  expect(left).toHaveBeenCalledTimes(2);
});
