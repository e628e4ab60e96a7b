// RtpSender: what it opens, describes and refuses, and how it paces.
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Clock, Pacer } from '../../lib/clock/index.js';
import {
  parseRtpPacket,
  parseSdp,
  type RtpPacket,
  RtpSender,
  type RtpSenderOptions,
} from '../../lib/rtp/index.js';
import {
  countingSocket,
  FORMAT,
  keep,
  noise,
  plainSocket,
  receiverFor,
  senderTo,
} from '../support/rtp-sockets.js';

/** A sender, and what comes of it. */
async function watched(options: Partial<RtpSenderOptions> = {}) {
  const socket = await plainSocket();
  const packets: (RtpPacket & { readonly at: bigint })[] = [];
  const now = Clock.open('tai');
  keep(now);
  socket.on('message', (bytes) => {
    const packet = parseRtpPacket(bytes) as RtpPacket;
    packets.push({ ...packet, payload: Uint8Array.from(packet.payload), at: now.read().timeNs });
  });
  const { port } = socket.address();
  const sender = keep(await RtpSender.open({ ...FORMAT, address: '127.0.0.1', port, ...options }));
  const come = async (count: number) => {
    while (packets.length < count) await once(socket, 'message');
    return packets;
  };
  return { sender, come };
}

describe('a sender', () => {
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

  it('paces a packet for each of its times, and sends all of them', async () => {
    const { sender, come } = await watched({ timestamp: 0, sequence: 0 });
    const audio = noise(48 * 20 + 5);
    const began = process.hrtime.bigint();
    await sender.pace([audio.subarray(0, 100), audio.subarray(100)]);
    // 21 ends of a period of 1 ms, of which the first may come at once behind the first frames.
    expect(process.hrtime.bigint() - began).toBeGreaterThanOrEqual(20_000_000n);
    expect(sender.pacing).toBeUndefined();
    const packets = await come(21);
    expect(packets.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 21 }, (_, i) => i * 48));
    expect(packets.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 21 }, (_, i) => i));
    expect(packets.at(-1)?.payload.length).toBe(5 * 6);
    expect(sender.stats()).toMatchObject({
      packetsSent: 21,
      packetsDropped: 0,
      frames: 965,
      framesPending: 0,
    });
  });

  it.each([
    ['of less than 100 us leave together', { packetFrames: 1 }, 5],
    ['of 1 ms are a period of the pacer', {}, 48],
  ])('packets %s, at a rate that ppm makes higher', async (_, options, periodFrames) => {
    const { sender, come } = await watched(options);
    // As many as wait in a socket while nobody reads.
    const paced = sender.pace([noise(100)], { ppm: 250_000 });
    expect(sender.pacing).toMatchObject({ rate: 48_000, periodFrames, ppb: 250_000_000 });
    await paced;
    const packets = await come(Math.ceil(100 / sender.packetFrames));
    expect(Buffer.concat(packets.map(({ payload }) => payload)).length).toBe(100 * 6);
  });

  it('stamps packets by the media clock, also behind a source that gave nothing for a while', async () => {
    using tai = Clock.open('tai');
    const { sender, come } = await watched();
    const framesAt = (ns: bigint) => (ns * 48_000n) / 1_000_000_000n;
    const began = framesAt(tai.read().timeNs);
    async function* source() {
      yield noise(48 * 5);
      // Until its clock has gone on without it.
      while ((sender.pacing as NonNullable<RtpSender['pacing']>).stats().underruns < 3n) await turn();
      yield noise(48 * 5);
    }
    await sender.pace(source(), { clock: tai, mediaOffset: 7 });
    const packets = await come(10);
    const ends = packets.map(({ timestamp }) => {
      const since = (BigInt(timestamp - 7 + 48) - began) % 2n ** 32n;
      return Number(since < 0n ? since + 2n ** 32n : since);
    });
    for (const [i, packet] of packets.entries()) {
      // A packet of the media clock starts at a multiple of its length, and leaves once its last frame has been.
      expect((BigInt(ends[i] as number) + began) % 48n).toBe(0n);
      expect(BigInt(ends[i] as number)).toBeLessThanOrEqual(framesAt(packet.at) - began + 1n);
    }
    const steps = ends.slice(1).map((end, i) => end - (ends[i] as number));
    expect(steps.every((step) => step > 0 && step % 48 === 0)).toBe(true);
    expect(steps[4]).toBeGreaterThanOrEqual(3 * 48);
    expect(packets.map(({ sequence }) => (sequence - (packets[0]?.sequence as number)) & 0xffff)).toEqual(
      Array.from({ length: 10 }, (_, i) => i),
    );
    const last = packets.at(-1) as RtpPacket;
    expect(sender.timestamp).toBe((last.timestamp + 48) % 2 ** 32);
  });

  it('goes on while the event loop is busy, with what was read ahead', async () => {
    const { sender, come } = await watched();
    const source = function* () {
      yield noise(48 * 50);
      const { packetsSent } = sender.stats();
      // Nothing turns meanwhile.
      while (sender.stats().packetsSent < packetsSent + 20) process.hrtime();
      yield noise(48);
    };
    await sender.pace(source());
    expect(await come(51)).toHaveLength(51);
  });

  it('shares the pacer that it is given, and fails where that is closed', async () => {
    using pacer = Pacer.open();
    const senders = [await watched(), await watched()];
    await Promise.all(senders.map(({ sender }) => sender.pace([noise(48 * 10)], { pacer })));
    for (const { come } of senders) expect(await come(10)).toHaveLength(10);
    const [one] = senders as [(typeof senders)[0]];
    const endless = async function* () {
      for (;;) yield noise(48);
    };
    const paced = one.sender.pace(endless(), { pacer });
    await expect(one.sender.pace([], { pacer })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_BUSY' }),
    );
    await one.come(12);
    pacer.close();
    await expect(paced).rejects.toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    // What waited for its time is gone, and the sender is there still.
    expect(one.sender.stats()).toMatchObject({ framesPending: 0, packetsDropped: 0 });
    await one.sender.pace([noise(48)]);
    await expect(one.sender.pace([], { pacer })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED' }),
    );
  });

  it('begins with as much as is to be there first, and ends what is shorter', async () => {
    const { sender, come } = await watched();
    const ends = () => (sender.pacing as NonNullable<RtpSender['pacing']>).stats().lateness.count;
    const sentBefore: number[] = [];
    async function* source() {
      yield noise(48 * 19);
      while (ends() < 5) await turn();
      sentBefore.push(sender.stats().packetsSent);
      yield noise(48);
    }
    await sender.pace(source(), { prebufferMs: 20 });
    await sender.pace([noise(48)], { prebufferMs: 1_000 });
    expect(sentBefore).toEqual([0]);
    expect(await come(21)).toHaveLength(21);
  });

  it('loses nothing of what is written at once', async () => {
    const counted = await countingSocket();
    const sender = keep(
      await RtpSender.open({ ...FORMAT, packetFrames: 6, address: '127.0.0.1', port: counted.port }),
    );
    sender.write(noise(6 * 20_000));
    await sender.drain();
    expect(sender.stats()).toMatchObject({ packetsSent: 20_000, packetsDropped: 0, packetsFailed: 0 });
    expect(await counted.all(20_000)).toBe(20_000);
  });

  it.each([
    ['a clock of its own kind', { clock: { now: () => 0n } }, 'ERR_INVALID_ARG_TYPE'],
    ['a pacer that is none', { pacer: {} }, 'ERR_INVALID_ARG_TYPE'],
    ['an offset without a clock', { mediaOffset: 0 }, 'ERR_INVALID_ARG_VALUE'],
    ['half a part', { ppm: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    ['a prebuffer of hours', { prebufferMs: 1e7 }, 'ERR_OUT_OF_RANGE'],
    ['an option of another call', { aheadMs: 5 }, 'ERR_INVALID_ARG_VALUE'],
  ])('does not pace with %s', async (_, options, code) => {
    const { sender } = await watched();
    await expect(sender.pace([], options as object)).rejects.toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['a number', 5],
    ['nothing', null],
    ['an object', {}],
    ['a word', 'abc'],
  ])('does not pace %s', async (_, source) => {
    const { sender } = await watched();
    await expect(sender.pace(source as never)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining('source must be an iterable or an async iterable'),
      }),
    );
  });

  it.each([
    ['clock', () => ({ clock: Clock.open('tai') })],
    ['pacer', () => ({ pacer: Pacer.open() })],
  ])('sends as ever behind a pace that was refused, since its %s is closed', async (_, open) => {
    const { sender } = await watched();
    const options = open();
    for (const gone of Object.values(options)) gone.close();
    await expect(sender.pace([], options)).rejects.toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    sender.write(noise(48));
    expect(sender.stats()).toMatchObject({ packetsSent: 1 });
    await sender.drain();
  });

  it('has no rate beside that of a clock', async () => {
    using clock = Clock.open('tai');
    const { sender } = await watched();
    await expect(sender.pace([], { clock, ppm: 1 })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
    clock.close();
    await expect(sender.pace([], { clock })).rejects.toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    expect(sender.pacing).toBeUndefined();
    await sender.pace([noise(48)]);
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
