// What goes into one end of a clocked cable comes out of the other: every format, channel count, rate and period.
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { frameBytes, PCM_FORMATS, periodResolution } from '../../../lib/index.js';
import { ClockedLoopback, type LoopbackCapture, LoopbackCard } from '../../../lib/loopback/index.js';
import { withCard } from '../setup.js';
import { cut, difference, noise, transfer } from './support.js';

const RATES = [
  ...[8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  ...[64_000, 88_200, 96_000, 128_000, 176_400, 192_000],
];
const PERIODS = [
  ...[16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096],
  ...[17, 99, 333, 441, 480, 1_001, 4_095],
];
/** What snd-aloop starts at least (sound/core/timer.c: snd_timer_start1), ns. */
const SHORTEST_PERIOD = 100_000n;

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

describe('Frames arrive as they were written, cut anywhere', () => {
  it.each(PCM_FORMATS.flatMap((format) => [1, 2, 8, 32].map((channels) => [format, channels] as const)))(
    'as %s with %i channels',
    (format, channels) => {
      const periodFrames = 96;
      using loop = ClockedLoopback.openSync({ card, format, channels, rate: 48_000, periodFrames });
      using capture = loop.openCapture();
      const sent = noise(1_000 * loop.periodBytes);
      expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
      expect(loop.stats()).toMatchObject({ periods: 1_000, frames: 96_000, pendingBytes: 0, xruns: 0 });
      expect(capture.stats()).toEqual({ frames: 96_000, overruns: 0, suspends: 0 });
    },
  );

  it.each(RATES)('at %i Hz, in every period from 16 to 4096 frames that the kernel starts', (rate) => {
    const carried = PERIODS.filter((periodFrames) => {
      if (periodResolution(rate, periodFrames) < SHORTEST_PERIOD) return false;
      using loop = ClockedLoopback.openSync({ card, format: 'S16_LE', channels: 2, rate, periodFrames });
      using capture = loop.openCapture();
      const sent = noise(5 * loop.periodBytes);
      const received = transfer(loop, capture, cut(sent, loop.periodBytes));
      expect(difference(sent, received), `${periodFrames} frames a period`).toBeUndefined();
      expect(loop.stats()).toMatchObject({ periods: 5, xruns: 0 });
      return true;
    });
    expect(carried.length).toBeGreaterThanOrEqual(PERIODS.length - 2);
  });

  it.each([
    [8_000, 4_410],
    [48_000, 48],
    [192_000, 20],
    [384_000, 384],
    [768_000, 77],
  ])('at %i Hz with %i frames a period', (rate, periodFrames) => {
    using loop = ClockedLoopback.openSync({ card, format: 'S16_LE', channels: 2, rate, periodFrames });
    using capture = loop.openCapture();
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
      using loop = ClockedLoopback.openSync({
        ...{ card, format: 'S24_3LE', channels: 2, rate: 48_000, periodFrames: 48, periods },
      });
      using capture = loop.openCapture({ periods: listenerPeriods });
      const sent = noise(2_000 * loop.periodBytes);
      expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
    }
  });

  it('over ten thousand periods', () => {
    using loop = ClockedLoopback.openSync({
      card,
      format: 'S16_LE',
      channels: 2,
      rate: 48_000,
      periodFrames: 48,
    });
    using capture = loop.openCapture();
    const sent = noise(10_000 * loop.periodBytes);
    expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
  });
});

describe('A period', () => {
  const open = () =>
    ClockedLoopback.openSync({ card, format: 'S16_LE', channels: 2, rate: 48_000, periodFrames: 48 });

  it('is at the listener when the write that completes it returns, and not before', () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(loop.periodBytes);
    for (const byte of sent.subarray(1)) loop.write(Uint8Array.of(byte));
    expect(capture.avail()).toBe(0);
    expect(loop.stats().pendingBytes).toBe(loop.periodBytes - 1);
    loop.flush();
    for (let at = 0; at < sent.length; at += 1) {
      expect(capture.avail()).toBe(48);
      loop.write(sent.subarray(at, at + 1));
    }
    expect(capture.avail()).toBe(96);
    capture.read();
  });

  it('is silent at its end when the stream ends within it', () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(loop.periodBytes + 5 * frameBytes('S16_LE', 2));
    loop.write(sent);
    expect(loop.flush()).toBe(43);
    const silence = Buffer.alloc(43 * loop.frameBytes);
    expect(difference(Buffer.concat([sent, silence]), capture.read())).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 2, pendingBytes: 0, paddedFrames: 43 });
  });

  it('of the next stream follows the last one of the stream that ended', () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(4 * loop.periodBytes);
    loop.write(sent.subarray(0, 2 * loop.periodBytes));
    expect(loop.flush()).toBe(0);
    loop.write(sent.subarray(2 * loop.periodBytes));
    expect(difference(sent, capture.read())).toBeUndefined();
  });

  it('of DSD is padded with its own silence', () => {
    using loop = ClockedLoopback.openSync({
      ...{ card, format: 'DSD_U32_BE', channels: 2, rate: 88_200, periodFrames: 64 },
    });
    using capture = loop.openCapture();
    loop.write(Uint8Array.of(1));
    expect(loop.flush()).toBe(64);
    expect(
      difference(Buffer.concat([Buffer.of(1), Buffer.alloc(511, 0x69)]), capture.read()),
    ).toBeUndefined();
  });
});

