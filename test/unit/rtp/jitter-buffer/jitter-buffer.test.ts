import { describe, expect, it } from 'vitest';
import {
  JitterBuffer,
  type JitterBufferOptions,
  type LossEvent,
  type StreamStartEvent,
} from '../../../../lib/rtp/index.js';
import {
  datagram,
  expectedSamples,
  expectSamples,
  generator,
  PACKET_FRAMES,
  payloadAt,
  RATE,
  Recording,
  sampleAt,
  shuffled,
  stream,
  type TestPacket,
} from '../../../support/rtp-stream.js';

function jitterBufferFor(options: Partial<JitterBufferOptions> = {}) {
  const recording = new Recording();
  const streams: StreamStartEvent[] = [];
  const losses: LossEvent[] = [];
  const buffer = new JitterBuffer({
    encoding: 'L16',
    format: 'S16_BE',
    rate: RATE,
    channels: 1,
    payloadType: 96,
    takeoverMs: 20,
    sink: recording,
    onStream: (event) => streams.push(event),
    onLoss: (event) => losses.push(event),
    ...options,
  });
  const send = (packets: readonly TestPacket[], arrival = 0n) =>
    packets.map((packet) => buffer.receive(datagram(packet), arrival));
  let now = 0n;
  /** Lets time pass, as a receiver does. */
  const wait = (milliseconds: number) => {
    now += BigInt(milliseconds * 1e6);
    buffer.expire(now);
  };
  /** Sends a packet each millisecond, as long as it is. */
  const pace = (packets: readonly TestPacket[]) =>
    packets.flatMap((packet) => {
      wait(1);
      return send([packet], now);
    });
  return { buffer, recording, streams, losses, send, pace, wait };
}

describe('a packet in order', () => {
  it('is written at once', () => {
    const { recording, send, buffer } = jitterBufferFor();
    const packets = stream(3);
    for (let i = 0; i < 3; i++) {
      expect(send(packets.slice(i, i + 1))).toEqual(['delivered']);
      expectSamples(recording.samples, expectedSamples(packets.slice(0, i + 1)));
    }
    expect(buffer.stats()).toMatchObject({
      packets: 3,
      packetsPlaced: 3,
      framesDelivered: 144,
      streams: 1,
      gaps: 0,
    });
  });

  it('may have any length', () => {
    const random = generator(3);
    const { recording, send } = jitterBufferFor();
    const packets = stream(200, { frames: () => 1 + random(480) });
    send(packets);
    expectSamples(recording.samples, expectedSamples(packets));
  });

  it('is found behind contributing sources, extensions and padding', () => {
    const { recording, buffer } = jitterBufferFor();
    const packets = stream(8);
    for (const packet of packets) {
      const more = { csrcs: [1, 2], extension: { profile: 9, data: new Uint8Array(12) }, padding: 3 };
      buffer.receive(datagram(packet, more), 0n);
    }
    expectSamples(recording.samples, expectedSamples(packets));
  });
});

