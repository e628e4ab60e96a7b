// Packets of a stream, as they come out of the addon: at once, and at the ends of periods that a test gives.
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { AlsaError } from '../../lib/errors.js';
import { native } from '../../lib/native/load.js';
import { parseRtpPacket, type RtpPacket } from '../../lib/rtp/packet.js';
import { PacketStream } from '../../lib/rtp/packet-stream.js';
import { checkSenderOptions, type RtpSenderOptions } from '../../lib/rtp/sender-options.js';
import { plainSocket } from '../support/rtp-sockets.js';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** One channel of S16_BE, 2 frames a packet. What `packets` gives has all come. */
async function streamOf(options: Partial<RtpSenderOptions> = {}) {
  const socket = await plainSocket();
  const come: RtpPacket[] = [];
  socket.on('message', (bytes) => come.push(parseRtpPacket(Uint8Array.from(bytes)) as RtpPacket));
  const checked = checkSenderOptions({
    ...{ encoding: 'L16', format: 'S16_BE', rate: 8_000, channels: 1, packetFrames: 2 },
    ...{ ssrc: 7, sequence: 0xffff, timestamp: 2 ** 32 - 2 },
    ...{ address: '127.0.0.1', port: socket.address().port },
    ...options,
  });
  const stream = new PacketStream(checked);
  opened.push(stream);
  const packets = async (count: number) => {
    while (come.length < count) await once(socket, 'message');
    return come.map(({ sequence, timestamp, payload }) => [
      sequence,
      timestamp,
      Buffer.from(payload).toString('hex'),
    ]);
  };
  return { stream, packets };
}

/** As if a pacer had it, whose periods end when told to. */
function paced(stream: PacketStream, policy: { firstPackets?: number; mostOwed?: number } = {}) {
  stream.beginPacing({ packetsPerEnd: 1, firstPackets: 1, mostOwed: 10, mediaOffset: null, ...policy });
  const pacing = native().createFollower(stream.handle, { skip: false, maxBurst: 1_000 });
  opened.push(pacing);
  return (ends: number) => {
    const { packetsSent } = stream.stats();
    pacing.tick(ends);
    return stream.stats().packetsSent - packetsSent;
  };
}

const numbered = (first: number, packets: number) =>
  Uint8Array.from({ length: packets * 4 }, (_, i) => first + Math.floor(i / 4));

