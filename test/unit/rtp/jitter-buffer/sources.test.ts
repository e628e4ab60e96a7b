// Which sender is heard, where several send to one port.
import { describe, expect, it } from 'vitest';
import { jitterBufferWith, packetsOf } from '../../../support/jitter-buffer-with.js';
import {
  datagram,
  expectedSamples,
  expectSamples,
  generator,
  Recording,
  shuffled,
  stream,
} from '../../../support/rtp-stream.js';

const MS = 1_000_000n;
const [A, B, C] = ['10.0.0.1:5004', '10.0.0.2:5004', '10.0.0.1:5006'] as const;

/** Sends a packet of each that is alive, each millisecond from `from` to `to`, and lets time pass. */
function run(
  buffer: ReturnType<typeof jitterBufferWith>['buffer'],
  from: number,
  to: number,
  senders: readonly {
    readonly origin: string;
    readonly ssrc: number;
    readonly away?: readonly [number, number];
  }[],
): void {
  for (let at = from; at < to; at++) {
    const now = BigInt(at) * MS;
    buffer.expire(now);
    for (const { origin, ssrc, away: [left, back] = [0, 0] } of senders) {
      if (at >= left && at < back) continue;
      const [packet] = packetsOf({ frames: 48 }, 1, { from: at, ssrc }) as [Uint8Array];
      buffer.receive(packet, now, origin);
    }
  }
}

describe('A stream that pauses while another source sends', () => {
  const both = (away: readonly [number, number]) => [
    { origin: A, ssrc: 1, away },
    { origin: B, ssrc: 2 },
  ];

  it.each([22, 150, 198])('for %d ms is still the one that is heard', (pause) => {
    const { buffer, of } = jitterBufferWith();
    run(buffer, 0, 1000, both([300, 300 + pause]));
    expect(of('stream')).toMatchObject([{ reason: 'first', ssrc: 1 }]);
    expect(buffer.position?.ssrc).toBe(1);
    expect(buffer.stats()).toMatchObject({ streams: 1, framesLost: pause * 48 });
  });

  it('for 250 ms has handed over after 200, and nothing of the other one is missing from then on', () => {
    const { buffer, of } = jitterBufferWith();
    run(buffer, 0, 1000, both([300, 550]));
    expect(of('stream')).toMatchObject([{ ssrc: 1 }, { reason: 'ssrc', ssrc: 2, timestamp: 299 * 48 }]);
    // Its packet of the last millisecond of the first one is heard, too.
    expect(buffer.stats()).toMatchObject({ framesLost: 0, framesDelivered: 1001 * 48 });
  });

  it.each([
    [0, 4],
    [50, 50],
    [1000, 1000],
  ])('has handed over after what was set, %d ms, or four packets', (takeoverMs, time) => {
    for (const [length, expected] of [
      [time - 2, 1],
      [time + 1, 2],
    ] as const) {
      const { buffer } = jitterBufferWith({ takeoverMs });
      run(buffer, 0, 2000, both([300, 300 + length]));
      expect(buffer.stats().streams, `${length} ms`).toBe(expected);
    }
  });

  it('is told of the other one, once, with the option that chooses', () => {
    const { buffer, of } = jitterBufferWith();
    run(buffer, 0, 1000, [
      { origin: A, ssrc: 1, away: [300, 322] },
      { origin: B, ssrc: 2 },
    ]);
    expect(of('refusal')).toEqual([
      {
        type: 'refusal',
        reason: 'rival',
        option: 'ssrc',
        value: 2,
        came: `source 0x00000002 from ${B}`,
        expected: `source 0x00000001 from ${A}`,
      },
    ]);
    expect(buffer.stats().packetsStray).toBeGreaterThan(900);
  });
});