describe('a packet that is missing', () => {
  it('is waited for, and then written before those that came', () => {
    const { recording, send } = jitterBufferFor();
    const packets = stream(5) as [TestPacket, TestPacket, TestPacket, TestPacket, TestPacket];
    expect(send([packets[0], packets[2], packets[3]])).toEqual(['delivered', 'held', 'held']);
    expectSamples(recording.samples, expectedSamples([packets[0]]));
    expect(send([packets[1]])).toEqual(['delivered']);
    expectSamples(recording.samples, expectedSamples(packets.slice(0, 4)));
  });

  it('is filled in when more packets wait than the window holds, and is late afterwards', () => {
    const { recording, send, buffer, losses } = jitterBufferFor({ reorderPackets: 3 });
    const packets = stream(6);
    const missing = packets[1] as TestPacket;
    const received = packets.filter((packet) => packet !== missing);
    expect(send(received)).toEqual(['delivered', 'held', 'held', 'held', 'delivered']);
    expectSamples(recording.samples, expectedSamples(received));
    expect(losses).toEqual([{ timestamp: missing.timestamp, frames: PACKET_FRAMES }]);
    expect(send([missing])).toEqual(['late']);
    expect(buffer.stats()).toMatchObject({
      framesLost: PACKET_FRAMES,
      packetsLate: 1,
      packetsDuplicate: 0,
      gaps: 1,
    });
    expect(recording.samples.length).toBe(6 * PACKET_FRAMES);
  });

  it('is filled in when a later one waited long enough', () => {
    const { recording, send, buffer } = jitterBufferFor({ reorderMs: 0.005 });
    const packets = stream(3) as [TestPacket, TestPacket, TestPacket];
    send([packets[0]], 1_000n);
    expect(buffer.deadline).toBeUndefined();
    send([packets[2]], 2_000n);
    expect(buffer.deadline).toBe(7_000n);
    buffer.expire(6_999n);
    expect(buffer.stats().framesWaiting).toBe(PACKET_FRAMES);
    buffer.expire(7_000n);
    expect(buffer.deadline).toBeUndefined();
    expectSamples(recording.samples, expectedSamples([packets[0], packets[2]]));
  });

  it('is in time whenever it is pushed, as long as nobody has given it up', () => {
    const { recording, send, buffer } = jitterBufferFor({ reorderMs: 0.005 });
    const packets = stream(3) as [TestPacket, TestPacket, TestPacket];
    send([packets[0], packets[2]], 1_000n);
    // It arrived before, and was read late.
    expect(send([packets[1]], 1_000_000n)).toEqual(['delivered']);
    buffer.expire(1_000_000n);
    expectSamples(recording.samples, expectedSamples(packets));
    expect(buffer.stats()).toMatchObject({ packetsReordered: 1, packetsLate: 0, framesLost: 0 });
  });

  it('is filled in at once where the window is nothing', () => {
    const { recording, send } = jitterBufferFor({ reorderPackets: 0 });
    const packets = stream(4).filter((_, i) => i !== 2);
    expect(send(packets)).toEqual(['delivered', 'delivered', 'delivered']);
    expectSamples(recording.samples, expectedSamples(packets));
  });

  it('is filled with the packet before it, for 20 ms, where that is wanted', () => {
    const { recording, send, buffer } = jitterBufferFor({ fill: 'repeat' });
    const packets = stream(60) as TestPacket[];
    send([packets[0] as TestPacket, ...packets.slice(40)]);
    buffer.flush();
    const { samples } = recording;
    const repeated = RATE / 50;
    for (let i = 0; i < 40 * PACKET_FRAMES; i++) {
      const expected = i < PACKET_FRAMES + repeated ? sampleAt(i % PACKET_FRAMES) : 0;
      if (samples[i] !== expected) expect.fail(`frame ${i} is ${samples[i]}, not ${expected}`);
    }
    expect(samples.subarray(40 * PACKET_FRAMES)).toEqual(expectedSamples(packets.slice(40)));
  });
});

describe('a sink', () => {
  it('may take fill apart from frames that came', () => {
    const came = new Recording();
    const filled = new Recording();
    const sink = {
      write: (bytes: Uint8Array) => came.write(bytes),
      writeFill: (bytes: Uint8Array) => filled.write(bytes),
    };
    const { send, buffer } = jitterBufferFor({ sink });
    const packets = stream(20);
    const received = [...packets.slice(0, 5), ...packets.slice(8)];
    send(received);
    buffer.conceal(10);
    expect([...came.samples]).toEqual(received.flatMap((packet) => [...expectedSamples([packet])]));
    expect([...filled.samples]).toEqual(Array(3 * PACKET_FRAMES + 10).fill(0));
    expect(buffer.stats()).toMatchObject({
      framesDelivered: 20 * PACKET_FRAMES + 10,
      framesLost: 3 * PACKET_FRAMES,
    });
  });
});

