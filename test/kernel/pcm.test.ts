// Pcm on a real loopback cable, clocked by a real timer.
import { randomFillSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { PCM_FORMATS, Pcm, type PcmOptions, UserTimer } from '../../lib/index.js';
import type { LoopbackCard } from '../../lib/loopback/index.js';
import { native, setNative } from '../../lib/native/load.js';
import { withCard } from './setup.js';

let card: LoopbackCard;
const open: Disposable[] = [];
const kept = <T extends Disposable>(resource: T): T => {
  open.push(resource);
  return resource;
};

withCard((loaded) => {
  card = loaded;
});
afterEach(() => {
  for (const resource of open.splice(0).reverse()) resource[Symbol.dispose]();
  card.resetTimerSource();
});

const STREAM = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 48 } as const;

/** A timer that clocks every cable that is opened from now on. */
function clock(stream: { rate: number; periodFrames: number } = STREAM): UserTimer {
  const timer = kept(UserTimer.create({ rate: stream.rate, periodFrames: stream.periodFrames }));
  card.setTimerSource(timer);
  return timer;
}

const capture = (options: Partial<PcmOptions> = {}) =>
  kept(Pcm.open({ ...STREAM, card: card.number, device: 1, substream: 0, direction: 'capture', ...options }));
const playback = (options: Partial<PcmOptions> = {}) =>
  kept(
    Pcm.open({ ...STREAM, card: card.number, device: 0, substream: 0, direction: 'playback', ...options }),
  );
const periodOf = (pcm: Pcm) => new Uint8Array(pcm.parameters.periodFrames * pcm.frameBytes);
const withCode = (code: string) => expect.objectContaining({ code });

/** Sends `periods` random periods through a running cable, reading each right after its trigger. */
function passThrough(timer: UserTimer, writer: Pcm, reader: Pcm, periods: number): void {
  for (let i = 0; i < periods; i += 1) {
    const sent = randomFillSync(periodOf(writer));
    expect(writer.write(sent)).toBe(writer.parameters.periodFrames);
    if (writer.state() === 'prepared') writer.start();
    timer.trigger();
    const received = periodOf(reader);
    expect(reader.read(received)).toBe(reader.parameters.periodFrames);
    expect(Buffer.compare(received, sent)).toBe(0);
  }
}

