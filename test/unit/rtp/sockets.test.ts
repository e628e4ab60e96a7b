import { Socket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  type PaceClock,
  parseRtpPacket,
  parseSdp,
  RtpSender,
  type RtpSenderOptions,
} from '../../../lib/rtp/index.js';
import { describeReceiver } from '../../support/receiver-contract.js';
import {
  countingSocket,
  FORMAT,
  keep,
  noise,
  plainSocket,
  receiverFor,
  senderTo,
} from '../../support/rtp-sockets.js';

describeReceiver('dgram');

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

  it('describes its session by its SSRC, and the address that it sends from', async () => {
    for (const [options, origin] of [
      [{ address: '127.0.0.1' }, 'IP4 127.0.0.1'],
      [{ address: '127.0.0.1', localAddress: '127.0.0.7' }, 'IP4 127.0.0.7'],
      [{ address: '::1' }, 'IP6 ::1'],
      [{ address: '239.192.7.5', interface: 'lo' }, 'IP4 127.0.0.1'],
      [{ address: '239.192.7.5', localAddress: '127.0.0.1' }, 'IP4 127.0.0.1'],
    ] as const) {
      const sender = keep(await RtpSender.open({ ...FORMAT, port: 5004, ssrc: 77, ...options }));
      expect(sender.describe()).toContain(`o=- 77 0 IN ${origin}\r\n`);
      expect(parseSdp(sender.describe()).sources).toEqual([]);
      const unsaid = { name: undefined, origin: undefined, sessionId: undefined } as object;
      expect(sender.describe(unsaid)).toBe(sender.describe());
    }
    const group = keep(
      await RtpSender.open({ ...FORMAT, address: '239.192.7.5', port: 5004, interface: 'lo' }),
    );
    expect(parseSdp(group.describe({ origin: '10.0.0.1' })).sources).toEqual([]);
    const described = group.describe({ origin: '10.0.0.1', sessionId: 5, sourceFilter: true });
    expect(described).toContain('o=- 5 0 IN IP4 10.0.0.1\r\n');
    expect(parseSdp(described).sources).toEqual(['10.0.0.1']);
  });

  it('loses nothing of a source that fell behind, nor of what is written at once', async () => {
    const counted = await countingSocket();
    const sender = keep(
      await RtpSender.open({ ...FORMAT, packetFrames: 6, address: '127.0.0.1', port: counted.port }),
    );
    sender.write(noise(6 * 5_000));
    // The clock jumps, as it does for a program that was stopped; sleepers are woken up at once, and late.
    let now = 0n;
    const clock: PaceClock = {
      now: () => now,
      sleep: async (nanoseconds) => {
        now += nanoseconds + 900_000n;
        await turn();
      },
    };
    const source = function* () {
      yield noise(6 * 10);
      now += 900_000_000n;
      yield noise(6 * 20_000);
    };
    await sender.pace(source(), { clock });
    await sender.drain();
    expect(sender.stats()).toMatchObject({ packetsSent: 25_010, packetsDropped: 0, packetsFailed: 0 });
    expect(await counted.all(25_010)).toBe(25_010);
  });

  it('waits while the kernel has no room, and where it is not asked to wait drops what is too much', async () => {
    const { receiver } = await receiverFor();
    const sender = await senderTo(receiver, { maxQueuedPackets: 4 });
    // A kernel that takes nothing until it is told to.
    const waiting: (() => void)[] = [];
    const send = vi.spyOn(Socket.prototype, 'send').mockImplementation((...args) => {
      waiting.push(args.at(-1) as () => void);
    });
    const count = vi.spyOn(Socket.prototype, 'getSendQueueCount').mockImplementation(() => waiting.length);
    try {
      const clock: PaceClock = { now: () => 0n, sleep: async () => {} };
      const paced = sender.pace([noise(48 * 10)], { clock });
      for (let taken = 0; taken < 10; taken += 1) {
        while (waiting.length < Math.min(4, 10 - taken)) await turn();
        expect(waiting.length).toBeLessThanOrEqual(4);
        waiting.shift()?.();
      }
      await paced;
      expect(sender.stats()).toMatchObject({ packetsSent: 10, packetsDropped: 0 });
      sender.write(noise(48 * 100));
      expect(sender.stats()).toMatchObject({ packetsDropped: 96, frames: 5280 });
      for (const taken of waiting.splice(0)) taken();
      expect(sender.stats()).toMatchObject({ packetsSent: 14, packetsFailed: 0 });
    } finally {
      send.mockRestore();
      count.mockRestore();
    }
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
    expect(sender.stats()).toMatchObject({ packetsSent: 1, packetsFailed: 0 });
    expect(elsewhere.stats()).toMatchObject({ packetsSent: 0, packetsFailed: 2 });
    expect(elsewhere.stats().lastError).toMatchObject({ syscall: 'send' });
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
    ['an interface for one receiver', { interface: 'lo' }, 'ERR_INVALID_ARG_VALUE'],
    ['hops to one receiver', { ttl: 8 }, 'ERR_INVALID_ARG_VALUE'],
    ['a loopback for one receiver', { multicastLoopback: false }, 'ERR_INVALID_ARG_VALUE'],
    ['a loopback that is no boolean', { multicastLoopback: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ])('cannot be opened with %s', async (_, options, code) => {
    await expect(
      RtpSender.open({ ...FORMAT, address: '127.0.0.1', port: 5004, ...options } as RtpSenderOptions),
    ).rejects.toThrow(expect.objectContaining({ code }));
  });
});
