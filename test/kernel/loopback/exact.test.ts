// What goes into one end of a clocked cable comes out of the other: every format, channel count, rate and period.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frameBytes, PCM_FORMATS } from '../../../lib/index.js';
import { ClockedLoopback, LoopbackCard } from '../../../lib/loopback/index.js';
import { cut, difference, noise, transfer } from './support.js';

let card: LoopbackCard;
beforeAll(async () => {
  card = await LoopbackCard.load();
});
afterAll(() => LoopbackCard.unload());

describe('Frames arrive as they were written, cut anywhere', () => {
  it.each(PCM_FORMATS.flatMap((format) => [1, 2, 8, 32].map((channels) => [format, channels] as const)))(
    'as %s with %i channels',
    (format, channels) => {
      const periodFrames = 96;
      using loop = ClockedLoopback.open({ card, format, channels, rate: 48_000, periodFrames });
      using capture = loop.listen();
      const sent = noise(100 * loop.periodBytes);
      expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
      expect(loop.stats).toMatchObject({ periods: 100, frames: 9_600, pendingBytes: 0, xruns: 0 });
      expect(capture.stats).toEqual({ frames: 9_600, overruns: 0 });
    },
  );

  it.each([
    [8_000, 4_410],
    [8_000, 80],
    [11_025, 256],
    [16_000, 16],
    [22_050, 512],
    [44_100, 441],
    [44_100, 1_024],
    [48_000, 16],
    [48_000, 48],
    [48_000, 64],
    [48_000, 480],
    [48_000, 1_024],
    [48_000, 4_096],
    [88_200, 882],
    [96_000, 96],
    [176_400, 1_764],
    [192_000, 20],
    [192_000, 192],
    [192_000, 4_096],
    [384_000, 384],
    [768_000, 77],
  ])('at %i Hz with %i frames a period', (rate, periodFrames) => {
    using loop = ClockedLoopback.open({ card, format: 'S16_LE', channels: 2, rate, periodFrames });
    using capture = loop.listen();
    const sent = noise(20 * loop.periodBytes);
    expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
  });

  it('with 2, 3, 7 and 1024 periods in the buffers of either side', () => {
    for (const [periods, listenerPeriods] of [
      [2, 7],
      [3, 4],
      [1_024, 5],
      [4, 1_024],
    ] as const) {
      using loop = ClockedLoopback.open({
        ...{ card, format: 'S24_3LE', channels: 2, rate: 48_000, periodFrames: 48, periods },
      });
      using capture = loop.listen({ periods: listenerPeriods });
      const sent = noise(2_000 * loop.periodBytes);
      expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
    }
  });

  it('over ten thousand periods', () => {
    using loop = ClockedLoopback.open({
      card,
      format: 'S16_LE',
      channels: 2,
      rate: 48_000,
      periodFrames: 48,
    });
    using capture = loop.listen();
    const sent = noise(10_000 * loop.periodBytes);
    expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
  });
});

describe('A period', () => {
  const open = () =>
    ClockedLoopback.open({ card, format: 'S16_LE', channels: 2, rate: 48_000, periodFrames: 48 });

  it('is at the listener when the write that completes it returns, and not before', () => {
    using loop = open();
    using capture = loop.listen();
    const sent = noise(loop.periodBytes);
    for (const byte of sent.subarray(1)) loop.write(Uint8Array.of(byte));
    expect(capture.avail).toBe(0);
    expect(loop.stats.pendingBytes).toBe(loop.periodBytes - 1);
    loop.end();
    for (let at = 0; at < sent.length; at += 1) {
      expect(capture.avail).toBe(48);
      loop.write(sent.subarray(at, at + 1));
    }
    expect(capture.avail).toBe(96);
    capture.read();
  });

  it('is silent at its end when the stream ends within it', () => {
    using loop = open();
    using capture = loop.listen();
    const sent = noise(loop.periodBytes + 5 * frameBytes('S16_LE', 2));
    loop.write(sent);
    expect(loop.end()).toBe(43);
    const silence = Buffer.alloc(43 * loop.frameBytes);
    expect(difference(Buffer.concat([sent, silence]), capture.read())).toBeUndefined();
    expect(loop.stats).toMatchObject({ periods: 2, pendingBytes: 0, paddedFrames: 43 });
  });

  it('of the next stream follows the last one of the stream that ended', () => {
    using loop = open();
    using capture = loop.listen();
    const sent = noise(4 * loop.periodBytes);
    loop.write(sent.subarray(0, 2 * loop.periodBytes));
    expect(loop.end()).toBe(0);
    loop.write(sent.subarray(2 * loop.periodBytes));
    expect(difference(sent, capture.read())).toBeUndefined();
  });

  it('of DSD is padded with its own silence', () => {
    using loop = ClockedLoopback.open({
      ...{ card, format: 'DSD_U32_BE', channels: 2, rate: 88_200, periodFrames: 64 },
    });
    using capture = loop.listen();
    loop.write(Uint8Array.of(1));
    expect(loop.end()).toBe(64);
    expect(
      difference(Buffer.concat([Buffer.of(1), Buffer.alloc(511, 0x69)]), capture.read()),
    ).toBeUndefined();
  });
});

describe('Many cables in one process', () => {
  const open: Disposable[] = [];
  const kept = <T extends Disposable>(resource: T): T => {
    open.push(resource);
    return resource;
  };
  afterEach(() => {
    for (const resource of open.splice(0)) resource[Symbol.dispose]();
  });

  it('carry their own frames: 32 of 1 ms periods, on two cards, in both directions, with a timer each', async () => {
    await LoopbackCard.unload();
    const cards = await LoopbackCard.loadAll([{}, {}]);
    const cables = cards.flatMap((each) =>
      Array.from({ length: 16 }, (_, index) => {
        const loop = kept(
          ClockedLoopback.open({
            ...{ card: each, device: (index % 2) as 0 | 1, substream: index >> 1 },
            ...{ format: 'S16_LE', channels: 2, rate: 48_000, periodFrames: 48 },
          }),
        );
        const capture = kept(loop.listen());
        return { loop, capture, sent: noise(1_000 * loop.periodBytes), received: [] as Buffer[] };
      }),
    );
    expect(new Set(cables.map(({ loop }) => loop.timerId)).size).toBe(32);
    for (let period = 0; period < 1_000; period += 1) {
      for (const { loop, capture, sent, received } of cables) {
        loop.write(sent.subarray(period * loop.periodBytes, (period + 1) * loop.periodBytes));
        received.push(capture.read());
      }
    }
    for (const { loop, sent, received } of cables) {
      expect(difference(sent, Buffer.concat(received))).toBeUndefined();
      expect(loop.stats).toMatchObject({ periods: 1_000, xruns: 0 });
    }
  });
});
