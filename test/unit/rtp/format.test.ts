import { describe, expect, it } from 'vitest';
import { sampleFormat } from '../../../lib/pcm/format.js';
import {
  decodePayload,
  encodePayload,
  framesOfPtime,
  packetFramesFor,
  ptimeOfFrames,
  RTP_PCM_FORMATS,
  type RtpEncoding,
  type RtpPcmFormat,
} from '../../../lib/rtp/index.js';
import { generator } from '../../support/rtp-stream.js';

describe('a payload', () => {
  it.each<[RtpEncoding, RtpPcmFormat, number[]]>([
    ['L16', 'S16_BE', [0x12, 0x34, 0x80, 0x00]],
    ['L16', 'S16_LE', [0x34, 0x12, 0x00, 0x80]],
    ['L16', 'S24_3LE', [0, 0x34, 0x12, 0, 0x00, 0x80]],
    ['L16', 'S32_LE', [0, 0, 0x34, 0x12, 0, 0, 0x00, 0x80]],
    ['L16', 'S32_BE', [0x12, 0x34, 0, 0, 0x80, 0x00, 0, 0]],
  ])('of %s becomes %s', (encoding, format, bytes) => {
    expect([...decodePayload(Uint8Array.of(0x12, 0x34, 0x80, 0x00), encoding, format)]).toEqual(bytes);
  });

  it.each<[RtpEncoding, RtpPcmFormat, number[]]>([
    ['L24', 'S24_3BE', [0x12, 0x34, 0x56, 0x80, 0, 1]],
    ['L24', 'S24_3LE', [0x56, 0x34, 0x12, 1, 0, 0x80]],
    ['L24', 'S32_LE', [0, 0x56, 0x34, 0x12, 0, 1, 0, 0x80]],
  ])('of %s becomes %s', (encoding, format, bytes) => {
    expect([...decodePayload(Uint8Array.of(0x12, 0x34, 0x56, 0x80, 0, 1), encoding, format)]).toEqual(bytes);
  });

  it('comes back unchanged from every format that holds it whole', () => {
    const random = generator(2);
    const payload = Uint8Array.from({ length: 3 * 2 * 100 }, () => random(256));
    for (const encoding of ['L16', 'L24'] as const) {
      for (const format of RTP_PCM_FORMATS) {
        if (sampleFormat(format).bytes < (encoding === 'L16' ? 2 : 3)) continue;
        const there = decodePayload(payload, encoding, format);
        if (encoding === 'L16' && sampleFormat(format).bytes > 2) continue;
        expect([...encodePayload(there, format, encoding)], `${encoding} ${format}`).toEqual([...payload]);
      }
    }
  });

  it('is refused by a format that is too narrow for it', () => {
    expect(() => decodePayload(new Uint8Array(3), 'L24', 'S16_LE')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
    expect(() => encodePayload(new Uint8Array(4), 'S32_LE', 'L16')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
  });

  it('is whole samples', () => {
    expect(() => decodePayload(new Uint8Array(4), 'L24', 'S32_LE')).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});

describe('the packet time', () => {
  it.each([
    [1, 48_000, 48],
    [0.125, 48_000, 6],
    [0.12, 48_000, 6],
    [0.25, 48_000, 12],
    [0.33, 48_000, 16],
    [4, 48_000, 192],
    [10, 48_000, 480],
    [1.09, 44_100, 48],
    [1, 44_100, 44],
    [0.125, 96_000, 12],
  ])('of %d ms at %d Hz is %d frames', (ptime, rate, frames) => {
    expect(framesOfPtime(ptime, rate)).toBe(frames);
  });

  it.each([
    [1, 48_000, 48],
    [1, 44_100, 48],
    [1, 88_200, 96],
    [0.125, 44_100, 6],
    [0.33, 44_100, 16],
    [4, 176_400, 768],
    [1, 96_000, 96],
    [0.998, 44_100, 44],
    [10, 44_100, 441],
  ])('that a sender chooses, %d ms at %d Hz, is %d frames, as in AES67', (ptime, rate, frames) => {
    expect(packetFramesFor(ptime, rate)).toBe(frames);
  });

  it('comes back from the frames it stands for', () => {
    for (const rate of [44_100, 48_000, 96_000]) {
      for (let frames = 1; frames < 1000; frames++) {
        expect(framesOfPtime(ptimeOfFrames(frames, rate), rate)).toBe(frames);
      }
    }
  });

  it('is at least a frame and at most a second', () => {
    for (const ptime of [0, -1, Number.NaN, 0.001, 1001]) {
      expect(() => framesOfPtime(ptime, 48_000)).toThrow(
        expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
      );
    }
  });
});
