import { describe, expect, it } from 'vitest';
import { parseRtpPacket, type RtpPacketOptions, serializeRtpPacket } from '../../../lib/rtp/index.js';
import { generator } from '../../support/rtp-stream.js';

const packet = {
  payloadType: 96,
  marker: true,
  sequence: 0xfffe,
  timestamp: 0xffff_fff0,
  ssrc: 0x8000_0001,
  payload: Uint8Array.of(1, 2, 3, 4),
};

describe('an RTP packet', () => {
  it('has the bytes that RFC 3550 draws', () => {
    expect([...serializeRtpPacket(packet)]).toEqual([
      0x80, 0xe0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 1, 1, 2, 3, 4,
    ]);
  });

  it('reads back as it was written', () => {
    expect(parseRtpPacket(serializeRtpPacket(packet))).toEqual(packet);
  });

  it('gives its payload without contributing sources, extension and padding', () => {
    const datagram = serializeRtpPacket({
      ...packet,
      csrcs: [7, 8, 9],
      extension: { profile: 0xbede, data: new Uint8Array(8).fill(0xff) },
      padding: 5,
    });
    expect(datagram.length).toBe(12 + 12 + 4 + 8 + 4 + 5);
    expect(parseRtpPacket(datagram)).toEqual(packet);
  });

  it('may have no payload', () => {
    const empty = { ...packet, payload: new Uint8Array(0) };
    expect(parseRtpPacket(serializeRtpPacket(empty))).toEqual(empty);
    expect(parseRtpPacket(serializeRtpPacket({ ...empty, padding: 4 }))).toEqual(empty);
  });
});

describe('a datagram', () => {
  const full = serializeRtpPacket({
    ...packet,
    csrcs: [7],
    extension: { profile: 1, data: new Uint8Array(4) },
  });

  it('is truncated when it ends within the header, the sources or the extension', () => {
    for (let length = 0; length < full.length - packet.payload.length; length++) {
      expect(parseRtpPacket(full.subarray(0, length)), `${length} bytes`).toBe('truncated');
    }
  });

  it('is rejected when its version is not 2', () => {
    for (const version of [0, 1, 3]) {
      const datagram = serializeRtpPacket(packet);
      datagram[0] = (version << 6) | ((datagram[0] as number) & 0x3f);
      expect(parseRtpPacket(datagram)).toBe('version');
    }
  });

  it('is rejected when its padding is none, or reaches into the header', () => {
    const datagram = serializeRtpPacket({ ...packet, padding: 2 });
    for (const padding of [0, 7, 255]) {
      datagram[datagram.length - 1] = padding;
      expect(parseRtpPacket(datagram), `${padding} bytes of padding`).toBe('padding');
    }
    datagram[datagram.length - 1] = 6;
    expect(parseRtpPacket(datagram)).toMatchObject({ payload: new Uint8Array(0) });
  });

  it('never makes the parser throw, and never gives more payload than it holds', () => {
    const random = generator(1);
    for (let i = 0; i < 100_000; i++) {
      const bytes = Uint8Array.from({ length: random(64) }, () => random(256));
      if (random(2)) bytes[0] = 0x80 | random(64);
      const result = parseRtpPacket(bytes);
      if (typeof result !== 'string') expect(result.payload.length).toBeLessThanOrEqual(bytes.length - 12);
    }
  });
});

describe('serializeRtpPacket', () => {
  it.each<[string, Partial<RtpPacketOptions>, string]>([
    ['a payload type above 127', { payloadType: 128 }, 'ERR_OUT_OF_RANGE'],
    ['a negative sequence number', { sequence: -1 }, 'ERR_OUT_OF_RANGE'],
    ['a timestamp of 33 bits', { timestamp: 2 ** 32 }, 'ERR_OUT_OF_RANGE'],
    ['a source that is no integer', { ssrc: 1.5 }, 'ERR_OUT_OF_RANGE'],
    ['sixteen contributing sources', { csrcs: Array(16).fill(0) }, 'ERR_OUT_OF_RANGE'],
    [
      'an extension of three bytes',
      { extension: { profile: 0, data: new Uint8Array(3) } },
      'ERR_OUT_OF_RANGE',
    ],
    ['more padding than its count can say', { padding: 256 }, 'ERR_OUT_OF_RANGE'],
    ['a payload that is no bytes', { payload: 'x' as never }, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', (_, change, code) => {
    expect(() => serializeRtpPacket({ ...packet, ...change })).toThrow(expect.objectContaining({ code }));
  });
});