describe('A sender that begins anew as another source', () => {
  const gone = { origin: A, ssrc: 1, away: [300, 10_000] } as const;
  const anew = { origin: A, ssrc: 2, away: [0, 310] } as const;
  /** Three packets of a source, which then says nothing more. */
  const burst = (
    buffer: ReturnType<typeof jitterBufferWith>['buffer'],
    at: number,
    ssrc: number,
    from = 5000,
  ) => {
    for (const packet of packetsOf({ frames: 48 }, 3, {
      from,
      ssrc,
      payload: new Uint8Array(192).fill(9),
    }))
      buffer.receive(packet, BigInt(at) * MS, B);
  };
  const written: number[] = [];
  const sink = { write: (bytes: Uint8Array) => written.push(bytes[0] as number) };
  /** How long after its first packet it is heard, and that all of it is, and nothing else. */
  const heardAfter = (
    bursts: readonly (readonly [at: number, ssrc: number, from?: number])[],
    to = 700,
  ): number => {
    written.length = 0;
    const { buffer, of } = jitterBufferWith({ sink });
    let heard = Number.NaN;
    for (let at = 0; at < to; at++) {
      run(buffer, at, at + 1, [gone, anew]);
      for (const [when, ssrc, from] of bursts) if (when === at) burst(buffer, at, ssrc, from);
      if (Number.isNaN(heard) && buffer.position?.ssrc === 2) heard = at - 310;
    }
    expect(of('stream')).toMatchObject([{ ssrc: 1 }, { ssrc: 2, timestamp: 310 * 48 }]);
    expect(written.every((byte) => byte === 7)).toBe(true);
    expect(buffer.stats().framesReceived).toBe((300 + to - 310) * 48);
    return heard;
  };

  it('is heard after 200 ms', () => {
    expect(heardAfter([])).toBe(200);
  });

  it.each([
    ['one', [[302, 66]]],
    ['one at the same time', [[310, 66]]],
    ['one that stops later', [302, 306, 310, 314, 480].map((at, i) => [at, 66, 5000 + 3 * i])],
    ['several', [302, 303, 304, 305, 306, 307].map((at, i) => [at, 60 + i])],
    ['one again and again', Array.from({ length: 30 }, (_, i) => [302 + 10 * i, 66 + i])],
  ] as const)('is kept away no longer by packets of others that say nothing more: %s', (_, bursts) => {
    expect(heardAfter(bursts as [number, number][])).toBe(200);
  });

  it('is kept away up to its next packet by one that sends when its turn has come', () => {
    expect(heardAfter([[509, 66]])).toBeLessThanOrEqual(201);
  });

  it('is heard after one that came before it and has not stopped', () => {
    const { buffer, of } = jitterBufferWith();
    run(buffer, 0, 1000, [gone, { origin: B, ssrc: 3, away: [0, 305] }, anew]);
    expect(of('stream')).toMatchObject([{ ssrc: 1 }, { ssrc: 3, timestamp: 305 * 48 }]);
  });

  it('is heard whole though it stops before its turn, where nobody else sends', () => {
    const { buffer, of } = jitterBufferWith();
    run(buffer, 0, 320, [gone, anew]);
    run(buffer, 320, 1000, [gone]);
    expect(of('stream')).toMatchObject([{ ssrc: 1 }, { ssrc: 2, timestamp: 310 * 48 }]);
    expect(buffer.stats()).toMatchObject({ framesDelivered: 310 * 48, packetsStray: 0 });
  });

  /** Sends so many packets of sources that were forged, `each` with so many, between those of the new sender. */
  const flood = (count: number, each: number) => {
    const { buffer, of } = jitterBufferWith();
    for (let at = 0; at < 700; at++) {
      run(buffer, at, at + 1, [gone, anew]);
      for (let i = 0; i < count; i++) {
        const n = count * at + i;
        const [packet] = packetsOf({ frames: 48 }, 1, { ssrc: 1000 + Math.floor(n / each), from: n });
        buffer.receive(packet as Uint8Array, BigInt(at) * MS, B);
      }
    }
    return { of, ...buffer.stats() };
  };

  it.each([3, 4, 60])('is not kept away by %d packets of forged sources for each of its own', (count) => {
    for (const each of [1, 2]) {
      const { of, packets, packetsPlaced, packetsStray } = flood(count, each);
      expect(of('stream')).toMatchObject([{ ssrc: 1 }, { ssrc: 2, timestamp: 310 * 48 }]);
      // So many are kept at a time.
      expect(packets - packetsPlaced - packetsStray).toBeLessThanOrEqual(64 * each);
    }
  });

  it('is not kept away by forged sources of which enough packets agree', () => {
    const { of } = flood(9, 3);
    expect(of('stream').slice(0, 1)).toMatchObject([{ ssrc: 1 }]);
    expect(of('stream')).toContainEqual(expect.objectContaining({ ssrc: 2, timestamp: 310 * 48 }));
  });
});

