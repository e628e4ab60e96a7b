// Streams as they come in the field: described wrongly, with clocks of their own, with pauses, with numbers that stand still.
import { describe, expect, it } from 'vitest';
import { jitterBufferWith, packetsOf } from '../../support/jitter-buffer-with.js';
import {
  datagram,
  expectedSamples,
  expectSamples,
  Recording,
  stream,
  type TestPacket,
} from '../../support/rtp-stream.js';

function receiveAll(
  buffer: ReturnType<typeof jitterBufferWith>['buffer'],
  datagrams: readonly Uint8Array[],
): void {
  for (const packet of datagrams) buffer.receive(packet, 0n);
}

describe('A stream that is described wrongly', () => {
  it.each([
    ['2 channels, sent 8', { encoding: 'L24', channels: 2 }, { encoding: 'L24', channels: 8 }, [192, 48]],
    ['2 channels, sent 1', { encoding: 'L24', channels: 2 }, { encoding: 'L24', channels: 1 }, [24, 48]],
    ['1 channel, sent 2', { encoding: 'L16', channels: 1 }, { encoding: 'L16', channels: 2 }, [96, 48]],
    ['L16, sent L24', { encoding: 'L16', channels: 2 }, { encoding: 'L24', channels: 2 }, [72, 48]],
    ['L24, sent L16', { encoding: 'L24', channels: 2 }, { encoding: 'L16', channels: 2 }, [32, 48]],
    ['31 channels, sent 32', { encoding: 'L16', channels: 31 }, { encoding: 'L16', channels: 32 }, [32, 31]],
  ] as const)('as %s says so once, and what it is', (_, described, sent, [packetFrames, timestampFrames]) => {
    const { buffer, of } = jitterBufferWith(described);
    const frames = sent.channels === 32 ? 31 : 48;
    receiveAll(buffer, packetsOf({ ...sent, frames }, 51));
    expect(of('contradiction')).toMatchObject([
      { what: 'length', packetFrames, timestampFrames, fits: expect.arrayContaining([sent]) },
    ]);
    receiveAll(buffer, packetsOf({ ...sent, frames }, 500, { from: 51 }));
    expect(of('contradiction')).toHaveLength(1);
    const { framesCut, framesSkipped, framesLost } = buffer.stats();
    // Of the last packet all is written.
    expect(framesCut).toBe(550 * Math.max(0, packetFrames - timestampFrames));
    expect(framesSkipped).toBe(550 * Math.max(0, timestampFrames - packetFrames));
    expect(framesLost).toBe(0);
  });

  it('names what fits best first', () => {
    const { buffer, of } = jitterBufferWith();
    receiveAll(buffer, packetsOf({ encoding: 'L24', frames: 48 }, 60));
    expect(of('contradiction')).toMatchObject([
      {
        fits: [
          { encoding: 'L24', channels: 2 },
          { encoding: 'L16', channels: 3 },
        ],
      },
    ]);
  });

  it('is not believed of a few packets, of losses, of pauses, or of a packet that is shorter', () => {
    const { buffer, of } = jitterBufferWith();
    const all = packetsOf({ frames: 48 }, 2000);
    receiveAll(buffer, packetsOf({ encoding: 'L24', frames: 48 }, 50));
    receiveAll(
      buffer,
      all.filter((_, i) => i >= 50 && i % 3 !== 1),
    );
    for (let i = 0; i < 200; i++) {
      const frames = i % 2 === 0 ? 48 : 24;
      receiveAll(
        buffer,
        packetsOf({ frames, step: 0 }, 1, { sequence: 2000 + i, timestamp: 96_000 + 48 * i }),
      );
    }
    expect(of('contradiction')).toEqual([]);
  });
});

describe('A clock that counts otherwise', () => {
  it.each([
    ['samples of all channels', 1920],
    ['8 kHz of 48', 160],
  ])('%s, in packets of 20 ms, has its frames by timestamp, and the rest counted and said', (_, step) => {
    const { buffer, of } = jitterBufferWith();
    receiveAll(buffer, packetsOf({ frames: 960, step }, 100));
    expect(of('contradiction')).toMatchObject([{ what: 'length', packetFrames: 960, timestampFrames: step }]);
    expect(buffer.stats()).toMatchObject({
      ...{ framesLost: 0, gaps: 0, streams: 1, packetsPlaced: 100, packetsLate: 0 },
      framesCut: 99 * Math.max(0, 960 - step),
      framesSkipped: 99 * Math.max(0, step - 960),
      framesDelivered: 99 * step + 960,
    });
  });

  it('one frame less than a packet holds is exact, with what is cut off counted, and no contradiction', () => {
    const { buffer, of } = jitterBufferWith();
    receiveAll(buffer, packetsOf({ frames: 295, step: 294 }, 240));
    expect(of('contradiction')).toEqual([]);
    expect(buffer.stats()).toMatchObject({
      ...{ framesDelivered: 240 * 294 + 1, framesReceived: 240 * 294 + 1, framesCut: 239, framesLost: 0 },
    });
  });
});

