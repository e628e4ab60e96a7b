import { describe, expect, it } from 'vitest';
import { JitterBuffer, type JitterBufferOptions, type StreamStartEvent } from '../../../lib/rtp/index.js';
import { memoryHeld } from '../../support/memory-held.js';
import {
  datagram,
  expectedSamples,
  expectSamples,
  generator,
  hostileDatagrams,
  PACKET_FRAMES,
  payloadAt,
  RATE,
  Recording,
  stream,
} from '../../support/rtp-stream.js';

const MILLION = 1_000_000;
const FRAME_BYTES = 4;

/** A jitter buffer whose frames are counted, and a second count made from the timestamps it tells. */
function audited(options: Partial<JitterBufferOptions> = {}) {
  let bytes = 0;
  let ended = 0;
  let current: StreamStartEvent | undefined;
  const buffer = new JitterBuffer({
    encoding: 'L16',
    rate: RATE,
    channels: 2,
    payloadType: 96,
    sink: {
      write: (chunk) => {
        bytes += chunk.length;
      },
    },
    onStream: (event) => {
      if (current && event.previous) ended += distance(current.timestamp, event.previous.timestamp);
      current = event;
    },
    ...options,
  });
  return {
    buffer,
    written: () => bytes / FRAME_BYTES,
    byTimestamp: () => ended + distance(current?.timestamp ?? 0, buffer.position?.timestamp ?? 0),
  };
}

function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}

describe('a million hostile packets', () => {
  it('crash nothing, keep no memory, and leave frames delivered = frames by timestamp', {
    timeout: 60_000,
  }, () => {
    const { buffer, written, byTimestamp } = audited();
    const next = hostileDatagrams(6);
    let arrival = 0n;
    let mostHeld = 0;
    let before = 0;
    for (let i = 0; i < MILLION; i++) {
      buffer.receive(next(), arrival);
      arrival += 50_000n;
      if (i % 10_000 === 0) {
        const { framesDelivered, framesWaiting } = buffer.stats();
        mostHeld = Math.max(mostHeld, framesWaiting);
        expect(framesDelivered).toBe(written());
        expect(framesDelivered).toBe(byTimestamp());
      }
      if (i === MILLION / 10) before = memoryHeld();
    }
    const grown = memoryHeld() - before;
    const stats = buffer.stats();
    expect(stats.framesDelivered).toBe(written());
    expect(stats.framesDelivered).toBe(byTimestamp());
    expect(stats.framesDelivered).toBe(stats.framesReceived + stats.framesLost);
    expect(stats.packets).toBe(MILLION);
    // Eight waiting packets of 64 KiB at the very most.
    expect(mostHeld).toBeLessThanOrEqual((9 * 65_535) / FRAME_BYTES);
    expect(grown).toBeLessThan(4 * 2 ** 20);
    for (const [reason, count] of Object.entries(stats.packetsRejected)) {
      if (reason !== 'source' && reason !== 'clock') expect(count, reason).toBeGreaterThan(0);
    }
  });

  it('of other sources do not displace a frame of the stream they surround', { timeout: 60_000 }, () => {
    const recording = new Recording();
    const buffer = new JitterBuffer({
      encoding: 'L16',
      format: 'S16_BE',
      rate: RATE,
      channels: 1,
      payloadType: 96,
      sink: recording,
    });
    const random = generator(7);
    const packets = stream(2000, { timestamp: 2 ** 32 - 48_000, sequence: 65_000, ssrc: 99 });
    const foreign = payloadAt(0);
    for (const packet of packets) {
      buffer.receive(datagram(packet), 0n);
      for (let i = 0; i < 50; i++) {
        buffer.push(
          {
            payloadType: 96,
            marker: false,
            sequence: random(65_536),
            timestamp: random(2 ** 32),
            ssrc: random(2) ? random(2 ** 32) : 99,
            payload: foreign,
          },
          0n,
        );
      }
    }
    buffer.flush();
    const { samples } = recording;
    expectSamples(samples, expectedSamples(packets));
    expect(buffer.stats()).toMatchObject({ streams: 1, framesReceived: 2000 * PACKET_FRAMES, framesLost: 0 });
  });
});
