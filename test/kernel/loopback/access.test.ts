// Non-interleaved access: the same frames in, the same frames out, though each channel goes through the kernel by itself.
import { describe, expect, it } from 'vitest';
import { PCM_FORMATS, Pcm, UserTimer } from '../../../lib/index.js';
import { ClockedLoopback, type LoopbackCard } from '../../../lib/loopback/index.js';
import { sampleFormat } from '../../../lib/pcm/format.js';
import { withCard } from '../setup.js';
import { cut, difference, noise, transfer, withTrigger } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const access = 'noninterleaved';
const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 96 } as const;
const shapes = PCM_FORMATS.flatMap((format) => [1, 3, 32].map((channels) => [format, channels] as const));

describe('Two Pcms with non-interleaved access', () => {
  it.each(shapes)(
    'carry %s with %i channels, taken in other pieces than they were given',
    (format, channels) => {
      const options = { ...stream, format, channels, access, card: card.number, substream: 0 } as const;
      using timer = UserTimer.create(stream);
      card.setTimerSource(timer);
      using reader = Pcm.open({ ...options, device: 1, direction: 'capture', periods: 7 });
      using writer = Pcm.open({ ...options, device: 0, direction: 'playback', periods: 5 });
      card.resetTimerSource();
      reader.start();
      const { frameBytes } = writer;
      const sent = noise(60 * 96 * frameBytes);
      const received: Buffer[] = [];
      // Pieces of lengths that have no common divisor with a period.
      const [given, taken] = [61, 53];
      let at = 0;
      for (let period = 0; period < 60; period += 1) {
        while (writer.avail() > 4 * 96) {
          const piece = sent.subarray(at, at + given * frameBytes);
          at += writer.write(piece) * frameBytes;
        }
        if (writer.state() === 'prepared') writer.start();
        timer.trigger();
        while (reader.avail() >= taken || (period === 59 && reader.avail() > 0)) {
          const piece = Buffer.alloc(taken * frameBytes, 0xee);
          const frames = reader.read(piece);
          received.push(piece.subarray(0, frames * frameBytes));
          // What was not read stays as it was.
          expect(piece.subarray(frames * frameBytes).every((byte) => byte === 0xee)).toBe(true);
        }
      }
      expect(at).toBe(sent.length);
      expect(difference(sent, Buffer.concat(received))).toBeUndefined();
    },
  );

  it('take no more than the buffer, say how much, and go on there', () => {
    const options = { ...stream, access, card: card.number, substream: 0 } as const;
    using timer = UserTimer.create(stream);
    card.setTimerSource(timer);
    using reader = Pcm.open({ ...options, device: 1, direction: 'capture', periods: 8 });
    using writer = Pcm.open({ ...options, device: 0, direction: 'playback', periods: 4 });
    card.resetTimerSource();
    reader.start();
    const sent = noise(400 * writer.frameBytes);
    expect(writer.write(sent)).toBe(384);
    expect(writer.write(sent.subarray(384 * 4))).toBe(0);
    writer.start();
    for (let period = 0; period < 4; period += 1) timer.trigger();
    const received = Buffer.alloc(1_000 * writer.frameBytes);
    expect(reader.read(received)).toBe(384);
    expect(difference(sent.subarray(0, 384 * 4), received.subarray(0, 384 * 4))).toBeUndefined();
    expect(reader.read(received)).toBe(0);
  });
});

describe('A clocked cable with non-interleaved access', () => {
  it.each(shapes)('carries %s with %i channels, cut anywhere', (format, channels) => {
    using loop = ClockedLoopback.openSync({ ...stream, card, format, channels, access, periods: 3 });
    using capture = loop.openCapture({ periods: 7 });
    expect([loop.parameters.access, capture.parameters.access]).toEqual([access, access]);
    const sent = noise(60 * loop.periodBytes);
    expect(difference(sent, transfer(loop, capture, cut(sent, loop.periodBytes)))).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 60, pendingBytes: 0, xruns: 0 });
  });

  it.each(PCM_FORMATS)('completes a last period of %s with silence in every channel', (format) => {
    using loop = ClockedLoopback.openSync({ ...stream, card, format, channels: 3, access });
    using capture = loop.openCapture();
    // The last frame has a part of its samples only.
    const sent = noise(loop.periodBytes + 10 * loop.frameBytes + 1);
    loop.write(sent);
    expect(loop.flush()).toBe(86);
    const silence = Buffer.alloc(86 * loop.frameBytes - 1, sampleFormat(format).silence);
    expect(difference(Buffer.concat([sent, silence]), capture.read())).toBeUndefined();
  });

  it('carries the next stream after one that ended, and lets a frame go that broke off', async () => {
    using loop = ClockedLoopback.openSync({ ...stream, card, access });
    using capture = loop.openCapture();
    const [first, second] = [noise(loop.periodBytes), noise(loop.periodBytes)];
    loop.write(first);
    expect(loop.flush()).toBe(0);
    const broken = new Error('broken off');
    const writable = loop.writable();
    await new Promise<void>((resolve) => writable.write(noise(3), () => resolve()));
    await new Promise<void>((resolve) =>
      writable
        .once('close', resolve)
        .on('error', () => {})
        .destroy(broken),
    );
    loop.write(second);
    expect(difference(Buffer.concat([first, second]), capture.read())).toBeUndefined();
  });

  it.each(['S24_3LE', 'DSD_U8'] as const)(
    'inserts whole periods of silence between frames of %s',
    async (format) => {
      using loop = ClockedLoopback.openSync({
        ...{ ...stream, card, format, access, idle: 'silence', graceMs: 0 },
      });
      // Room for what a busy machine leaves for later.
      using capture = loop.openCapture({ periods: 1_000, onInterruption: 'restart' });
      const words = Array.from({ length: 5 }, () => noise(loop.periodBytes));
      const received: Buffer[] = [];
      for (const word of words) {
        loop.write(word);
        const { insertedFrames } = loop.stats();
        // The thread moves the silence, and the capture tells of it.
        while (loop.stats().insertedFrames < insertedFrames + 2 * stream.periodFrames) {
          await capture.ready();
          received.push(capture.read());
        }
      }
      loop.flush();
      received.push(capture.read());
      const bytes = Buffer.concat(received);
      const silence = Buffer.alloc(loop.periodBytes, sampleFormat(format).silence);
      const periods = Array.from({ length: bytes.length / loop.periodBytes }, (_, period) =>
        bytes.subarray(period * loop.periodBytes, (period + 1) * loop.periodBytes),
      );
      const spoken = periods.filter((period) => !period.equals(silence));
      expect(capture.stats().overruns).toBe(0);
      expect(difference(Buffer.concat(words), Buffer.concat(spoken))).toBeUndefined();
      expect(periods.length - spoken.length).toBeGreaterThanOrEqual(2 * words.length);
    },
  );

  it('goes on after an xrun of its writer, with every frame that was given', () => {
    const { opened, trigger } = withTrigger(() => ClockedLoopback.openSync({ ...stream, card, access }));
    using loop = opened;
    using capture = loop.openCapture();
    const [first, second] = [noise(loop.periodBytes), noise(loop.periodBytes)];
    loop.write(first);
    trigger();
    loop.write(second);
    const received = capture.read();
    expect(difference(first, received.subarray(0, loop.periodBytes))).toBeUndefined();
    expect(difference(second, received.subarray(2 * loop.periodBytes))).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 2, xruns: 1 });
  });
});
