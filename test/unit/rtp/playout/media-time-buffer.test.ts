// Packets on their way to their media time: which of them are taken, where they go, and what is told.
import { describe, expect, it } from 'vitest';
import type { JitterBufferOptions } from '../../../../lib/rtp/index.js';
import { MediaTimeBuffer } from '../../../../lib/rtp/playout/media-time-buffer.js';
import { ArrivalTimes, DirectTimes, type MediaTimes } from '../../../../lib/rtp/playout/media-times.js';
import type { MediaCable } from '../../../../lib/rtp/playout/timed-stream.js';
import { datagram, PACKET_FRAMES, payloadAt, stream, type TestPacket } from '../../../support/rtp-stream.js';

const SPAN = 2 ** 32;

/** A cable of which a test says what has moved; it keeps what is written by its position of 32 bits. */
class Cable implements MediaCable {
  /** The position of the frame that moves next. */
  next = 0;
  /** Frames ahead that it takes. */
  room = 48_000;
  readonly written: { position: number; bytes: Uint8Array; before: string }[] = [];
  readonly calls: string[] = [];
  losses: { position: number; frames: number }[] = [];
  #outcome = { position: 0, next: 0, placed: 0, late: 0, refused: false };

  rest(): void {
    this.calls.push('rest');
  }

  write(timestamp: number, bytes: Uint8Array, before: string): boolean {
    const frames = bytes.length / 2;
    const position = this.next + ((timestamp - this.next) | 0);
    const late = Math.min(frames, Math.max(0, this.next - position));
    const isThere = this.written.some((other) => other.position === position);
    const refused = position + frames > this.next + this.room || this.next - position > 48_000;
    const placed = refused || isThere ? 0 : frames - late;
    this.#outcome = { position, next: this.next, placed, late, refused };
    if (!refused) this.written.push({ position, bytes: Buffer.from(bytes), before });
    return placed === frames && this.losses.length === 0;
  }

  outcome() {
    return this.#outcome;
  }

  takeLosses() {
    return this.losses.splice(0);
  }

  stats() {
    return { lost: 0, gaps: 0, waiting: 0, next: this.next, end: null, marginNs: null };
  }
}

function bufferFor(options: Partial<JitterBufferOptions> = {}, times: MediaTimes = new DirectTimes(0)) {
  const cable = new Cable();
  const told: [string, object][] = [];
  const tell = (name: string) => (event: object) => void told.push([name, event]);
  const buffer = new MediaTimeBuffer(
    {
      ...({ encoding: 'L16', rate: 48_000, channels: 1, payloadType: 96, format: 'S16_BE' } as const),
      sink: { write: () => {} },
      onStream: tell('stream'),
      onLoss: tell('loss'),
      onDiscontinuity: tell('discontinuity'),
      onRefusal: tell('refusal'),
      onContradiction: tell('contradiction'),
      ...options,
    },
    cable,
    times,
    'tai',
  );
  let arrival = 0n;
  const send = (packets: readonly TestPacket[], origin = '10.0.0.1:5004') =>
    packets.map((packet) => {
      arrival += 1_000_000n;
      return buffer.receive(datagram(packet), arrival, origin);
    });
  return { buffer, cable, told, send, now: () => arrival };
}