describe('frames delivered', () => {
  it('are the frames by timestamp, whatever is lost, doubled and overtaken within the window', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = generator(seed);
      // Sequence number and timestamp wrap on the way.
      const packets = stream(400, { sequence: 65_400, timestamp: 2 ** 32 - 100 * PACKET_FRAMES, ssrc: seed });
      const received = packets.filter((_, i) => i === 0 || random(100) >= 20);
      const doubled = received.flatMap((packet) => (random(100) < 10 ? [packet, packet] : [packet]));
      const { recording, buffer, send } = jitterBufferFor();
      send(shuffled(doubled, 6, random));
      buffer.flush();
      expectSamples(recording.samples, expectedSamples(received), `seed ${seed}`);
      const { framesLost, framesReceived, ...stats } = buffer.stats();
      expect(framesReceived).toBe(received.length * PACKET_FRAMES);
      expect(framesReceived + framesLost).toBe(recording.samples.length);
      expect(stats).toMatchObject({
        packets: doubled.length,
        packetsPlaced: received.length,
        packetsDuplicate: doubled.length - received.length,
        packetsLate: 0,
        packetsStray: 0,
        streams: 1,
      });
    }
  });

  it('are the frames by timestamp through bursts of losses up to the longest gap', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = generator(seed);
      const packets = stream(5000, { timestamp: 2 ** 32 - 70_000, sequence: 65_000 });
      const received: TestPacket[] = [];
      for (let i = 0; i < packets.length - 10; i += random(1000)) {
        for (let burst = 5 + random(200); burst > 0 && i < packets.length - 10; burst--)
          received.push(packets[i++] as TestPacket);
      }
      received.push(...packets.slice(-10));
      const { recording, send, streams } = jitterBufferFor();
      send(received);
      expectSamples(recording.samples, expectedSamples(received), `seed ${seed}`);
      expect(streams.length).toBe(1);
    }
  });

  it('never move, though packets are overtaken by far more than the window', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = generator(seed);
      const timestamp = random(2 ** 32);
      const packets = stream(1000, { timestamp, sequence: random(65_536), frames: () => 1 + random(96) });
      const arriving = shuffled(packets, 40, random).flatMap((packet) =>
        random(10) === 0 ? [] : random(10) === 0 ? [packet, packet] : [packet],
      );
      const [first] = arriving;
      const { recording, buffer, send, streams } = jitterBufferFor();
      send(arriving);
      buffer.flush();
      const { samples } = recording;
      for (let i = 0; i < samples.length; i++) {
        const expected = sampleAt(((first?.timestamp ?? 0) + i) >>> 0);
        if (samples[i] !== 0 && samples[i] !== expected)
          expect.fail(`seed ${seed}: frame ${i} is out of place`);
      }
      const { position } = buffer;
      const stats = buffer.stats();
      expect(streams.length).toBe(1);
      expect(samples.length).toBe(((position?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0);
      expect(stats.framesDelivered).toBe(samples.length);
      expect(stats.framesReceived).toBe(samples.filter((sample) => sample !== 0).length);
    }
  });

  it('survive 30 wraps of the sequence number and one of the timestamp', () => {
    let frames = 0;
    const { buffer } = jitterBufferFor({
      sink: {
        write: (bytes) => {
          frames += bytes.length / 2;
        },
      },
    });
    const count = 30 * 65_536;
    const payload = payloadAt(0, 1);
    let timestamp = 2 ** 32 - 1_000_000;
    for (let i = 0; i < count; i += 8) {
      // Seven of eight are lost.
      buffer.push({ payloadType: 96, marker: false, sequence: i & 0xffff, timestamp, ssrc: 1, payload }, 0n);
      timestamp = (timestamp + 8) % 2 ** 32;
    }
    buffer.flush();
    expect(buffer.stats()).toMatchObject({ streams: 1, packetsPlaced: count / 8 });
    expect(frames).toBe(count - 7);
  });
});