describe('A cable between two Pcms', () => {
  it.each([...PCM_FORMATS])(
    'carries %s bit by bit, each period readable when its trigger returns',
    (format) => {
      const timer = clock();
      const reader = capture({ format });
      reader.start();
      passThrough(timer, playback({ format }), reader, 25);
      expect(reader.avail()).toBe(0);
    },
  );

  it.each([
    [1, 48_000, 480],
    [2, 44_100, 1_024],
    [8, 96_000, 96],
    [32, 192_000, 192],
    [2, 8_000, 16],
    [2, 768_000, 768],
  ])('carries %i channels at %i Hz in periods of %i frames', (channels, rate, periodFrames) => {
    const stream = { channels, rate, periodFrames };
    const timer = clock(stream);
    const reader = capture(stream);
    reader.start();
    passThrough(timer, playback(stream), reader, 10);
  });

  it('moves one period a trigger, and nothing without one', () => {
    const timer = clock();
    const reader = capture();
    reader.start();
    const writer = playback({ periods: 8 });
    for (let i = 0; i < 4; i += 1) writer.write(periodOf(writer));
    writer.start();
    expect([reader.avail(), writer.delay()]).toEqual([0, 192]);
    timer.trigger();
    expect([reader.avail(), writer.delay()]).toEqual([48, 144]);
    timer.trigger();
    expect([reader.avail(), writer.delay()]).toEqual([96, 96]);
  });

  it('may run empty, and is in xrun when a trigger finds less than a period', () => {
    const timer = clock();
    const reader = capture();
    reader.start();
    const writer = playback();
    passThrough(timer, writer, reader, 3);
    expect([writer.state(), writer.delay()]).toEqual(['running', 0]);
    writer.write(periodOf(writer).subarray(writer.frameBytes));
    timer.trigger();
    expect(writer.state()).toBe('xrun');
    expect(() => writer.write(periodOf(writer))).toThrow(withCode('EPIPE'));
    writer.prepare();
    reader.read(periodOf(reader));
    passThrough(timer, writer, reader, 3);
  });

  it('has started though it is overrun before START has returned', () => {
    const timer = clock();
    const real = native();
    setNative({
      ...real,
      openPcm: (...args) => {
        const handle = real.openPcm(...args);
        const startIt = handle.start.bind(handle);
        const start = () => {
          const result = startIt();
          for (let i = 0; i < 3; i += 1) timer.trigger();
          return result;
        };
        return Object.assign(handle, { start });
      },
    });
    try {
      const reader = capture({ periods: 2 });
      reader.start();
      expect(reader.state()).toBe('xrun');
      expect(() => reader.read(periodOf(reader))).toThrow(withCode('EPIPE'));
    } finally {
      setNative(undefined);
    }
  });

  it('takes no more than its buffer, and says how much', () => {
    clock();
    const writer = playback({ periods: 4 });
    expect(writer.avail()).toBe(192);
    expect(writer.write(new Uint8Array(200 * writer.frameBytes))).toBe(192);
    expect(writer.write(periodOf(writer))).toBe(0);
  });

  it('pauses and goes on where it was', () => {
    const timer = clock();
    const reader = capture();
    reader.start();
    const writer = playback();
    passThrough(timer, writer, reader, 1);
    const sent = randomFillSync(periodOf(writer));
    writer.write(sent);
    writer.pause(true);
    expect(writer.state()).toBe('paused');
    timer.trigger();
    const received = periodOf(reader);
    reader.read(received);
    expect(received.every((byte) => byte === 0)).toBe(true);
    writer.pause(false);
    timer.trigger();
    reader.read(received);
    expect(Buffer.compare(received, sent)).toBe(0);
  });
});

describe('Waiting for a Pcm', () => {
  it('ends with a period to read, and with room for a period to write', async () => {
    const timer = clock();
    const reader = capture();
    const writer = playback();
    await writer.ready();
    writer.write(new Uint8Array(4 * periodOf(writer).length));
    reader.start();
    writer.start();
    expect([reader.avail(), writer.avail()]).toEqual([0, 0]);
    const waits = Promise.all([reader.ready(), writer.ready()]);
    timer.trigger();
    await waits;
    expect([reader.avail(), writer.avail()]).toEqual([48, 48]);
  });

  it('lasts until there is a whole period, and until the start of a capture', async () => {
    const timer = clock();
    const reader = capture();
    const writer = playback();
    reader.start();
    writer.write(periodOf(writer));
    writer.start();
    timer.trigger();
    reader.read(new Uint8Array(reader.frameBytes));
    let isReady = false;
    const waiting = reader.ready().then(() => {
      isReady = true;
    });
    // A turn of the event loop, in which another wait ends.
    await writer.ready();
    await new Promise(setImmediate);
    expect([isReady, reader.avail()]).toEqual([false, 47]);
    writer.write(periodOf(writer));
    timer.trigger();
    await waiting;
    expect(reader.avail()).toBe(95);
  });

  it('fails with what reading or writing would fail with', async () => {
    const timer = clock();
    const reader = capture({ periods: 2 });
    const writer = playback();
    reader.start();
    writer.write(new Uint8Array(4 * periodOf(writer).length));
    writer.start();
    const full = writer.ready().catch((error) => error);
    reader.drop();
    await expect(reader.ready()).rejects.toEqual(withCode('EBADFD'));
    reader.prepare();
    reader.start();
    const overrun = expect(reader.ready()).rejects.toEqual(withCode('EPIPE'));
    for (let i = 0; i < 5; i += 1) timer.trigger();
    await overrun;
    expect(reader.state()).toBe('xrun');
    expect(writer.state()).toBe('xrun');
    expect(await full).toEqual(withCode('EPIPE'));
    await expect(writer.ready()).rejects.toMatchObject({
      code: 'EPIPE',
      hint: expect.stringContaining('prepare()'),
    });
  });

  it('ends when it is closed, which leaves the substream to others, and with its signal', async () => {
    clock();
    const reader = capture();
    reader.start();
    const abort = new AbortController();
    const aborted = expect(reader.ready({ signal: abort.signal })).rejects.toThrow('enough');
    abort.abort(new Error('enough'));
    await aborted;
    const closed = expect(reader.ready()).rejects.toEqual(withCode('ERR_CLOSED'));
    reader.close();
    capture();
    await closed;
  });
});