describe('A media time buffer', () => {
  it('gives each packet to the cable as it comes, at the position that its timestamp and the offset say', () => {
    const { buffer, cable, told, send } = bufferFor({}, new DirectTimes(SPAN - 100));
    const [first, second, third] = stream(3, { timestamp: SPAN - 148 }) as [
      TestPacket,
      TestPacket,
      TestPacket,
    ];
    cable.next = SPAN - 48;
    expect(send([third, first, second])).toEqual(['delivered', 'delivered', 'delivered']);
    expect(cable.written.map(({ position }) => position)).toEqual([SPAN + 48, SPAN - 48, SPAN]);
    expect(cable.written[1]?.bytes).toEqual(payloadAt(SPAN - 148));
    expect(told).toEqual([
      ['stream', { reason: 'first', ssrc: 1, timestamp: SPAN - 52, previous: undefined }],
    ]);
    expect(buffer.stats()).toMatchObject({ packets: 3, packetsPlaced: 3, packetsReordered: 2, streams: 1 });
    expect(buffer.position).toEqual({ ssrc: 1, timestamp: SPAN - 148 });
  });

  it('counts what came twice, and what came late, whole or in part', () => {
    const { buffer, cable, send } = bufferFor();
    const packets = stream(4);
    send([packets[0] as TestPacket]);
    cable.next = 120;
    expect(send([packets[1], packets[2], packets[3], packets[3]] as TestPacket[])).toEqual([
      ...['late', 'delivered', 'delivered', 'duplicate'],
    ]);
    expect(buffer.stats()).toMatchObject({
      ...{ packetsPlaced: 3, packetsLate: 1, packetsDuplicate: 1 },
      ...{ framesReceived: 48 + 24 + 48, framesCut: 24 },
    });
    expect(buffer.framesLate).toBe(72);
  });

  it('tells losses by the timestamps of their frames', () => {
    const { cable, told, send } = bufferFor({}, new DirectTimes(SPAN - 10));
    send(stream(1, { timestamp: SPAN - 10 }));
    cable.losses = [{ position: 48, frames: 96 }];
    send(stream(1, { timestamp: 134, sequence: 3 }));
    expect(told.slice(1)).toEqual([['loss', { timestamp: 38, frames: 96 }]]);
  });

  it('says which frames the sender has left out', () => {
    const { buffer, cable, told, send } = bufferFor();
    send([
      ...stream(1),
      ...stream(1, { timestamp: 480, sequence: 1 }),
      ...stream(1, { timestamp: 960, sequence: 5 }),
    ]);
    expect(cable.written.map(({ before }) => before)).toEqual(['nothing', 'left-out', 'lost']);
    expect(told.slice(1)).toEqual([['discontinuity', { timestamp: 48, frames: 432 }]]);
    expect(buffer.stats()).toMatchObject({ framesSkipped: 432, discontinuities: 1 });
  });

  it('begins anew behind a gap that is longer than what is lost', () => {
    const { cable, told, send } = bufferFor({ maxGapFrames: 480 });
    send(stream(1));
    send(stream(1, { timestamp: 48 + 480, sequence: 11 }));
    send(stream(1, { timestamp: 2 * 48 + 480 + 481, sequence: 40 }));
    expect(cable.written.map(({ before }) => before)).toEqual(['nothing', 'lost', 'nothing']);
    expect(told.map(([, event]) => event)).toMatchObject([
      { reason: 'first' },
      { reason: 'timestamp', timestamp: 1_057 },
    ]);
  });

  it('refuses what contradicts the clock, and tells of no stream before one fits', () => {
    const { buffer, cable, told, send } = bufferFor({}, new DirectTimes(7));
    cable.next = 1_000_000;
    expect(send(stream(2, { timestamp: 10 }))).toEqual(['rejected', 'rejected']);
    expect(send(stream(3, { timestamp: 1_000_007 + 100_000 }))).toEqual(['rejected', 'rejected', 'rejected']);
    expect(told).toEqual([
      [
        'refusal',
        {
          ...{ reason: 'clock', option: 'mediaClock', value: undefined },
          came: 'timestamp 10, 20.833 s behind,',
          expected: 'one near 1000007 (by tai, mediaclk:direct=7)',
        },
      ],
      ['refusal', expect.objectContaining({ came: 'timestamp 1100103, 2.085 s ahead,' })],
    ]);
    expect(buffer.stats()).toMatchObject({ streams: 0, packetsPlaced: 0, packetsRejected: { clock: 5 } });
    send(stream(1, { timestamp: 1_000_007 }));
    expect(told.at(-1)).toMatchObject(['stream', { reason: 'first', timestamp: 1_000_007 }]);
  });

  it('goes on as if nothing were behind a stray timestamp that is refused', () => {
    const { buffer, cable, told, send } = bufferFor();
    send([...stream(2), ...stream(1, { timestamp: 2_000_000_000, sequence: 9 })]);
    send(stream(1, { timestamp: 144, sequence: 3 }));
    expect(told.map(([name]) => name)).toEqual(['stream', 'refusal']);
    expect(cable.written.map(({ before }) => before)).toEqual(['nothing', 'lost', 'lost']);
    expect(buffer.stats()).toMatchObject({ streams: 1, packetsRejected: { clock: 1 } });
  });

  it('follows another source when it has outlived the current one, and places what is in time', () => {
    const { buffer, cable, told, send, now } = bufferFor();
    send(stream(3));
    const others = stream(6, { ssrc: 2, timestamp: 144, sequence: 900 });
    expect(send(others)).toEqual(Array(6).fill('unconfirmed'));
    expect(buffer.deadline).toBeDefined();
    cable.next = 240;
    buffer.expire(now() + 1_000_000_000n);
    expect(told.slice(1)).toMatchObject([['stream', { reason: 'ssrc', ssrc: 2, timestamp: 144 }]]);
    expect(cable.written.slice(3).map(({ position }) => position)).toEqual([144, 192, 240, 288, 336, 384]);
    expect(buffer.stats()).toMatchObject({ packetsLate: 2, packetsPlaced: 7, streams: 2 });
  });

  it('rests when nothing comes, and follows another source at once then', () => {
    const { buffer, cable, told, send } = bufferFor();
    send(stream(2));
    buffer.settle();
    expect(cable.calls).toEqual(['rest']);
    send(stream(3, { ssrc: 2, timestamp: 960 }));
    expect(told.at(-1)).toMatchObject(['stream', { reason: 'ssrc', ssrc: 2 }]);
  });

  it('still refuses what is not of the stream, and says when packets contradict their description', () => {
    const { buffer, told, send } = bufferFor({ ssrc: 1 });
    send(stream(60, { frames: () => PACKET_FRAMES }).map((packet, i) => ({ ...packet, timestamp: i * 24 })));
    send(stream(1, { ssrc: 2 }));
    expect(
      told.map(([name, event]) => [name, 'what' in event ? event.what : 'reason' in event && event.reason]),
    ).toEqual([
      ...[
        ['stream', 'first'],
        ['contradiction', 'length'],
        ['refusal', 'source'],
      ],
    ]);
    expect(buffer.receive(new Uint8Array(5), 0n)).toBe('rejected');
    expect(buffer.stats().packetsRejected).toMatchObject({ source: 1, truncated: 1 });
  });

  it('conceals nothing, since the clock does', () => {
    expect(() => bufferFor().buffer.conceal(1)).toThrow(
      expect.objectContaining({ code: 'ERR_PLAYED_BY_CLOCK' }),
    );
  });

  it('tells nothing when it is closed', () => {
    const { buffer, told, send } = bufferFor();
    buffer.close();
    send(stream(2));
    expect(told).toEqual([]);
  });
});