describe('a sender that begins anew', () => {
  it.each<[string, (random: (limit: number) => number, i: number) => { ssrc: number; timestamp: number }]>([
    ['with another source', (random, i) => ({ ssrc: i, timestamp: random(2 ** 32) })],
    ['with the same source', (random) => ({ ssrc: 1, timestamp: random(2 ** 32) })],
    ['with another source and the same timestamps', (_, i) => ({ ssrc: i, timestamp: 0 })],
  ])('a hundred times at once, %s, loses nothing', (_, begin) => {
    const random = generator(4);
    const { recording, pace, buffer, streams } = jitterBufferFor();
    const sent: number[] = [];
    for (let i = 0; i < 100; i++) {
      // For 20 ms each has to be there alone.
      const packets = stream(21 + random(50), { ...begin(random, i), sequence: random(65_536) });
      pace(packets);
      sent.push(...expectedSamples(packets));
    }
    buffer.flush();
    expect(streams.length).toBe(100);
    expectSamples(recording.samples, Uint16Array.from(sent));
    expect(buffer.stats()).toMatchObject({
      framesLost: 0,
      framesReceived: sent.length,
      streams: 100,
      packetsStray: 0,
    });
  });

  it('a hundred times, and loses packets all the while, has its frames by timestamp each time', () => {
    const random = generator(9);
    const { recording, pace, buffer, streams } = jitterBufferFor();
    const lives = Array.from({ length: 100 }, (_, i) => {
      const begin = { ssrc: i, sequence: random(65_536), timestamp: random(2 ** 32) };
      return stream(40 + random(50), begin).filter(() => random(100) >= 20);
    });
    for (const packets of lives) pace(packets);
    buffer.flush();
    expectSamples(
      recording.samples,
      Uint16Array.from(lives.flatMap((packets) => [...expectedSamples(packets)])),
    );
    expect(streams.map(({ ssrc, timestamp }) => [ssrc, timestamp])).toEqual(
      lives.map(([first]) => [first?.ssrc, first?.timestamp]),
    );
    expect(buffer.stats()).toMatchObject({ streams: 100, packetsStray: 0, packetsLate: 0 });
  });

  it('with another source is followed 20 ms after its first packet, when three of them agree', () => {
    const { pace, wait, streams, buffer } = jitterBufferFor();
    pace(stream(2, { ssrc: 7, timestamp: 1000 }));
    expect(pace(stream(2, { ssrc: 8, timestamp: 5 }))).toEqual(['unconfirmed', 'unconfirmed']);
    expect(buffer.deadline).toBeUndefined();
    wait(1000);
    pace(stream(1, { ssrc: 8, timestamp: 5 + 2 * PACKET_FRAMES, sequence: 2 }));
    expect(buffer.deadline).toBe(23_000_000n);
    wait(1);
    expect(streams).toEqual([
      { reason: 'first', ssrc: 7, timestamp: 1000, previous: undefined },
      { reason: 'ssrc', ssrc: 8, timestamp: 5, previous: { ssrc: 7, timestamp: 1000 + 2 * PACKET_FRAMES } },
    ]);
    pace(stream(3, { ssrc: 9 }));
    expect(buffer.deadline).toBe(1_007_000_000n + 20_000_000n);
    wait(18);
    expect(streams.length).toBe(3);
  });

  it('is followed after four packets of the old source where those are longer', () => {
    const { pace, buffer } = jitterBufferFor();
    pace(stream(1, { frames: () => 480 }));
    pace(stream(3, { ssrc: 2 }));
    expect(buffer.deadline).toBe(2_000_000n + 40_000_000n);
  });

  it('is followed at once behind a silence', () => {
    const { send, buffer, recording } = jitterBufferFor();
    const old = stream(2);
    const fresh = stream(4, { ssrc: 2, timestamp: 777 });
    send(old);
    buffer.settle();
    expect(send(fresh)).toEqual(['unconfirmed', 'unconfirmed', 'delivered', 'delivered']);
    expect([...recording.samples]).toEqual([...expectedSamples(old), ...expectedSamples(fresh)]);
    expect(send(stream(4, { ssrc: 3 }))).toEqual(Array(4).fill('unconfirmed'));
    buffer.settle();
    expect(buffer.position).toEqual({ ssrc: 3, timestamp: 4 * PACKET_FRAMES });
  });

  it('is followed from its earliest packet, though its first packets are out of order', () => {
    const { recording, send, streams, buffer } = jitterBufferFor();
    const [a, b, c, d] = stream(4, { ssrc: 2, timestamp: 100 }) as [
      TestPacket,
      TestPacket,
      TestPacket,
      TestPacket,
    ];
    const old = stream(2);
    send([...old, b, a, c, d, c]);
    buffer.flush();
    expect(streams.at(-1)).toMatchObject({ reason: 'ssrc', timestamp: 100 });
    expect([...recording.samples]).toEqual([...expectedSamples(old), ...expectedSamples([a, b, c, d])]);
  });

  it('gets what still waits of the old stream out first, also from behind a gap', () => {
    for (const missing of [[2], [3, 3 + 20]]) {
      const { recording, pace, wait } = jitterBufferFor();
      const [from = 0, to = from + 1] = missing;
      const old = stream(25).filter((_, i) => i < from || i >= to);
      const fresh = stream(3, { ssrc: 2 });
      pace([...old, ...fresh]);
      wait(20);
      expect([...recording.samples]).toEqual([...expectedSamples(old), ...expectedSamples(fresh)]);
    }
  });

  it('loses nothing to packets of the old stream that come late, twice, or behind those of a third source', () => {
    const { recording, pace, buffer } = jitterBufferFor();
    const old = stream(30);
    const late = old.splice(20, 1);
    const fresh = stream(40, { ssrc: 2, timestamp: 9 });
    const stray = { ...(fresh[0] as TestPacket), ssrc: 3 };
    pace([...old, ...fresh.slice(0, 5), ...late, ...old.slice(-1), stray, ...fresh.slice(5)]);
    expect([...recording.samples]).toEqual([...expectedSamples(old), ...expectedSamples(fresh)]);
    expect(buffer.stats()).toMatchObject({
      packetsStray: 1,
      packetsDuplicate: 1,
      packetsLate: 1,
      streams: 2,
    });
  });

  it('keeps a second of its packets and what comes meanwhile, and 16384, at most', () => {
    for (const [frames, count, kept] of [
      [1, 17_000, 16_384],
      [480, 1100, 102],
    ] as const) {
      const { send, buffer, recording } = jitterBufferFor();
      send(stream(1));
      const fresh = stream(count, { ssrc: 2, frames: () => frames });
      send(fresh);
      buffer.expire(1_000_000_000n);
      expect(buffer.stats().packetsStray).toBe(count - kept);
      expectSamples(recording.samples.subarray(PACKET_FRAMES), expectedSamples(fresh.slice(-kept)));
    }
  });
});