describe('Two directions on one substream', () => {
  it('carry their own frames, each at the pace of its own timer', () => {
    const stream = { card, format: 'S16_LE', channels: 2, rate: 48_000, periodFrames: 48 } as const;
    using there = ClockedLoopback.openSync({ ...stream, device: 0 });
    using back = ClockedLoopback.openSync({ ...stream, device: 1, periodFrames: 64 });
    expect(there.timerId).not.toBe(back.timerId);
    using thereEnd = there.openCapture();
    using backEnd = back.openCapture();
    const ends = [
      { loop: there, capture: thereEnd, sent: noise(500 * there.periodBytes), received: [] as Buffer[] },
      { loop: back, capture: backEnd, sent: noise(300 * back.periodBytes), received: [] as Buffer[] },
    ].map((end) => ({ ...end, pieces: cut(end.sent, end.loop.periodBytes) }));
    // In turns, until both have sent all; each starts, and goes on, while the other runs.
    for (let left = ends; left.length > 0; ) {
      left = left.filter(({ loop, capture, pieces, received }) => {
        const { value, done } = pieces.next();
        if (value) loop.write(value);
        received.push(capture.read());
        return !done;
      });
    }
    for (const { loop, sent, received } of ends) {
      expect(difference(sent, Buffer.concat(received))).toBeUndefined();
      expect(loop.stats()).toMatchObject({ pendingBytes: 0, xruns: 0 });
    }
  });
});

describe('32 cables of 1 ms periods in one process, on two cards, in both directions, with a timer each', () => {
  const PERIODS_EACH = 1_000;
  const open: Disposable[] = [];
  const kept = <T extends Disposable>(resource: T): T => {
    open.push(resource);
    return resource;
  };
  let cables: { loop: ClockedLoopback; capture: LoopbackCapture; sent: Buffer }[] = [];
  beforeAll(async () => {
    await LoopbackCard.unload();
    await LoopbackCard.loadAll([{}, {}]);
  });
  beforeEach(() => {
    cables = LoopbackCard.list().flatMap((each) =>
      Array.from({ length: 16 }, (_, index) => {
        const loop = kept(
          ClockedLoopback.openSync({
            ...{ card: each, device: (index % 2) as 0 | 1, substream: index >> 1 },
            ...{ format: 'S16_LE', channels: 2, rate: 48_000, periodFrames: 48 },
          }),
        );
        return { loop, capture: kept(loop.openCapture()), sent: noise(PERIODS_EACH * loop.periodBytes) };
      }),
    );
    expect(new Set(cables.map(({ loop }) => loop.timerId)).size).toBe(32);
  });
  afterEach(() => {
    for (const resource of open.splice(0)) resource[Symbol.dispose]();
  });

  it('carry their own frames, written and read in turn', () => {
    const received = cables.map((): Buffer[] => []);
    for (let period = 0; period < PERIODS_EACH; period += 1) {
      for (const [index, { loop, capture, sent }] of cables.entries()) {
        loop.write(sent.subarray(period * loop.periodBytes, (period + 1) * loop.periodBytes));
        received[index]?.push(capture.read());
      }
    }
    for (const [index, { loop, sent }] of cables.entries()) {
      expect(difference(sent, Buffer.concat(received[index] ?? []))).toBeUndefined();
      expect(loop.stats()).toMatchObject({ periods: PERIODS_EACH, xruns: 0 });
    }
  });

  it('carry their own frames, written every millisecond and read as the event loop tells of them', async () => {
    const received = cables.map(({ capture }) => buffer(capture));
    const began = performance.now();
    for (let period = 0; period < PERIODS_EACH; period += 1) {
      for (const { loop, sent } of cables) {
        loop.write(sent.subarray(period * loop.periodBytes, (period + 1) * loop.periodBytes));
      }
      // At least one turn of the event loop, however late it is.
      do await new Promise(setImmediate);
      while (performance.now() < began + period + 1);
    }
    for (const { capture } of cables) {
      while (capture.avail() > 0) await new Promise(setImmediate);
      expect(capture.stats()).toMatchObject({ frames: PERIODS_EACH * 48, overruns: 0 });
      capture.close();
    }
    for (const [index, { loop, sent }] of cables.entries()) {
      expect(difference(sent, await (received[index] as Promise<Buffer>))).toBeUndefined();
      expect(loop.stats()).toMatchObject({ periods: PERIODS_EACH, xruns: 0 });
    }
  });
});