describe('A media time buffer of arrivals', () => {
  const relative = () => {
    const times = new ArrivalTimes({ at: (monotonic) => monotonic, add: () => {} }, 48_000);
    return bufferFor({}, times);
  };

  it('takes any timestamp for now, and those behind it by their distance', () => {
    const { cable, send } = relative();
    send(stream(3, { timestamp: SPAN - 48 }));
    // The first came at 1 ms.
    expect(cable.written.map(({ position }) => position)).toEqual([48, 96, 144]);
  });

  it('believes a jump of the timestamp when three packets agree, and plays all of them', () => {
    const { buffer, cable, told, send } = relative();
    send(stream(3, { timestamp: 5_000 }));
    const jumped = stream(3, { timestamp: 90_000_000, sequence: 700 });
    expect(send(jumped)).toEqual(['unconfirmed', 'unconfirmed', 'delivered']);
    expect(told.map(([, event]) => event)).toMatchObject([{ reason: 'first' }, { reason: 'timestamp' }]);
    // By the time that the first of them came: 4 ms.
    expect(cable.written.slice(3).map(({ position }) => position)).toEqual([192, 240, 288]);
    expect(buffer.stats()).toMatchObject({ packetsPlaced: 6, packetsStray: 0, streams: 2 });
  });

  it('ignores a stray timestamp', () => {
    const { buffer, told, send } = relative();
    send(stream(2, { timestamp: 5_000 }));
    send(stream(1, { timestamp: 2_000_000_000, sequence: 9_000 }));
    send(stream(2, { timestamp: 5_096, sequence: 2 }));
    expect(told).toHaveLength(1);
    expect(buffer.stats()).toMatchObject({
      packetsPlaced: 4,
      packetsStray: 1,
      packetsRejected: { clock: 0 },
    });
  });
});