describe('another source', () => {
  it('is not followed while the current one is alive, however many of its packets come between', () => {
    const { recording, pace, send, streams, buffer } = jitterBufferFor();
    const packets = stream(1000);
    const intruder = stream(3000, { ssrc: 666, timestamp: 5 });
    for (let i = 0; i < packets.length; i += 10) {
      pace(packets.slice(i, i + 10));
      send(intruder.slice(3 * i, 3 * i + 30), BigInt(i + 10) * 1_000_000n);
    }
    // Nor when the event loop did not turn, and its packets are the first of those that wait.
    send(
      [...intruder.slice(-3), ...stream(1, { sequence: 1000, timestamp: 1000 * PACKET_FRAMES })],
      10n ** 10n,
    );
    buffer.expire(10n ** 10n);
    expect(streams.length).toBe(1);
    expectSamples(recording.samples, expectedSamples(stream(1001)));
    expect(buffer.stats()).toMatchObject({ packetsStray: 3000 + 3, framesLost: 0 });
  });

  it('is not followed, for two packets, when the current one ends', () => {
    const { pace, wait, buffer } = jitterBufferFor();
    pace([...stream(5), ...stream(2, { ssrc: 9 })]);
    wait(10_000);
    buffer.settle();
    expect(buffer.stats()).toMatchObject({ streams: 1, framesDelivered: 5 * PACKET_FRAMES });
  });
});

