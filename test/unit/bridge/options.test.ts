// What a bridge makes of its options before anything is opened.
import { describe, expect, it } from 'vitest';
import type { BridgeOptions } from '../../../lib/bridge/index.js';
import { checkBridgeOptions } from '../../../lib/bridge/options.js';
import type { RtpReceiverOptions } from '../../../lib/rtp/index.js';

const STREAM: BridgeOptions = { encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96, port: 5004 };

const periodOf = (options: Partial<BridgeOptions>) =>
  checkBridgeOptions({ ...STREAM, ...options }).loopback.periodFrames;

describe('The period of a bridge', () => {
  it.each([
    [{}, 480],
    [{ packetFrames: 48 }, 480],
    [{ packetFrames: 6 }, 480],
    [{ packetFrames: 192 }, 576],
    [{ packetFrames: 256 }, 512],
    [{ packetFrames: 480 }, 480],
    [{ packetFrames: 48_000 }, 480],
    [{ rate: 44_100 }, 441],
    [{ rate: 44_100, packetFrames: 48 }, 432],
    [{ packetFrames: 256, periodFrames: 100 }, 100],
  ])('is about 10 ms, and whole packets where their length is known: %o', (options, frames) => {
    expect(periodOf(options)).toBe(frames);
  });
});

describe('The receiver of a bridge', () => {
  it('is told all that the bridge was told about the stream and its network', () => {
    const all: Required<Omit<RtpReceiverOptions, 'sink' | 'signal' | 'linkOffsetMs'>> = {
      ...({
        encoding: 'L24',
        rate: 48_000,
        channels: 2,
        format: 'S32_LE',
        payloadType: 96,
        ssrc: 7,
        alternatives: [{ payloadType: 97, encoding: 'L16' }],
      } as const),
      ...({ fill: 'repeat', maxGapFrames: 480, reorderPackets: 4, reorderMs: 5 } as const),
      ...({ clock: 'packets', mediaClock: { kind: 'sender' }, packetFrames: 48 } as const),
      ...{ confirmPackets: 2, takeoverMs: 50, silenceMs: 50 },
      ...{ address: '239.192.7.1', port: 5004, interface: 'lo' },
      ...{ sources: ['127.0.0.2'], excludedSources: ['127.0.0.3'], receiveBufferBytes: 1, socket: 'dgram' },
    };
    expect(checkBridgeOptions(all).receiver).toEqual(all);
  });

  it('is told by what clock the stream is played', () => {
    const played = {
      clock: '/dev/ptp0',
      linkOffsetMs: 2.5,
      mediaClock: { kind: 'direct', offset: 7 },
    } as const;
    expect(checkBridgeOptions({ ...STREAM, ...played }).receiver).toMatchObject(played);
  });
});

describe('With a clock', () => {
  it.each([
    ['graceMs', 0],
    ['unheard', 'wait'],
    ['maxWaitingFrames', 48_000],
    ['reorderPackets', 8],
    ['reorderMs', 20],
  ] as const)('a bridge refuses what would do nothing: %s', (name, value) => {
    const options = { ...STREAM, clock: 'tai', [name]: value };
    expect(() => checkBridgeOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining(`${name} must be`),
      }),
    );
  });

  it('a bridge takes what still says something', () => {
    const options = {
      ...STREAM,
      clock: 'tai',
      idle: 'stall',
      unheard: 'drop',
      fill: 'repeat',
      takeoverMs: 10,
    };
    expect(() => checkBridgeOptions(options as never)).not.toThrow();
  });
});

describe('The format of a bridge', () => {
  it.each([
    ['L16', [], 'S16_LE'],
    ['L16', ['L16'], 'S16_LE'],
    ['L16', ['L16', 'L24'], 'S24_3LE'],
    ['L24', ['L16'], 'S24_3LE'],
  ] as const)('holds each encoding whole that packets may have: %s, %o', (encoding, others, format) => {
    const alternatives = others.map((other, i) => ({ payloadType: 97 + i, encoding: other }));
    const { receiver, loopback } = checkBridgeOptions({ ...STREAM, encoding, alternatives });
    expect([receiver.format, loopback.format]).toEqual([format, format]);
    const narrow = { ...STREAM, encoding: 'L16', alternatives, format: 'S16_LE' } as const;
    expect(checkBridgeOptions(narrow).loopback.format).toBe('S16_LE');
  });
});

describe('The grace of a bridge', () => {
  it('is for silence', () => {
    expect(checkBridgeOptions({ ...STREAM, graceMs: 10 }).loopback).toMatchObject({
      idle: 'silence',
      graceMs: 10,
    });
    expect(() => checkBridgeOptions({ ...STREAM, idle: 'stall', graceMs: 10 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
    expect(() => checkBridgeOptions({ ...STREAM, graceMs: 3_600_001 })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});

describe('What is kept for a listener', () => {
  const held = (options: Partial<BridgeOptions>) =>
    checkBridgeOptions({ ...STREAM, unheard: 'wait', ...options }).maxWaitingFrames;

  it('is a second, and a period at least', () => {
    expect(held({})).toBe(48_000);
    expect(held({ periodFrames: 96_000, periods: 2 })).toBe(96_000);
    expect(held({ maxWaitingFrames: 480 })).toBe(480);
    for (const maxWaitingFrames of [0, 479, 2 ** 24 + 1]) {
      expect(() => held({ maxWaitingFrames })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    }
    expect(() => held({ channels: 32, maxWaitingFrames: 2 ** 24 })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});