describe('A stream of packets', () => {
  it('has one length of them, from pieces of any length, and wraps their numbers', async () => {
    const { stream, packets } = await streamOf();
    expect(stream.write(Uint8Array.of(1, 2, 3))).toBe(0);
    expect(stream.stats().framesPending).toBe(1);
    expect(stream.timestamp).toBe(2 ** 32 - 1);
    expect(stream.write(Uint8Array.of(4, 5, 6, 7, 8, 9))).toBe(2);
    expect(await packets(2)).toEqual([
      [0xffff, 2 ** 32 - 2, '01020304'],
      [0, 0, '05060708'],
    ]);
    expect(stream.stats()).toMatchObject({ frames: 4, framesPending: 0, packetsSent: 2 });
    expect(stream.timestamp).toBe(2);
  });

  it('ends with a shorter one, without a part of a frame', async () => {
    const { stream, packets } = await streamOf();
    stream.write(Uint8Array.of(1, 2, 3));
    stream.flush();
    stream.flush();
    stream.write(Uint8Array.of(4, 5, 6, 7));
    expect(await packets(2)).toEqual([
      [0xffff, 2 ** 32 - 2, '0102'],
      [0, 2 ** 32 - 1, '04050607'],
    ]);
  });

  it('leaves out frames: the next ones are later, and no number is missing', async () => {
    const { stream, packets } = await streamOf();
    stream.write(Uint8Array.of(1, 2));
    stream.skip(100);
    expect(stream.timestamp).toBe(99);
    stream.write(Uint8Array.of(3, 4, 5, 6));
    expect(await packets(2)).toEqual([
      [0xffff, 2 ** 32 - 2, '0102'],
      [0, 99, '03040506'],
    ]);
  });

  it('has the same packets of what is written a byte at a time, of many channels, and at once', async () => {
    const bytes = Uint8Array.from({ length: 6 * 64 * 50 }, (_, i) => (i * 31) % 251);
    const shape = { encoding: 'L24', format: 'S24_3LE', channels: 2, packetFrames: 50 } as const;
    const one = await streamOf(shape);
    const other = await streamOf(shape);
    one.stream.write(bytes);
    for (const byte of bytes) other.stream.write(Uint8Array.of(byte));
    const all = await one.packets(64);
    expect(await other.packets(64)).toEqual(all);
    const sent = Buffer.from(all.map(([, , payload]) => payload).join(''), 'hex');
    const swapped = Buffer.from(bytes).map((_, i, from) => from[i - (i % 3) + 2 - (i % 3)] as number);
    expect(sent.equals(swapped)).toBe(true);
  });

  it('keeps the place of packets that have no room', async () => {
    const { stream, packets } = await streamOf({ maxQueuedPackets: 2 });
    const end = paced(stream);
    expect(stream.write(numbered(1, 5))).toBe(5);
    expect(stream.stats()).toMatchObject({ packetsDropped: 3, framesPending: 4 });
    expect(stream.timestamp).toBe(8);
    end(2);
    stream.write(numbered(6, 1));
    expect(end(1)).toBe(1);
    expect(await packets(3)).toEqual([
      [0xffff, 2 ** 32 - 2, '01010101'],
      [0, 0, '02020202'],
      [4, 8, '06060606'],
    ]);
  });

  it('counts what the kernel refuses, and goes on behind it', async () => {
    const { stream } = await streamOf({ address: '192.0.2.1', localAddress: '127.0.0.1' });
    stream.write(numbered(1, 3));
    expect(stream.stats()).toMatchObject({ packetsSent: 0, packetsFailed: 3, framesPending: 0, frames: 6 });
    expect(stream.stats().lastError).toMatchObject({ syscall: 'sendmmsg', code: 'EINVAL' });
  });

  it('tells which call failed where it cannot be opened', async () => {
    const socket = await plainSocket();
    const { port } = socket.address();
    await expect(streamOf({ localPort: port, localAddress: '127.0.0.1' })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'bind',
      path: `127.0.0.1:${port}`,
    });
    await expect(streamOf({ localAddress: '192.0.2.1' })).rejects.toThrow(AlsaError);
  });
});

describe('A stream of packets that is paced', () => {
  it('sends one at each end, and nothing before', async () => {
    const { stream, packets } = await streamOf();
    const end = paced(stream);
    stream.write(numbered(1, 3));
    expect(stream.stats()).toMatchObject({ packetsSent: 0, framesPending: 6 });
    expect([end(1), end(1), end(1), end(1)]).toEqual([1, 1, 1, 0]);
    expect((await packets(3)).map(([, , payload]) => payload)).toEqual(['01010101', '02020202', '03030303']);
  });

  it('makes up for a source that fell behind, by four at an end, but not for more than it may be owed', async () => {
    const { stream } = await streamOf();
    const end = paced(stream);
    stream.write(numbered(1, 1));
    expect([end(1), end(6)]).toEqual([1, 0]);
    stream.write(numbered(2, 10));
    // Six were owed, and one more with each end.
    expect([end(1), end(1), end(1), end(1)]).toEqual([4, 4, 1, 1]);
    expect(end(11)).toBe(0);
    stream.write(numbered(12, 10));
    expect([end(1), end(1), end(1)]).toEqual([2, 1, 1]);
  });

  it('owes nothing to a source that has not begun', async () => {
    const { stream } = await streamOf();
    const end = paced(stream, { firstPackets: 3 });
    expect(end(5)).toBe(0);
    stream.write(numbered(1, 2));
    expect(end(5)).toBe(0);
    stream.write(numbered(3, 2));
    expect([end(1), end(1)]).toEqual([1, 1]);
  });

  it('begins with an end, however little there was', async () => {
    const { stream } = await streamOf();
    const end = paced(stream, { firstPackets: 3 });
    stream.write(numbered(1, 1));
    stream.flush();
    expect(end(1)).toBe(1);
  });

  it('forgets what waits when that ends, and the next packet follows the last one', async () => {
    const { stream, packets } = await streamOf();
    const end = paced(stream);
    stream.write(numbered(1, 5));
    end(2);
    stream.endPacing();
    expect(stream.stats()).toMatchObject({ packetsSent: 2, packetsDropped: 0, framesPending: 0 });
    stream.write(numbered(9, 1));
    expect((await packets(3)).at(-1)).toEqual([1, 2, '09090909']);
  });
});