describe('a jump of the timestamp', () => {
  it('of up to the longest gap is filled, once it is confirmed', () => {
    const { recording, send, streams, losses } = jitterBufferFor({ maxGapFrames: 10_000 });
    const before = stream(2);
    const after = stream(4, { sequence: 3, timestamp: 96 + 10_000 });
    expect(send([...before, ...after])).toEqual([
      'delivered',
      'delivered',
      'unconfirmed',
      'unconfirmed',
      'delivered',
      'delivered',
    ]);
    expectSamples(recording.samples, expectedSamples([...before, ...after]));
    expect(streams.length).toBe(1);
    expect(losses).toEqual([{ timestamp: 96, frames: 10_000 }]);
  });

  it.each([
    ['beyond the longest gap', 96 + 10_001],
    ['far back', (96 - 20_000) >>> 0],
  ])('%s begins a new stream, and nothing is inserted', (_, timestamp) => {
    const { recording, send, streams, buffer } = jitterBufferFor({ maxGapFrames: 10_000 });
    const before = stream(2);
    const after = stream(4, { sequence: 2, timestamp });
    send([...before, ...after]);
    expect([...recording.samples]).toEqual([...expectedSamples(before), ...expectedSamples(after)]);
    expect(streams.at(-1)).toMatchObject({ reason: 'timestamp', timestamp });
    expect(buffer.stats().framesLost).toBe(0);
  });

  it('a little back, with sequence numbers that go on, begins a new stream', () => {
    const { recording, send, streams } = jitterBufferFor();
    const before = stream(100);
    const after = stream(4, { sequence: 100, timestamp: 48 });
    send([...before, ...after]);
    expect([...recording.samples]).toEqual([...expectedSamples(before), ...expectedSamples(after)]);
    expect(streams.length).toBe(2);
  });

  it('by one stray packet changes nothing', () => {
    const random = generator(5);
    const { recording, send, buffer } = jitterBufferFor();
    const packets = stream(300);
    const strays = packets.flatMap((packet) => {
      const stray = { ...packet, timestamp: random(2 ** 32), sequence: random(65_536) };
      return [packet, random(2) ? stray : { ...stray, ssrc: random(2 ** 32) }];
    });
    send(strays);
    expectSamples(recording.samples, expectedSamples(packets));
    buffer.flush();
    expect(buffer.stats()).toMatchObject({ packetsStray: 300, streams: 1, framesLost: 0 });
  });
});

describe('a packet that is not of the stream', () => {
  it('is counted by its reason, and ignored', () => {
    const { recording, send, buffer } = jitterBufferFor({ ssrc: 1 });
    const packets = stream(2) as [TestPacket, TestPacket];
    const valid = datagram(packets[1]);
    send([packets[0]]);
    const bad = [
      valid.subarray(0, 11),
      new Uint8Array(100),
      datagram(packets[1], { payloadType: 97 }),
      datagram(packets[1], { payload: new Uint8Array(5) }),
      datagram(packets[1], { payload: new Uint8Array(0) }),
      datagram(packets[1], { ssrc: 2 }),
      Uint8Array.of(0xa0, ...valid.subarray(1, -1), 0),
    ];
    for (const bytes of bad) expect(buffer.receive(bytes, 0n)).toBe('rejected');
    send([packets[1]]);
    expectSamples(recording.samples, expectedSamples(packets));
    expect(buffer.stats().packetsRejected).toEqual({
      rtcp: 0,
      truncated: 1,
      version: 1,
      padding: 1,
      'payload-type': 1,
      size: 2,
      source: 1,
      clock: 0,
    });
  });

  it('is one with the frames of another that waits', () => {
    const { send } = jitterBufferFor();
    const packets = stream(3) as [TestPacket, TestPacket, TestPacket];
    expect(send([packets[0], packets[2], packets[2], packets[0]])).toEqual([
      'delivered',
      'held',
      'duplicate',
      'duplicate',
    ]);
  });

  it('gives only its new frames when it overlaps what was written', () => {
    const { recording, buffer, send } = jitterBufferFor();
    send([
      { sequence: 0, timestamp: 0, ssrc: 1, frames: 48 },
      { sequence: 1, timestamp: 40, ssrc: 1, frames: 48 },
    ]);
    expectSamples(recording.samples, expectedSamples(stream(1, { frames: () => 88 })));
    expect(buffer.stats().framesReceived).toBe(88);
  });
});

