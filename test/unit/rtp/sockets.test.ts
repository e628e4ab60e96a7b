import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type FrameSink,
  type PaceClock,
  parseRtpPacket,
  parseSdp,
  RtpReceiver,
  type RtpReceiverOptions,
  RtpSender,
  type RtpSenderOptions,
} from '../../../lib/rtp/index.js';
import { datagram, generator, payloadAt, stream } from '../../support/rtp-stream.js';

const FORMAT = { encoding: 'L24', rate: 48_000, channels: 2 } as const;
const FRAME_BYTES = 6;

const open: { close(): void }[] = [];
afterEach(() => {
  for (const resource of open.splice(0)) resource.close();
});

function keep<T extends { close(): void }>(resource: T): T {
  open.push(resource);
  return resource;
}

/** Keeps what is written, and tells when there is enough of it. */
class Collector implements FrameSink {
  #bytes = Buffer.alloc(0);
  #wanted = 0;
  #resolve: (() => void) | undefined;

  write(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length >= this.#wanted) this.#resolve?.();
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  async holds(bytes: number): Promise<Buffer> {
    this.#wanted = bytes;
    if (this.#bytes.length < bytes) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
    return this.#bytes;
  }
}

async function receiverFor(options: Partial<RtpReceiverOptions> = {}) {
  const sink = new Collector();
  const receiver = keep(
    await RtpReceiver.open({
      ...FORMAT,
      payloadType: 96,
      address: '127.0.0.1',
      port: 0,
      sink,
      // Nothing here may depend on how long the machine takes.
      reorderNanoseconds: 10_000_000_000n,
      ...options,
    }),
  );
  return { receiver, sink };
}

async function senderTo({ port, address }: RtpReceiver, options: Partial<RtpSenderOptions> = {}) {
  return keep(await RtpSender.open({ ...FORMAT, address, port, ...options }));
}

async function plainSocket(): Promise<Socket> {
  const socket = keep(createSocket('udp4'));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

function noise(frames: number, seed = 9): Buffer {
  const random = generator(seed);
  return Buffer.from(Uint8Array.from({ length: frames * FRAME_BYTES }, () => random(256)));
}

describe('a stream over a socket', () => {
  it('arrives as it was written, in whatever pieces', async () => {
    const { receiver, sink } = await receiverFor();
    const sender = await senderTo(receiver);
    const audio = noise(48 * 100 + 17);
    const random = generator(10);
    const began = once(receiver, 'stream');
    for (let at = 0; at < audio.length; ) {
      const end = Math.min(audio.length, at + random(1000));
      sender.write(audio.subarray(at, end));
      at = end;
      await sender.drain();
    }
    sender.flush();
    expect(await sink.holds(audio.length)).toEqual(audio);
    expect((await began)[0]).toMatchObject({ reason: 'first', ssrc: sender.ssrc });
    expect(receiver.stats).toMatchObject({
      packets: 101,
      framesDelivered: 4817,
      framesLost: 0,
      silent: false,
    });
    expect(sender.stats).toMatchObject({
      packetsSent: 101,
      packetsFailed: 0,
      frames: 4817,
      framesPending: 0,
    });
    expect(receiver.position?.timestamp).toBe(sender.timestamp);
  });

  it('carries as many channels as a packet holds, in every packet time of AES67', async () => {
    for (const [channels, packetFrames] of [
      [1, 480],
      [8, 48],
      [64, 6],
      [256, 6],
    ] as const) {
      const { receiver, sink } = await receiverFor({ channels, format: 'S32_LE' });
      const sender = await senderTo(receiver, { channels, packetFrames, format: 'S32_LE' });
      const audio = Buffer.alloc(packetFrames * 20 * channels * 4);
      for (let i = 0; i < audio.length; i += 4) audio.writeInt32LE((Math.imul(i, 40_503) << 8) | 0, i);
      sender.write(audio);
      // Not toEqual, which takes a second for this many elements.
      expect((await sink.holds(audio.length)).equals(audio)).toBe(true);
      expect(sender.packetFrames).toBe(packetFrames);
    }
  });

  it('shows frames that were left out as lost, in their place', async () => {
    const { receiver, sink } = await receiverFor();
    const sender = await senderTo(receiver);
    const audio = noise(48 * 20);
    const lost = once(receiver, 'loss');
    sender.write(audio);
    sender.skip(1000);
    sender.write(audio);
    const bytes = await sink.holds(2 * audio.length + 1000 * FRAME_BYTES);
    expect(bytes).toEqual(Buffer.concat([audio, Buffer.alloc(1000 * FRAME_BYTES), audio]));
    expect((await lost)[0]).toMatchObject({ frames: 1000 });
  });

  it('is described well enough to be received', async () => {
    const { receiver } = await receiverFor();
    const sender = await senderTo(receiver, { packetFrames: 6 });
    expect(parseSdp(sender.describe({ name: 'Test' }))).toMatchObject({
      ...FORMAT,
      name: 'Test',
      address: '127.0.0.1',
      port: receiver.port,
      packetFrames: 6,
    });
  });

  it('reaches every receiver of its group, once', async () => {
    const group = { address: '239.192.7.1', interface: '127.0.0.1' };
    const first = await receiverFor(group);
    const { port } = first.receiver;
    const second = await receiverFor({ ...group, port, interface: 'lo', sources: ['127.0.0.1'] });
    const sender = await senderTo(first.receiver, { interface: 'lo', localAddress: '127.0.0.1', ttl: 1 });
    const audio = noise(48 * 50);
    sender.write(audio);
    expect(await first.sink.holds(audio.length)).toEqual(audio);
    expect(await second.sink.holds(audio.length)).toEqual(audio);
    expect(first.receiver.stats.packets).toBe(50);
  });

  it('goes over IPv6 as well', async () => {
    const { receiver, sink } = await receiverFor({ address: '::1' });
    const sender = await senderTo(receiver);
    const audio = noise(480);
    sender.write(audio);
    expect(await sink.holds(audio.length)).toEqual(audio);
  });
});

describe('a receiver', () => {
  it('takes packets from the addresses that it was told, and no others', async () => {
    const audio = noise(48);
    for (const filter of [{ sources: ['127.0.0.2'] }, { excludedSources: ['127.0.0.3'] }]) {
      const { receiver, sink } = await receiverFor(filter);
      const right = await senderTo(receiver, { localAddress: '127.0.0.2' });
      const wrong = await senderTo(receiver, { localAddress: '127.0.0.3' });
      wrong.write(noise(48, 1));
      await wrong.drain();
      right.write(audio);
      expect(await sink.holds(audio.length)).toEqual(audio);
      expect(receiver.stats).toMatchObject({ datagramsFiltered: 1, packets: 1 });
    }
  });

  it('goes on after garbage', async () => {
    const { receiver, sink } = await receiverFor({ encoding: 'L16', channels: 1, format: 'S16_BE' });
    const socket = await plainSocket();
    const random = generator(11);
    const send = async (bytes: Uint8Array) =>
      new Promise<void>((resolve) => {
        socket.send(bytes, receiver.port, '127.0.0.1', () => resolve());
      });
    for (const packet of stream(20)) {
      for (let i = 0; i < 5; i++) await send(Uint8Array.from({ length: random(100) }, () => random(256)));
      await send(datagram(packet));
    }
    expect(await sink.holds(20 * 96)).toEqual(Buffer.from(payloadAt(0, 20 * 48)));
    expect(receiver.stats).toMatchObject({ packets: 120, framesLost: 0, streams: 1 });
  });

  it('gives up on a lost packet by the clock, without another packet', async () => {
    const { receiver, sink } = await receiverFor({
      encoding: 'L16',
      channels: 1,
      format: 'S16_BE',
      reorderNanoseconds: 1_000_000n,
    });
    const socket = await plainSocket();
    const packets = stream(3);
    for (const i of [0, 2]) socket.send(datagram(packets[i] as never), receiver.port, '127.0.0.1');
    await sink.holds(3 * 96);
    expect(receiver.stats).toMatchObject({ framesLost: 48, framesHeld: 0 });
  });

  it('writes what waits when it is flushed', async () => {
    const { receiver, sink } = await receiverFor({ encoding: 'L16', channels: 1, format: 'S16_BE' });
    const socket = await plainSocket();
    const packets = stream(3);
    const began = once(receiver, 'stream');
    socket.send(datagram(packets[0] as never), receiver.port, '127.0.0.1');
    await began;
    receiver.conceal(48);
    receiver.flush();
    expect(sink.bytes.length).toBe(2 * 96);
    expect(receiver.stats).toMatchObject({ framesConcealed: 48, framesReceived: 48 });
  });

  it('tells silence once, and then hears again', async () => {
    const { receiver, sink } = await receiverFor({
      silenceMilliseconds: 10,
      address: '239.192.7.2',
      interface: 'lo',
    });
    let told = 0;
    receiver.on('silence', () => told++);
    await once(receiver, 'silence');
    expect(receiver.stats.silent).toBe(true);
    const sender = await senderTo(receiver, { interface: 'lo' });
    const audio = noise(48);
    sender.write(audio);
    expect(await sink.holds(audio.length)).toEqual(audio);
    expect(told).toBe(1);
  });

  it('closes, and tells why, when its sink fails', async () => {
    const failure = new Error('the cable is gone');
    const { receiver } = await receiverFor({
      sink: {
        write: () => {
          throw failure;
        },
      },
    });
    const failed = once(receiver, 'error');
    const closed = new Promise<void>((resolve) => receiver.once('close', resolve));
    const sender = await senderTo(receiver);
    sender.write(noise(48));
    expect(await failed).toEqual([failure]);
    await closed;
    expect(receiver.closed).toBe(true);
  });

  it('closes when its signal aborts, before or after it opened', async () => {
    const abort = new AbortController();
    const { receiver } = await receiverFor({ signal: abort.signal });
    const closed = once(receiver, 'close');
    abort.abort();
    await closed;
    await expect(receiverFor({ signal: abort.signal })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });

  it('closes by `using`, more than once without harm, and refuses calls afterwards', async () => {
    const { receiver } = await receiverFor();
    {
      await using inner = receiver;
      expect(inner.closed).toBe(false);
    }
    receiver.close();
    receiver[Symbol.dispose]();
    await receiver[Symbol.asyncDispose]();
    expect(receiver.closed).toBe(true);
    expect(() => receiver.conceal(1)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    expect(() => receiver.flush()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  it.each<[string, object, string]>([
    ['a name for an address', { address: 'localhost' }, 'ERR_INVALID_ARG_VALUE'],
    ['a port of seventeen bits', { port: 65_536 }, 'ERR_OUT_OF_RANGE'],
    [
      'an interface that is not there',
      { address: '239.192.7.3', interface: 'none7' },
      'ERR_INVALID_ARG_VALUE',
    ],
    ['a source that is a name', { sources: ['localhost'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a rate of nothing', { rate: 0 }, 'ERR_OUT_OF_RANGE'],
    ['an address of another machine', { address: '192.0.2.77' }, 'EADDRNOTAVAIL'],
  ])('cannot be opened with %s', async (_, options, code) => {
    await expect(receiverFor(options)).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describe('a sender', () => {
  it('sends packet n when n packet times have passed on its clock, faster by its ppm', async () => {
    const socket = await plainSocket();
    const sender = keep(
      await RtpSender.open({
        ...FORMAT,
        address: '127.0.0.1',
        port: socket.address().port,
        timestamp: 0,
        sequence: 0,
      }),
    );
    let now = 5_000n;
    const slept: bigint[] = [];
    const clock: PaceClock = {
      now: () => now,
      sleep: async (nanoseconds) => {
        slept.push(nanoseconds);
        now += nanoseconds;
      },
    };
    const arrived: number[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (bytes) => {
        const packet = parseRtpPacket(bytes);
        if (typeof packet !== 'string') arrived.push(packet.timestamp);
        if (arrived.length === 11) resolve();
      });
    });
    const audio = noise(48 * 10 + 5);
    await sender.pace([audio.subarray(0, 100), audio.subarray(100)], { ppm: 250_000, clock });
    await all;
    // The first piece lacks frames for a packet; the rest of it comes with the second, at the same time.
    expect(slept).toEqual(Array(10).fill(800_000n));
    expect(arrived).toEqual(Array.from({ length: 11 }, (_, i) => i * 48));
  });

  it('makes up for a source that fell behind, but not for more than a second', async () => {
    const socket = await plainSocket();
    const sender = keep(
      await RtpSender.open({ ...FORMAT, address: '127.0.0.1', port: socket.address().port }),
    );
    let now = 0n;
    const slept: bigint[] = [];
    const clock: PaceClock = {
      now: () => now,
      sleep: async (nanoseconds) => {
        slept.push(nanoseconds);
        now += nanoseconds;
      },
    };
    const packet = noise(48);
    const source = function* () {
      yield packet;
      now += 3_000_000n;
      yield packet;
      yield packet;
      yield packet;
      yield packet;
      now += 5_000_000_000n;
      yield packet;
      yield packet;
    };
    await sender.pace(source(), { clock });
    expect(slept).toEqual([1_000_000n, 1_000_000n]);
  });

  it('stops pacing when its signal aborts', async () => {
    const { receiver } = await receiverFor();
    const sender = await senderTo(receiver);
    const signal = AbortSignal.abort();
    await expect(sender.pace([noise(96)], { signal })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });

  it('drops packets rather than keep them, and says how many', async () => {
    const { receiver } = await receiverFor();
    const sender = await senderTo(receiver, { maxQueuedPackets: 4 });
    sender.write(noise(48 * 100));
    await sender.drain();
    const { packetsSent, packetsDropped, frames } = sender.stats;
    expect(packetsSent + packetsDropped).toBe(100);
    expect(packetsSent).toBeGreaterThanOrEqual(4);
    expect(frames).toBe(4800);
  });

  it('counts what the kernel refuses, and goes on', async () => {
    const sender = keep(
      await RtpSender.open({ ...FORMAT, address: '127.0.0.1', port: 9, packetFrames: 10_900 }),
    );
    const elsewhere = keep(
      await RtpSender.open({ ...FORMAT, address: '192.0.2.1', localAddress: '127.0.0.1', port: 9 }),
    );
    sender.write(noise(10_900));
    elsewhere.write(noise(96));
    await Promise.all([sender.drain(), elsewhere.drain()]);
    expect(sender.stats).toMatchObject({ packetsSent: 1, packetsFailed: 0 });
    expect(elsewhere.stats).toMatchObject({ packetsSent: 0, packetsFailed: 2 });
    expect(elsewhere.stats.lastError).toMatchObject({ syscall: 'send' });
  });

  it('closes by its signal and by `using`, and refuses calls afterwards', async () => {
    const { receiver } = await receiverFor();
    const abort = new AbortController();
    const sender = await senderTo(receiver, { signal: abort.signal });
    abort.abort();
    expect(sender.closed).toBe(true);
    await sender[Symbol.asyncDispose]();
    for (const call of [() => sender.write(noise(1)), () => sender.flush(), () => sender.skip(1)]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
  });

  it.each<[string, object, string]>([
    ['a port of nothing', { port: 0 }, 'ERR_OUT_OF_RANGE'],
    ['a packet that no datagram holds', { packetFrames: 10_916 }, 'ERR_OUT_OF_RANGE'],
    ['a format that loses bits', { encoding: 'L16', format: 'S32_LE' }, 'ERR_INVALID_ARG_VALUE'],
    ['a ttl of nine bits', { ttl: 256 }, 'ERR_OUT_OF_RANGE'],
    ['a loopback that is no boolean', { multicastLoopback: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ])('cannot be opened with %s', async (_, options, code) => {
    await expect(
      RtpSender.open({ ...FORMAT, address: '127.0.0.1', port: 5004, ...options } as RtpSenderOptions),
    ).rejects.toThrow(expect.objectContaining({ code }));
  });
});