describe('A pause with consecutive sequence numbers', () => {
  const packets = stream(20);
  const shift = (list: readonly TestPacket[], frames: number) =>
    list.map((packet) => ({ ...packet, timestamp: packet.timestamp + frames }));

  it.each([
    ['a frame', 1],
    ['40 ms', 1920],
    ['the longest gap', 48_000],
  ])('of %s is filled at once, and called a discontinuity', (_, frames) => {
    const recording = new Recording();
    const { buffer, told } = jitterBufferWith({
      channels: 1,
      format: 'S16_BE',
      sink: recording,
      fill: 'repeat',
    });
    const sent = [...packets.slice(0, 10), ...shift(packets.slice(10), frames)];
    for (const [i, packet] of sent.entries()) {
      expect(buffer.receive(datagram(packet), 0n), `packet ${i}`).toBe('delivered');
    }
    expect(buffer.deadline).toBeUndefined();
    // It is silence, whatever stands for losses.
    expectSamples(recording.samples, expectedSamples(sent));
    expect(told.slice(1)).toEqual([{ type: 'discontinuity', timestamp: 480, frames }]);
    expect(buffer.stats()).toMatchObject({
      ...{ framesSkipped: frames, discontinuities: 1, framesLost: 0, gaps: 0, streams: 1 },
      framesDelivered: 20 * 48 + frames,
    });
  });

  it('is one also behind a loss, and a loss is one also behind a pause', () => {
    const recording = new Recording();
    const { buffer, told } = jitterBufferWith({
      ...({ channels: 1, format: 'S16_BE', sink: recording, reorderPackets: 2 } as const),
    });
    const paused = [...packets.slice(0, 10), ...shift(packets.slice(10), 480)];
    const sent = paused.filter((_, i) => i !== 8 && i !== 12);
    for (const packet of sent) buffer.receive(datagram(packet), 0n);
    buffer.flush();
    expectSamples(recording.samples, expectedSamples(sent));
    expect(told.slice(1)).toEqual([
      { type: 'loss', timestamp: 384, frames: 48 },
      { type: 'discontinuity', timestamp: 480, frames: 480 },
      { type: 'loss', timestamp: 480 + 480 + 96, frames: 48 },
    ]);
  });

  it('is none where the packets between are only late', () => {
    const recording = new Recording();
    const { buffer, told } = jitterBufferWith({ channels: 1, format: 'S16_BE', sink: recording });
    for (const i of [0, 1, 4, 3, 2, 5]) buffer.receive(datagram(packets[i] as TestPacket), 0n);
    expectSamples(recording.samples, expectedSamples(packets.slice(0, 6)));
    expect(told).toHaveLength(1);
  });

  it('longer than the longest gap begins the stream anew', () => {
    const { buffer, told } = jitterBufferWith({ channels: 1 });
    const sent = [...packets.slice(0, 10), ...shift(packets.slice(10), 48_001)];
    for (const packet of sent) buffer.receive(datagram(packet), 0n);
    expect(told.map(({ type }) => type)).toEqual(['stream', 'stream']);
    expect(buffer.stats()).toMatchObject({ framesDelivered: 20 * 48, framesSkipped: 0 });
  });
});

describe('Sequence numbers that stand still', () => {
  const standing = (list: readonly TestPacket[]) => list.map((packet) => ({ ...packet, sequence: 7 }));

  it.each([1, 40])(
    'cost what is lost, %d packets, and not what comes after; and are told once',
    (missing) => {
      const recording = new Recording();
      const { buffer, of } = jitterBufferWith({ channels: 1, format: 'S16_BE', sink: recording });
      const packets = standing(stream(400));
      const sent = packets.filter((_, i) => i < 100 || i >= 100 + missing);
      for (const packet of sent) buffer.receive(datagram(packet), 0n);
      buffer.flush();
      expectSamples(recording.samples, expectedSamples(sent));
      expect(of('contradiction')).toMatchObject([
        { what: 'sequence', packetFrames: 48, timestampFrames: 48 },
      ]);
      expect(buffer.stats()).toMatchObject({ streams: 1, packetsStray: 0, framesLost: missing * 48 });
    },
  );

  it('count again as soon as they move', () => {
    const { buffer, of } = jitterBufferWith({ channels: 1 });
    const packets = stream(200);
    for (const packet of [...standing(packets.slice(0, 100)), ...packets.slice(100)]) {
      buffer.receive(datagram(packet), 0n);
    }
    // A sequence number that contradicts is a suspect again.
    expect(
      buffer.receive(datagram({ ...(packets[199] as TestPacket), sequence: 3, timestamp: 99_999 }), 0n),
    ).toBe('unconfirmed');
    expect(of('stream')).toHaveLength(1);
  });
});