describe('the end of a stream', () => {
  it.each([1, 2])('behind a burst of losses is written, though only %d packets came of it', (count) => {
    const { recording, buffer, send, streams } = jitterBufferFor();
    const packets = stream(40);
    const received = [...packets.slice(0, 5), ...packets.slice(30, 30 + count)];
    expect(send(received).slice(5)).toEqual(Array(count).fill('unconfirmed'));
    buffer.flush();
    expectSamples(recording.samples, expectedSamples(received));
    expect(buffer.stats()).toMatchObject({
      packetsPlaced: 5 + count,
      packetsStray: 0,
      framesLost: 25 * PACKET_FRAMES,
      framesWaiting: 0,
    });
    expect(streams.length).toBe(1);
  });

  it('is written whole when a packet is missing among its last ones', () => {
    const { recording, buffer, send } = jitterBufferFor();
    const packets = stream(40);
    const received = [...packets.slice(0, 5), ...packets.slice(30, 31), ...packets.slice(32, 33)];
    send(received);
    buffer.flush();
    expectSamples(recording.samples, expectedSamples(received));
  });

  it('may be one for now: what waits is waited for, and the stream goes on', () => {
    const { recording, buffer, send } = jitterBufferFor();
    const packets = stream(40);
    send([...packets.slice(0, 5), ...packets.slice(30, 31)]);
    buffer.settle();
    expect(buffer.stats()).toMatchObject({ packetsPlaced: 6, framesLost: 25 * PACKET_FRAMES });
    send(packets.slice(32));
    buffer.settle();
    expect(buffer.stats().framesWaiting).toBe(8 * PACKET_FRAMES);
    send(packets.slice(31, 32));
    expectSamples(recording.samples, expectedSamples([...packets.slice(0, 5), ...packets.slice(30)]));
  });

  it.each<[string, Partial<TestPacket>]>([
    ['another source', { ssrc: 9 }],
    ['a longer jump', { timestamp: 48 * 5 + RATE + 1 }],
    ['a sequence number that contradicts', { sequence: 3 }],
    ['a jump back', { timestamp: (2 ** 32 - RATE) >>> 0 }],
  ])('does not follow two packets of %s', (_, other) => {
    const { recording, buffer, send, streams } = jitterBufferFor();
    const packets = stream(5);
    const first = { ...(stream(31)[30] as TestPacket), ...other };
    send([...packets, first, { ...first, sequence: first.sequence + 1, timestamp: first.timestamp + 48 }]);
    buffer.flush();
    expectSamples(recording.samples, expectedSamples(packets));
    expect(buffer.stats().packetsStray).toBe(2);
    expect(streams.length).toBe(1);
  });
});

describe('a straggler between packets from behind a gap', () => {
  it('is written, and they are as well', () => {
    for (let place = 0; place < 3; place++) {
      const { recording, buffer, send } = jitterBufferFor();
      const packets = stream(40);
      const behind = packets.slice(30, 38);
      const received = [
        ...packets.slice(0, 9),
        ...behind.slice(0, place),
        packets[9] as TestPacket,
        ...behind.slice(place),
      ];
      send(received);
      buffer.flush();
      expectSamples(recording.samples, expectedSamples(received), `straggler at ${place}`);
      expect(buffer.stats()).toMatchObject({ packetsPlaced: 18, packetsStray: 0 });
    }
  });

  it('may be followed by all the others, which were only overtaken', () => {
    const { recording, buffer, send } = jitterBufferFor();
    const packets = stream(60);
    // Packets 30 and 31 came by a shorter way.
    const received = [
      ...packets.slice(0, 5),
      ...packets.slice(30, 32),
      ...packets.slice(5, 30),
      ...packets.slice(32),
    ];
    send(received);
    expectSamples(recording.samples, expectedSamples(packets));
    expect(buffer.stats()).toMatchObject({ packetsPlaced: 60, packetsStray: 0, framesLost: 0 });
  });
});

describe('a buffer that is closed', () => {
  it.each(['onStream', 'onLoss'] as const)('in %s writes and counts nothing more', (handler) => {
    const { buffer, send, recording, streams, losses } = jitterBufferFor({
      [handler]: () => buffer.close(),
    });
    const packets = stream(20);
    send([...packets.slice(0, 3), ...packets.slice(5)]);
    buffer.conceal(1000);
    buffer.flush();
    const written = handler === 'onStream' ? 0 : 5 * PACKET_FRAMES;
    expect(recording.samples.length).toBe(written);
    expect(buffer.stats().framesDelivered).toBe(written);
    expect([streams.length, losses.length]).toEqual(handler === 'onStream' ? [0, 0] : [1, 0]);
  });
});

