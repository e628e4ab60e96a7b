// Streams whose description lists several payload types: a sender may use them all (RFC 8866, section 5.14).
import { describe, expect, it } from 'vitest';
import {
  decodePayload,
  describeRefusal,
  type JitterBufferOptions,
  parseSdp,
  type RefusalEvent,
  type RtpEncoding,
  type RtpPcmFormat,
} from '../../../lib/rtp/index.js';
import { jitterBufferWith, packetsOf } from '../../support/jitter-buffer-with.js';
import { datagram, generator, shuffled, stream, type TestPacket } from '../../support/rtp-stream.js';

const TYPES: Readonly<Record<number, RtpEncoding>> = { 96: 'L16', 97: 'L24', 98: 'L16' };
const ALTERNATIVES = [97, 98].map((payloadType) => ({
  payloadType,
  encoding: TYPES[payloadType] as RtpEncoding,
}));

/** What the type of a packet is, in no order: from packet to packet the sender takes another one. */
const typeOf = ({ sequence }: TestPacket) => 96 + (((sequence * 7) % 11) % 3);

/** Bytes that no other packet has. */
function payloadOf(packet: TestPacket): Uint8Array {
  const random = generator(packet.timestamp);
  const bytes = packet.frames * (TYPES[typeOf(packet)] === 'L16' ? 2 : 3);
  return Uint8Array.from({ length: bytes }, () => 1 + random(255));
}

function datagrams(packets: readonly TestPacket[]): Uint8Array[] {
  return packets.map((packet) =>
    datagram(packet, { payloadType: typeOf(packet), payload: payloadOf(packet) }),
  );
}

/** The frames of all packets, converted by themselves. */
function framesOf(packets: readonly TestPacket[], format: RtpPcmFormat): Buffer {
  return Buffer.concat(
    packets.map((packet) => {
      const encoding = TYPES[typeOf(packet)] as RtpEncoding;
      if (encoding === 'L16' || format !== 'S16_LE')
        return decodePayload(payloadOf(packet), encoding, format);
      // The upper 16 bits of 24, least significant byte first.
      return Uint8Array.from(
        Array.from(decodePayload(payloadOf(packet), 'L24', 'S24_3LE')).filter((_, i) => i % 3 > 0),
      );
    }),
  );
}

function jitterBufferFor(options: Partial<JitterBufferOptions> = {}) {
  const written: Buffer[] = [];
  const sink = { write: (bytes: Uint8Array) => written.push(Buffer.from(bytes)) };
  const made = jitterBufferWith({ channels: 1, alternatives: ALTERNATIVES, sink, ...options });
  return { ...made, heard: () => Buffer.concat(written) };
}

describe('A stream of several payload types', () => {
  it.each([
    ['S32_LE', 'whole'],
    ['S24_3BE', 'whole'],
    ['S16_LE', 'in the upper bits of L24'],
  ] as const)('that change from packet to packet is heard in %s, %s', (format, _) => {
    const { buffer, heard, told } = jitterBufferFor({ format });
    const packets = stream(2000, { sequence: 64_500, timestamp: 2 ** 32 - 9600 });
    for (const bytes of datagrams(packets)) buffer.receive(bytes, 0n);
    expect(heard().equals(framesOf(packets, format))).toBe(true);
    expect(told).toMatchObject([{ type: 'stream', reason: 'first' }]);
    expect(buffer.stats()).toMatchObject({ packetsPlaced: 2000, framesLost: 0, framesCut: 0 });
    expect(buffer.frameBytes).toBe({ S32_LE: 4, S24_3BE: 3, S16_LE: 2 }[format]);
  });

  it('has the format of the first where none is given', () => {
    const first = {
      encoding: 'L24',
      payloadType: 97,
      alternatives: [{ payloadType: 96, encoding: 'L16' }],
    } as const;
    expect(jitterBufferFor().buffer.frameBytes).toBe(2);
    expect(jitterBufferFor(first).buffer.frameBytes).toBe(3);
    expect(() => jitterBufferFor({ ...first, format: 'S16_LE' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('L24') }),
    );
  });

  it('is one stream: packets of one type wait for those of another, and confirm them', () => {
    const { buffer, heard, of } = jitterBufferFor({ format: 'S32_LE' });
    const before = stream(200);
    const after = stream(200, { sequence: 30_000, timestamp: 2 ** 31 });
    for (const bytes of datagrams(shuffled(before, 3, generator(1)))) buffer.receive(bytes, 0n);
    for (const bytes of datagrams(after)) buffer.receive(bytes, 0n);
    expect(heard().equals(framesOf([...before, ...after], 'S32_LE'))).toBe(true);
    expect(of('stream')).toMatchObject([{ reason: 'first' }, { reason: 'timestamp' }]);
    expect(buffer.stats()).toMatchObject({ packetsStray: 0, framesLost: 0 });
  });

  it('may have packets as long as a datagram, in the narrower encoding', () => {
    const { buffer, heard } = jitterBufferFor({
      ...{ encoding: 'L24', payloadType: 97, format: 'S32_LE' },
      alternatives: [{ payloadType: 96, encoding: 'L16' }],
    });
    const [longest] = packetsOf({ channels: 1, frames: 32_700 }, 1) as [Uint8Array];
    expect(buffer.receive(longest, 0n)).toBe('delivered');
    expect(heard().length).toBe(32_700 * 4);
  });

  it('is what a description with several types gives', () => {
    const text = ['v=0', 'c=IN IP4 127.0.0.1', 'm=audio 6000 RTP/AVP 8 96 97 96 97', 'a=rtpmap:8 PCMA/8000'];
    const maps = ['a=rtpmap:96 L16/48000', 'a=rtpmap:97 L24/48000'];
    const { alternatives, payloadType } = parseSdp([...text, ...maps].join('\n'));
    expect({ payloadType, alternatives }).toEqual({
      payloadType: 96,
      alternatives: [{ payloadType: 97, encoding: 'L24' }],
    });
  });
});