describe('Opening a Pcm', () => {
  it('says which parameter the other end does not allow, and what it allows', () => {
    clock();
    capture();
    const refusals: [Partial<PcmOptions>, RegExp][] = [
      [{ format: 'S32_LE' }, /format S32_LE: it offers S16_LE/],
      [{ rate: 44_100 }, /rate 44100: it offers 48000/],
      [{ channels: 1, periodFrames: 96 }, /channels 1: it offers 2/],
      [{ periodFrames: 96 }, /periodFrames 96: it offers 48/],
    ];
    for (const [options, message] of refusals) {
      expect(() => playback(options)).toThrow(
        expect.objectContaining({ code: 'ERR_PCM_PARAMETER', message: expect.stringMatching(message) }),
      );
    }
    expect(playback().state()).toBe('prepared');
  });

  it('takes the substream that is asked for, and says when it is in use', () => {
    clock();
    expect(capture({ substream: 3 }).substream).toBe(3);
    expect(() => capture({ substream: 3 })).toThrow(withCode('EBUSY'));
    expect(capture({ substream: 3, device: 0 }).name).toBe(`hw:${card.number},0,3`);
  });

  it('says that the timer of the card does not exist', () => {
    card.setTimerSource('-1.4.99');
    expect(() => playback()).toThrow(
      expect.objectContaining({ code: 'ENODEV', hint: expect.stringMatching(/create the timer before/) }),
    );
  });

  it('says that there is no such card', () => {
    expect(() => playback({ card: 30 })).toThrow(withCode('ENOENT'));
  });
});

describe('Starting a Pcm', () => {
  it('is refused by the kernel while nothing is queued', () => {
    clock();
    expect(() => playback().start()).toThrow(withCode('EPIPE'));
  });

  it('is an error where the kernel reports success and starts nothing: a second cable on one timer', () => {
    const timer = clock();
    const reader = capture();
    reader.start();
    const other = capture({ substream: 1 });
    expect(() => other.start()).toThrow(withCode('ERR_NOT_STARTED'));
    expect(other.state()).toBe('prepared');
    const writer = playback();
    passThrough(timer, writer, reader, 2);
    writer.drop();
    reader.drop();
    other.start();
    expect(other.state()).toBe('running');
  });

  it('works with the exact resolution only: any other is an xrun at the first trigger', () => {
    const timer = kept(UserTimer.create({ resolutionNs: 1_000_001n }));
    card.setTimerSource(timer);
    const reader = capture();
    reader.start();
    const writer = playback();
    writer.write(periodOf(writer));
    writer.start();
    timer.trigger();
    expect([reader.state(), writer.state()]).toEqual(['xrun', 'xrun']);
  });
});

describe('A Pcm', () => {
  it('refuses the other direction, broken frames, and everything once closed', () => {
    clock();
    const writer = playback();
    expect(() => writer.read(periodOf(writer))).toThrow(withCode('ERR_WRONG_DIRECTION'));
    expect(() => writer.write(new Uint8Array(3))).toThrow(withCode('ERR_OUT_OF_RANGE'));
    expect(() => writer.write('text' as never)).toThrow(withCode('ERR_INVALID_ARG_TYPE'));
    writer.close();
    writer.close();
    expect(writer.closed).toBe(true);
    expect(() => writer.write(new Uint8Array(4))).toThrow(withCode('ERR_CLOSED'));
    expect(() => writer.state()).toThrow(withCode('ERR_CLOSED'));
  });
});
