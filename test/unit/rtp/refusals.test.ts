// Packets that are refused: what came, what was expected, and what would take it, once a reason.
import { describe, expect, it } from 'vitest';
import { describeRefusal, type JitterBufferOptions, type RefusalEvent } from '../../../lib/rtp/index.js';
import { jitterBufferWith, packetsOf } from '../../support/jitter-buffer-with.js';

describe('Packets that are refused', () => {
  it.each<[string, Partial<JitterBufferOptions>, Uint8Array[], object, string]>([
    [
      'another payload type',
      {},
      packetsOf({ frames: 48 }, 100, { payloadType: 97 }),
      { reason: 'payload-type', option: 'payloadType', value: 97 },
      'payload type 97 came, 96 was expected',
    ],
    [
      'payloads of another size',
      { encoding: 'L24' },
      packetsOf({ frames: 49, channels: 1 }, 100),
      { reason: 'size', option: 'channels', value: undefined },
      'a payload of 98 bytes came, a multiple of 6 (L24, 2 channels) was expected',
    ],
    [
      'another source than the one that was asked for',
      { ssrc: 0x2a },
      packetsOf({ frames: 48 }, 100, { ssrc: 0x29 }),
      { reason: 'source', option: 'ssrc', value: 0x29 },
      'source 0x00000029 came, 0x0000002a was expected',
    ],
    [
      'what is no RTP',
      {},
      Array(100).fill(Uint8Array.from({ length: 20 }, () => 1)),
      { reason: 'version', option: undefined, value: undefined },
      'a datagram of 20 bytes (version) came, an RTP packet was expected',
    ],
  ])('since they are %s are told once, and all are counted', (_, options, datagrams, event, words) => {
    const { buffer, told } = jitterBufferWith(options);
    for (const datagram of datagrams) buffer.receive(datagram, 0n);
    expect(told).toEqual([expect.objectContaining({ type: 'refusal', ...event })]);
    expect(describeRefusal(told[0] as never as RefusalEvent)).toBe(words);
    expect(buffer.stats()).toMatchObject({ packets: 100, packetsPlaced: 0 });
    const { reason } = event as RefusalEvent;
    expect(buffer.stats().packetsRejected).toMatchObject({ [reason]: 100 });
  });

  it('are told again where another cause lasts, and not for ever', () => {
    const { buffer, of } = jitterBufferWith();
    const values = () => of('refusal').map((event) => (event as never as RefusalEvent).value);
    const send = (payloadType: number, count: number) => {
      for (const datagram of packetsOf({ frames: 48 }, count, { payloadType })) buffer.receive(datagram, 0n);
    };
    send(33, 1);
    for (let i = 0; i < 10; i++) {
      send(97, 2);
      send(98, 2);
    }
    expect(values()).toEqual([33]);
    send(97, 3);
    send(33, 3);
    expect(values()).toEqual([33, 97]);
    for (let payloadType = 100; payloadType < 127; payloadType++) send(payloadType, 10);
    expect(values()).toEqual([33, 97, 100, 101]);
  });

  it('give no advice that would take a stream away which is heard', () => {
    const { buffer, of } = jitterBufferWith();
    for (const datagram of packetsOf({ frames: 48 }, 10)) buffer.receive(datagram, 0n);
    // Events of a telephone (RFC 4733) beside the audio.
    const events = packetsOf({ frames: 1 }, 10, { payloadType: 101 });
    for (const datagram of events) buffer.receive(datagram, 0n);
    expect(of('refusal')).toMatchObject([
      { came: 'payload type 101', expected: '96', option: undefined, value: undefined },
    ]);
    // Behind a silence it may be what the sender has become.
    buffer.settle();
    for (const datagram of events) buffer.receive(datagram, 0n);
    expect(of('refusal')).toMatchObject([{ option: undefined }, { option: 'payloadType', value: 101 }]);
  });

  it('since they are RTCP are counted, and no mistake', () => {
    const { buffer, told } = jitterBufferWith();
    for (let type = 200; type <= 204; type++)
      buffer.receive(Uint8Array.of(0x80, type, 0, 6, ...Array(24).fill(1)), 0n);
    expect(buffer.stats().packetsRejected).toMatchObject({ rtcp: 5, 'payload-type': 0 });
    expect(told).toEqual([]);
  });

  it('are told no more once the jitter buffer is closed', () => {
    const { buffer, told } = jitterBufferWith();
    buffer.close();
    for (const datagram of packetsOf({ frames: 48 }, 3, { payloadType: 97 })) buffer.receive(datagram, 0n);
    expect(told).toEqual([]);
  });
});