describe('concealment', () => {
  it('repeats the last packet for 20 ms in all, however often it is asked, until another comes', () => {
    const { recording, buffer, send } = jitterBufferFor({ fill: 'repeat' });
    const packets = stream(80) as TestPacket[];
    send(packets.slice(0, 1));
    const limit = RATE / 50;
    for (let frames = 0; frames < 40 * PACKET_FRAMES; frames += 30) buffer.conceal(30);
    const repeated = recording.samples.subarray(PACKET_FRAMES);
    expect(repeated.length).toBe(40 * PACKET_FRAMES);
    for (let i = 0; i < repeated.length; i++) {
      const expected = i < limit ? sampleAt(i % PACKET_FRAMES) : 0;
      if (repeated[i] !== expected) expect.fail(`frame ${i} is ${repeated[i]}, not ${expected}`);
    }
    send(packets.slice(41, 42));
    buffer.conceal(10);
    expect(recording.samples.at(-1)).toBe(sampleAt(41 * PACKET_FRAMES + 9));
  });

  it('writes fill in place of frames that did not come, which are late then', () => {
    const { recording, buffer, send } = jitterBufferFor();
    const packets = stream(4) as [TestPacket, TestPacket, TestPacket, TestPacket];
    send([packets[0]]);
    buffer.conceal(60);
    expect(send([packets[1]])).toEqual(['late']);
    expect(send([packets[2], packets[3]])).toEqual(['delivered', 'delivered']);
    const expected = expectedSamples(packets);
    expected.fill(0, 48, 108);
    expectSamples(recording.samples, expected);
    expect(buffer.stats()).toMatchObject({ framesConcealed: 60, framesLost: 0, framesReceived: 4 * 48 - 60 });
  });

  it('takes frames that wait before it makes any up', () => {
    const { recording, buffer, send } = jitterBufferFor();
    const packets = stream(3) as [TestPacket, TestPacket, TestPacket];
    send([packets[0], packets[2]]);
    buffer.conceal(2 * PACKET_FRAMES);
    expectSamples(recording.samples, expectedSamples([packets[0], packets[2]]));
    expect(buffer.stats().framesConcealed).toBe(PACKET_FRAMES);
  });

  it('does not keep a sender out that stays behind', () => {
    const { buffer, send, streams } = jitterBufferFor({ maxGapFrames: 480 });
    const packets = stream(40);
    send(packets.slice(0, 10));
    buffer.conceal(400);
    const placements = send(packets.slice(10, 30));
    expect(placements.slice(0, 8)).toEqual(Array(8).fill('late'));
    expect(placements.slice(-10)).toEqual(Array(10).fill('delivered'));
    expect(streams.length).toBe(1);
  });

  it('does not keep a sender out that stays behind for good', () => {
    const { buffer, send, streams } = jitterBufferFor({ maxGapFrames: 480 });
    const packets = stream(60);
    send(packets.slice(0, 10));
    for (const packet of packets.slice(10)) {
      buffer.conceal(PACKET_FRAMES);
      if (streams.length > 1) return;
      send([packet]);
    }
    expect.fail('every packet was late');
  });
});

describe('the options of a buffer', () => {
  it.each<[string, object, string]>([
    ['no encoding', { encoding: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['an unknown encoding', { encoding: 'L20' }, 'ERR_INVALID_ARG_VALUE'],
    ['no channels', { channels: 0 }, 'ERR_OUT_OF_RANGE'],
    ['a payload type of eight bits', { payloadType: 128 }, 'ERR_OUT_OF_RANGE'],
    ['a sink that cannot be written to', { sink: {} }, 'ERR_INVALID_ARG_TYPE'],
    ['fill that cannot be written', { sink: { write: () => {}, writeFill: 1 } }, 'ERR_INVALID_ARG_TYPE'],
    ['a format that is too narrow', { encoding: 'L24', format: 'S16_LE' }, 'ERR_INVALID_ARG_VALUE'],
    ['an endless window', { reorderPackets: 1e9 }, 'ERR_OUT_OF_RANGE'],
    ['milliseconds that are no number', { reorderMs: 5n }, 'ERR_INVALID_ARG_TYPE'],
    ['a wait that is no time', { reorderMs: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    ['a wait that never ends', { reorderMs: 10_001 }, 'ERR_OUT_OF_RANGE'],
    ['an unknown fill', { fill: 'noise' }, 'ERR_INVALID_ARG_VALUE'],
    ['a listener that is no function', { onLoss: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ])('are refused with %s', (_, options, code) => {
    expect(() => jitterBufferFor(options)).toThrow(expect.objectContaining({ code }));
  });
});
