/** What a receiver does, whosesoever socket it has: run on both. */
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSdp, type RtpReceiver, type RtpReceiverOptions } from '../../lib/rtp/index.js';
import { FORMAT, FRAME_BYTES, noise, plainSocket, receiverFor, senderTo } from './rtp-sockets.js';
import { datagram, generator, payloadAt, stream } from './rtp-stream.js';

const turn = () => new Promise(setImmediate);

/** A socket that sends at once, and not behind a turn of the event loop. */
async function connected({ port }: RtpReceiver): Promise<Socket> {
  const socket = await plainSocket();
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Keeps the event loop from turning. */
function stayBusy(nanoseconds: bigint): void {
  for (const end = process.hrtime.bigint() + nanoseconds; process.hrtime.bigint() < end; );
}

export function describeReceiver(socket: 'native' | 'dgram'): void {
  const receiverOf = (options: Partial<RtpReceiverOptions> = {}) => receiverFor({ socket, ...options });

  describe('a stream over a socket', () => {
    it('arrives as it was written, in whatever pieces', async () => {
      const { receiver, sink } = await receiverOf();
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
      expect(receiver.stats()).toMatchObject({
        packets: 101,
        framesDelivered: 4817,
        framesLost: 0,
        silent: false,
      });
      expect(sender.stats()).toMatchObject({
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
        const { receiver, sink } = await receiverOf({ channels, format: 'S32_LE' });
        const sender = await senderTo(receiver, { channels, packetFrames, format: 'S32_LE' });
        const audio = Buffer.alloc(packetFrames * 20 * channels * 4);
        for (let i = 0; i < audio.length; i += 4) audio.writeInt32LE((Math.imul(i, 40_503) << 8) | 0, i);
        sender.write(audio);
        // Not toEqual, which takes a second for this many elements.
        expect((await sink.holds(audio.length)).equals(audio)).toBe(true);
        expect(sender.packetFrames).toBe(packetFrames);
      }
    });

    it('shows frames that the sender left out, in their place, and calls none of them lost', async () => {
      const { receiver, sink } = await receiverOf();
      const sender = await senderTo(receiver);
      const audio = noise(48 * 20);
      const lost = once(receiver, 'discontinuity');
      sender.write(audio);
      sender.skip(1000);
      sender.write(audio);
      const bytes = await sink.holds(2 * audio.length + 1000 * FRAME_BYTES);
      expect(bytes).toEqual(Buffer.concat([audio, Buffer.alloc(1000 * FRAME_BYTES), audio]));
      expect((await lost)[0]).toMatchObject({ frames: 1000 });
      expect(receiver.stats()).toMatchObject({ framesLost: 0, framesSkipped: 1000, discontinuities: 1 });
    });

    it('is described well enough to be received', async () => {
      const { receiver } = await receiverOf();
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
      const first = await receiverOf(group);
      const { port } = first.receiver;
      const second = await receiverOf({ ...group, port, interface: 'lo', sources: ['127.0.0.1'] });
      const sender = await senderTo(first.receiver, { interface: 'lo', localAddress: '127.0.0.1', ttl: 1 });
      const audio = noise(48 * 50);
      sender.write(audio);
      expect(await first.sink.holds(audio.length)).toEqual(audio);
      expect(await second.sink.holds(audio.length)).toEqual(audio);
      expect(first.receiver.stats().packets).toBe(50);
    });

    it('goes over IPv6 as well', async () => {
      const { receiver, sink } = await receiverOf({ address: '::1' });
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
        const { receiver, sink } = await receiverOf(filter);
        const right = await senderTo(receiver, { localAddress: '127.0.0.2' });
        const wrong = await senderTo(receiver, { localAddress: '127.0.0.3' });
        wrong.write(noise(48, 1));
        await wrong.drain();
        right.write(audio);
        expect(await sink.holds(audio.length)).toEqual(audio);
        expect(receiver.stats()).toMatchObject({ datagramsFiltered: 1, packets: 1 });
      }
    });

    it('tells once what it refuses, and what would take it', async () => {
      for (const [options, wrong, event] of [
        [{}, { payloadType: 97 }, { reason: 'payload-type', option: 'payloadType', value: 97 }],
        [
          { sources: ['127.0.0.2'] },
          { localAddress: '127.0.0.3' },
          {
            ...{ reason: 'filtered', option: 'sources', value: '127.0.0.3' },
            ...{ came: 'a datagram from 127.0.0.3', expected: 'one from 127.0.0.2' },
          },
        ],
        [
          { excludedSources: ['127.0.0.3'] },
          { localAddress: '127.0.0.3' },
          { reason: 'filtered', option: undefined, expected: 'one from elsewhere than 127.0.0.3' },
        ],
      ] as const) {
        const { receiver, sink } = await receiverOf(options);
        const told: object[] = [];
        receiver.on('refusal', (refusal) => told.push(refusal));
        const refused = await senderTo(receiver, wrong);
        for (let i = 0; i < 20; i++) {
          refused.write(noise(48, i));
          await refused.drain();
        }
        const taken = await senderTo(receiver, { localAddress: '127.0.0.2' });
        taken.write(noise(48));
        await sink.holds(48 * FRAME_BYTES);
        expect(told).toMatchObject([event]);
        const { datagramsFiltered, packetsRejected } = receiver.stats();
        expect(datagramsFiltered + packetsRejected['payload-type']).toBe(20);
      }
    });

    it('keeps the transport address of a stream that another sender has the source identifier of', async () => {
      // The longest there is: on a slow machine the first may rest for a while.
      const { receiver } = await receiverOf({
        ...{ encoding: 'L16', channels: 1, format: 'S16_BE', takeoverMs: 10_000 },
      });
      const [first, second] = [await connected(receiver), await connected(receiver)];
      const packets = stream(100).map((packet) => datagram(packet));
      const others = stream(100, { sequence: 30_000, timestamp: 2_000_000 }).map((packet) =>
        datagram(packet),
      );
      const refused = once(receiver, 'refusal');
      for (let i = 0; i < 100; i += 4) {
        for (const packet of packets.slice(i, i + 4)) first.send(packet);
        for (const packet of others.slice(i, i + 4)) second.send(packet);
        while (receiver.stats().packets < 2 * (i + 4)) await turn();
      }
      expect(receiver.stats()).toMatchObject({
        streams: 1,
        framesReceived: 100 * 48,
        framesDelivered: 100 * 48,
      });
      const text = ({ port }: { port: number }) => `source 0x00000001 from 127.0.0.1:${port}`;
      expect((await refused)[0]).toMatchObject({
        ...{ reason: 'rival', option: 'sources' },
        ...{ came: text(second.address()), expected: text(first.address()) },
      });
    });

    it('says how many bytes the kernel gave its socket', async () => {
      const most = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
      const given = async (receiveBufferBytes: number) =>
        (await receiverOf({ receiveBufferBytes })).receiver.stats().receiveBufferBytes;
      expect(await given(65_536)).toBe(65_536);
      // Whether there may be more depends on who runs this, and never with a socket of Node.
      expect(socket === 'native' ? [most, 2 ** 26] : [most]).toContain(await given(2 ** 26));
    });

    it('knows an address however it is written', async () => {
      const audio = noise(48);
      for (const filter of [
        { sources: ['0:0:0:0:0:0:0:1'] },
        { sources: ['::2', '::0001%lo'] },
        { excludedSources: ['FD00:0::7'] },
      ]) {
        const { receiver, sink } = await receiverOf({ address: '0::1', ...filter });
        expect(receiver.address).toBe('::1');
        const sender = await senderTo(receiver);
        sender.write(audio);
        expect(await sink.holds(audio.length)).toEqual(audio);
        expect(receiver.stats().datagramsFiltered).toBe(0);
      }
      const { receiver } = await receiverOf({ address: '::1', excludedSources: ['0:0::1'] });
      const sender = await senderTo(receiver);
      const { receiver: other, sink } = await receiverOf({ address: '::1' });
      sender.write(audio);
      await sender.drain();
      (await senderTo(other)).write(audio);
      await sink.holds(audio.length);
      expect(receiver.stats()).toMatchObject({ datagramsFiltered: 1, packets: 0 });
    });

    it('joins groups of IPv6, those of one link at the interface that they need', async () => {
      for (const address of ['ff02::7:1', 'ff01::7:2', 'ff05:0::7:3', 'ff0e::7:4']) {
        const { receiver } = await receiverOf({ address, interface: 'lo' });
        expect(receiver.address).toBe(address.replace(':0::', '::'));
        const bySource = await receiverOf({ address, interface: '::1', sources: ['::1', 'fd00::1'] });
        expect(bySource.receiver.port).not.toBe(0);
        const byZone = await receiverOf({ address: `${address}%lo` });
        expect(byZone.receiver.address).toBe(receiver.address);
      }
    });

    it('follows the last packets of a stream when silence comes, though they are too few to confirm a gap', async () => {
      const { receiver, sink } = await receiverOf({
        ...{ encoding: 'L16', channels: 1, format: 'S16_BE', silenceMs: 10 },
      });
      const socket = await plainSocket();
      const packets = stream(31);
      for (const i of [0, 1, 2, 30]) {
        socket.send(datagram(packets[i] as never), receiver.port, '127.0.0.1');
      }
      await sink.holds(31 * 96);
      expect(receiver.stats()).toMatchObject({
        framesReceived: 4 * 48,
        framesLost: 27 * 48,
        packetsStray: 0,
      });
    });

    it('writes nothing once it is closed, also from its own events', async () => {
      for (const event of ['stream', 'loss'] as const) {
        const { receiver, sink } = await receiverOf({
          ...{ encoding: 'L16', channels: 1, format: 'S16_BE', reorderPackets: 0 },
        });
        const closed = once(receiver, 'close');
        receiver.on(event, () => receiver.close());
        const socket = await plainSocket();
        const packets = stream(4).filter((_, i) => i !== 2);
        for (const packet of packets) socket.send(datagram(packet), receiver.port, '127.0.0.1');
        await closed;
        const written = event === 'stream' ? 0 : 3 * 48;
        expect(sink.bytes.length).toBe(written * 2);
        expect(receiver.stats().framesDelivered).toBe(written);
      }
    });

    it('goes on after garbage', async () => {
      const { receiver, sink } = await receiverOf({ encoding: 'L16', channels: 1, format: 'S16_BE' });
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
      expect(receiver.stats()).toMatchObject({ packets: 120, framesLost: 0, streams: 1 });
    });

    it('gives up on a lost packet by the clock, without another packet', async () => {
      const { receiver, sink } = await receiverOf({
        encoding: 'L16',
        channels: 1,
        format: 'S16_BE',
        reorderMs: 1,
      });
      const socket = await plainSocket();
      const packets = stream(3);
      for (const i of [0, 2]) socket.send(datagram(packets[i] as never), receiver.port, '127.0.0.1');
      await sink.holds(3 * 96);
      expect(receiver.stats()).toMatchObject({ framesLost: 48, framesWaiting: 0 });
    });

    it('takes a packet in time that arrived in time, however late the event loop turns', async () => {
      const { receiver, sink } = await receiverOf({
        ...{ encoding: 'L16', channels: 1, format: 'S16_BE', reorderMs: 1 },
      });
      const socket = await connected(receiver);
      const packets = stream(3);
      const send = (i: number) => socket.send(datagram(packets[i] as never));
      send(0);
      send(2);
      while (receiver.stats().framesWaiting === 0) await turn();
      send(1);
      stayBusy(10_000_000n);
      await sink.holds(3 * 96);
      expect(receiver.stats()).toMatchObject({ packetsReordered: 1, packetsLate: 0, framesLost: 0 });
    });

    it('follows no other source of which many packets wait, where those of the stream wait behind them', async () => {
      const { receiver } = await receiverOf({ encoding: 'L16', channels: 1, format: 'S16_BE' });
      const socket = await connected(receiver);
      const packets = stream(20).map((packet) => datagram(packet));
      const others = stream(103, { ssrc: 2 }).map((packet) => datagram(packet));
      for (const packet of [...packets.splice(0, 10), ...others.splice(0, 3)]) socket.send(packet);
      while (receiver.stats().packets < 13) await turn();
      for (const packet of [...others, ...packets]) socket.send(packet);
      stayBusy(30_000_000n);
      while (receiver.stats().packets < 123) await turn();
      expect(receiver.stats()).toMatchObject({ streams: 1, packetsPlaced: 20, packetsStray: 103 });
    });

    it('gives up on a lost packet while others do not end', async () => {
      const { receiver } = await receiverOf({
        ...{ encoding: 'L16', channels: 1, format: 'S16_BE', reorderMs: 1 },
        // Little room, so that no more than it holds may postpone it.
        ...{ receiveBufferBytes: 65_536, payloadType: 96 },
      });
      const socket = await connected(receiver);
      const packets = stream(3);
      socket.send(datagram(packets[0] as never));
      socket.send(datagram(packets[2] as never));
      const lost = once(receiver, 'loss');
      let isLost = false;
      lost.then(() => {
        isLost = true;
      });
      // More in every turn than one of its turns takes.
      while (!isLost) {
        for (let i = 0; i < 40; i++) socket.send(datagram(packets[0] as never));
        await turn();
      }
      expect((await lost)[0]).toMatchObject({ frames: 48 });
    });

    it('writes what waits when it is flushed', async () => {
      const { receiver, sink } = await receiverOf({ encoding: 'L16', channels: 1, format: 'S16_BE' });
      const socket = await plainSocket();
      const packets = stream(3);
      const began = once(receiver, 'stream');
      socket.send(datagram(packets[0] as never), receiver.port, '127.0.0.1');
      await began;
      receiver.conceal(48);
      receiver.flush();
      expect(sink.bytes.length).toBe(2 * 96);
      expect(receiver.stats()).toMatchObject({ framesConcealed: 48, framesReceived: 48 });
    });

    it('tells silence once, and then hears again', async () => {
      const { receiver, sink } = await receiverOf({
        silenceMs: 10,
        address: '239.192.7.2',
        interface: 'lo',
      });
      let told = 0;
      receiver.on('silence', () => told++);
      await once(receiver, 'silence');
      expect(receiver.stats().silent).toBe(true);
      const sender = await senderTo(receiver, { interface: 'lo' });
      const audio = noise(48);
      sender.write(audio);
      expect(await sink.holds(audio.length)).toEqual(audio);
      expect(told).toBe(1);
    });

    it('keeps its jitter in silence, and does not judge the clock', async () => {
      const { receiver } = await receiverOf({ silenceMs: 10 });
      const sender = await connected(receiver);
      const began = once(receiver, 'stream');
      // A second late by its timestamp.
      for (const [sequence, timestamp] of [
        [0, 0],
        [1, 47_952],
      ] as const)
        sender.send(datagram({ sequence, timestamp, ssrc: 7, frames: 48 }));
      await began;
      await once(receiver, 'silence');
      const { jitterMs, senderPpm, silent } = receiver.stats();
      expect([jitterMs > 1, senderPpm, silent]).toEqual([true, undefined, true]);
    });

    it('closes, and tells why, when its sink fails', async () => {
      const failure = new Error('the cable is gone');
      const { receiver } = await receiverOf({
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
      const { receiver } = await receiverOf({ signal: abort.signal });
      const closed = once(receiver, 'close');
      abort.abort();
      await closed;
      await expect(receiverOf({ signal: abort.signal })).rejects.toThrow(
        expect.objectContaining({ name: 'AbortError' }),
      );
    });

    it('closes by `using`, more than once without harm, and refuses calls afterwards', async () => {
      const { receiver } = await receiverOf();
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
      ['a source of another family', { sources: ['::1'] }, 'ERR_INVALID_ARG_VALUE'],
      ['an excluded source of another family', { excludedSources: ['::1'] }, 'ERR_INVALID_ARG_VALUE'],
      ['a group of a link that is not named', { address: 'ff02::1' }, 'ERR_INVALID_ARG_VALUE'],
      ['a link-local address without its link', { address: 'fe80::1' }, 'ERR_INVALID_ARG_VALUE'],
      [
        'an interface by an address that none has',
        { address: '239.192.7.3', interface: '192.0.2.78' },
        'ERR_INVALID_ARG_VALUE',
      ],
      ['an interface for an address of its own', { interface: 'lo' }, 'ERR_INVALID_ARG_VALUE'],
      ['an interface for all addresses', { address: '0.0.0.0', interface: 'lo' }, 'ERR_INVALID_ARG_VALUE'],
      ['an unknown kind of socket', { socket: 'raw' }, 'ERR_INVALID_ARG_VALUE'],
      ['a rate of nothing', { rate: 0 }, 'ERR_OUT_OF_RANGE'],
      ['an address of another machine', { address: '192.0.2.77' }, 'EADDRNOTAVAIL'],
    ])('cannot be opened with %s', async (_, options, code) => {
      await expect(receiverOf(options)).rejects.toThrow(expect.objectContaining({ code }));
    });
  });
}