describe('Two senders with one source identifier', () => {
  it('in bursts of four are one stream, of the transport address that was there first', () => {
    for (const other of [B, C]) {
      const { buffer, of } = jitterBufferWith();
      const first = packetsOf({ frames: 48 }, 400);
      const second = packetsOf({ frames: 48 }, 400, { from: 20_000 });
      for (let at = 0; at < 400; at += 4) {
        const now = BigInt(at) * MS;
        buffer.expire(now);
        for (const packet of first.slice(at, at + 4)) buffer.receive(packet, now, A);
        for (const packet of second.slice(at, at + 4)) buffer.receive(packet, now, other);
      }
      expect(of('stream')).toHaveLength(1);
      expect(buffer.stats()).toMatchObject({ framesReceived: 400 * 48, framesDelivered: 400 * 48 });
      // All but the last burst, which is kept yet.
      expect(buffer.stats().packetsStray).toBe(396);
      expect(of('refusal')).toMatchObject([{ reason: 'rival', option: 'sources' }]);
    }
  });

  it('follow each other when the first one has ended, also from another port of its address', () => {
    const { buffer, of } = jitterBufferWith();
    run(buffer, 0, 100, [{ origin: A, ssrc: 1 }]);
    // A process that was started anew: its sequence numbers and timestamps begin elsewhere.
    for (let at = 100; at < 400; at++) {
      const now = BigInt(at) * MS;
      buffer.expire(now);
      buffer.receive(packetsOf({ frames: 48 }, 1, { from: 5000 + at })[0] as Uint8Array, now, C);
    }
    expect(of('stream')).toMatchObject([{ reason: 'first' }, { reason: 'timestamp', timestamp: 5100 * 48 }]);
    expect(buffer.stats()).toMatchObject({ framesReceived: 400 * 48, framesLost: 0, packetsStray: 0 });
  });
});

describe('The two ways of one stream', () => {
  const packets = stream(400, { sequence: 65_400, timestamp: 2 ** 32 - 4800 });

  it.each([
    ['together', 0],
    ['the second one 8 packets behind', 8],
    ['the second one 200 packets behind', 200],
    ['the second one 5 packets ahead', -5],
  ])('are placed once, %s, and each makes up for what the other one loses', (_, skew) => {
    const recording = new Recording();
    const { buffer, of } = jitterBufferWith({ channels: 1, format: 'S16_BE', sink: recording });
    const random = generator(5);
    const received = new Set<number>();
    for (let at = 0; at < 800; at++) {
      for (const [origin, index] of [
        [A, at],
        [B, at - skew],
      ] as const) {
        const packet = packets[index];
        // Each loses a tenth, never both the same one within the window of reordering.
        if (!packet || (index > 0 && random(10) === 0)) continue;
        received.add(index);
        buffer.receive(datagram(packet), BigInt(at) * MS, origin);
      }
    }
    buffer.flush();
    expect(of('stream')).toHaveLength(1);
    expect(buffer.stats().packetsStray).toBe(0);
    if (Math.abs(skew) < 8) {
      const all = [...received].sort((a, b) => a - b).map((index) => packets[index] as (typeof packets)[0]);
      expectSamples(recording.samples, expectedSamples(all));
    }
    expect(buffer.stats().packets).toBe(
      buffer.stats().packetsPlaced + buffer.stats().packetsDuplicate + buffer.stats().packetsLate,
    );
  });

  it('go on as one when the first one ends', () => {
    const recording = new Recording();
    const { buffer, of } = jitterBufferWith({ channels: 1, format: 'S16_BE', sink: recording });
    for (const [i, packet] of packets.entries()) {
      if (i < 100) buffer.receive(datagram(packet), BigInt(i) * MS, A);
      buffer.receive(datagram(packet), BigInt(i) * MS, B);
    }
    expectSamples(recording.samples, expectedSamples(packets));
    expect(of('stream')).toHaveLength(1);
    expect(buffer.stats()).toMatchObject({ packetsDuplicate: 100, packetsStray: 0, framesLost: 0 });
  });

  it('are overtaken and doubled like the packets of one', () => {
    const recording = new Recording();
    const { buffer } = jitterBufferWith({ channels: 1, format: 'S16_BE', sink: recording });
    const random = generator(6);
    const arriving = shuffled(packets, 3, random).flatMap((packet) => [
      [packet, A] as const,
      [packet, B] as const,
    ]);
    for (const [packet, origin] of arriving) buffer.receive(datagram(packet), 0n, origin);
    buffer.flush();
    expectSamples(recording.samples, expectedSamples(packets));
    expect(buffer.stats()).toMatchObject({ packetsDuplicate: 400, packetsStray: 0, streams: 1 });
  });
});