describe('What is not of a stream of several payload types', () => {
  const words = ({ of }: ReturnType<typeof jitterBufferFor>) =>
    of('refusal').map((event) => describeRefusal(event as never as RefusalEvent));

  it.each([
    [[], '96'],
    [ALTERNATIVES.slice(0, 1), '96 or 97'],
    [ALTERNATIVES, '96, 97 or 98'],
  ] as const)('is refused by all types that were expected: %o', (alternatives, expected) => {
    const made = jitterBufferFor({ alternatives });
    for (const bytes of packetsOf({ frames: 48 }, 3, { payloadType: 99 })) made.buffer.receive(bytes, 0n);
    expect(words(made)).toEqual([`payload type 99 came, ${expected} was expected`]);
    expect(made.of('refusal')).toMatchObject([{ option: 'payloadType', value: 99 }]);
  });

  it('may be a payload of which the encoding of its own type makes no whole frames', () => {
    const made = jitterBufferFor();
    const receive = (payloadType: number, bytes: number) =>
      made.buffer.receive(
        datagram(
          { sequence: 0, timestamp: 0, ssrc: 1, frames: 0 },
          { payloadType, payload: new Uint8Array(bytes) },
        ),
        0n,
      );
    expect(receive(97, 4)).toBe('rejected');
    expect(receive(96, 4)).toBe('delivered');
    expect(words(made)).toEqual(['a payload of 4 bytes came, a multiple of 3 (L24, 1 channel) was expected']);
  });

  it('is told as what the packets of that type would be', () => {
    const made = jitterBufferFor();
    for (const bytes of packetsOf({ encoding: 'L24', channels: 2, frames: 48 }, 60, { payloadType: 97 }))
      made.buffer.receive(bytes, 0n);
    expect(made.of('contradiction')).toMatchObject([
      {
        ...{ packetFrames: 96, timestampFrames: 48 },
        fits: [
          { encoding: 'L24', channels: 2 },
          { encoding: 'L16', channels: 3 },
        ],
      },
    ]);
  });
});

describe('Payload types', () => {
  it.each<[string, unknown, string]>([
    ['that are no list', { payloadType: 97, encoding: 'L24' }, 'ERR_INVALID_ARG_TYPE'],
    ['that are numbers', [97], 'ERR_INVALID_ARG_TYPE'],
    ['without an encoding', [{ payloadType: 97 }], 'ERR_INVALID_ARG_TYPE'],
    ['of an unknown encoding', [{ payloadType: 97, encoding: 'L20' }], 'ERR_INVALID_ARG_VALUE'],
    ['of eight bits', [{ payloadType: 128, encoding: 'L24' }], 'ERR_OUT_OF_RANGE'],
    ['that are the first one again', [{ payloadType: 96, encoding: 'L24' }], 'ERR_INVALID_ARG_VALUE'],
    ['that are listed twice', [...ALTERNATIVES, ...ALTERNATIVES], 'ERR_INVALID_ARG_VALUE'],
  ])('%s are refused', (_, alternatives, code) => {
    expect(() => jitterBufferFor({ alternatives: alternatives as never })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^alternatives/) }),
    );
  });
});
