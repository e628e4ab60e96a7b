// `utimer send --clock --card`: what a program plays, on the network by the media clock.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { Clock } from '../../../lib/clock/index.js';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import { withResolvers } from '../../../lib/promises.js';
import { decodePayload, parseRtpPacket, type RtpPacket } from '../../../lib/rtp/index.js';
import { Child, endAll } from '../bridge/support.js';
import { aplay, Player, wavFile } from '../loopback/players.js';
import { noise } from '../loopback/support.js';
import { withCard, withFolder, withLiftedLimits } from '../setup.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();
/** Room for all that comes at once when a sender catches up, on a machine that does not read it in time. */
const ROOMY = { type: 'udp4', recvBufferSize: 8 << 20 } as const;
withFolder('clocked-send', (made) => {
  folder = made;
});
afterEach(async () => {
  await Player.endAll();
  await endAll();
  expect(card.cables().filter(({ playback, capture }) => playback || capture)).toEqual([]);
});

/** A guest without KVM is slow: 100 packets a second are enough for it, where it hears all of them. */
const RATE = 8_000;
const PACKET = 80;
const FRAME_BYTES = 6;

/** Packet times of the media clock since a timestamp, begun ones included. */
function packetTimesSince(clock: Clock, timestamp: number, rate: number, packetFrames: number): number {
  const now = (clock.read().timeNs * BigInt(rate)) / 1_000_000_000n;
  return Math.ceil(Number(BigInt.asUintN(32, now - BigInt(timestamp))) / packetFrames);
}

it('sends all that two players play, with the timestamps of the clock', async () => {
  using tai = Clock.open('tai');
  const socket = createSocket(ROOMY).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(1 << 20);
  const audio = [noise(100 * PACKET * FRAME_BYTES), noise(50 * PACKET * FRAME_BYTES)];
  const end = (audio[1] as Buffer).subarray(-10 * FRAME_BYTES);
  const { promise: heardAll, resolve: heard } = withResolvers();
  const packets: RtpPacket[] = [];
  let last = Buffer.alloc(0);
  let began: bigint | undefined;
  socket.on('message', (bytes) => {
    const packet = parseRtpPacket(Uint8Array.from(bytes)) as RtpPacket;
    began ??= (tai.read().timeNs * BigInt(RATE)) / 1_000_000_000n;
    packets.push(packet);
    const frames = Buffer.from(decodePayload(packet.payload, 'L24', 'S24_3LE'));
    // What a player has played is on its way for as long as this machine is late.
    if (Buffer.concat([last, frames]).includes(end)) heard();
    last = frames;
  });
  const sender = Child.utimer(
    ...['send', '--to', `127.0.0.1:${socket.address().port}`, '--card', `${card.number}`, '--clock', 'tai'],
    ...['--json', '--sample-format', 'S24_3LE', '--rate', `${RATE}`, '--channels', '2', '--ptime', '10ms'],
  );
  expect(JSON.parse(await sender.line()).sdp).toContain('a=mediaclk:direct=0\r\n');
  // Silence is sent while nobody plays.
  while (packets.length < 50) await once(socket, 'message');
  for (const [i, each] of audio.entries()) {
    const { path } = wavFile(folder, each, { bits: 24, rate: RATE }, `${i}.wav`);
    // All of it is there when it starts: the clock waits for no player that is late.
    const { exit } = aplay(`hw:${card.number},0,0`, path, '--period-size=80', '--buffer-size=40000');
    expect(await exit).toEqual({ code: 0, stderr: '' });
  }
  await heardAll;
  sender.process.kill('SIGINT');
  expect(await sender.ended).toEqual({ code: 0, signal: null });
  const closed = JSON.parse(sender.lines.at(-1) as string);
  const ended = packetTimesSince(tai, (packets[0] as RtpPacket).timestamp, RATE, PACKET);
  expect(closed).toMatchObject({
    type: 'close',
    packetsDropped: 0,
    packetsFailed: 0,
    suspends: 0,
  });
  while (packets.length < closed.packetsSent) await once(socket, 'message');
  socket.close();

  const [first] = packets as [RtpPacket];
  expect(packets.map(({ sequence }) => (sequence - first.sequence) & 0xffff)).toEqual(
    packets.map((_, i) => i & 0xffff),
  );
  const sent = Buffer.concat(packets.map(({ payload }) => decodePayload(payload, 'L24', 'S24_3LE')));
  let from = 0;
  // A machine with more work than it can do reads too late what the clock has moved, and says so: then some may be missing.
  for (const each of closed.overruns === 0 ? audio : []) {
    const at = sent.indexOf(each, from);
    expect(at).toBeGreaterThanOrEqual(from);
    // Nothing but silence before it.
    expect(sent.subarray(from, at).every((byte) => byte === 0)).toBe(true);
    from = at + each.length;
  }
  // The first packet holds frames that had been when it left, and began at a multiple of its length since the epoch.
  const now = began as bigint;
  const age = Number(BigInt.asUintN(32, now - BigInt(first.timestamp)));
  expect(age).toBeGreaterThanOrEqual(PACKET - 1);
  expect((now - BigInt(age)) % BigInt(PACKET)).toBe(0n);
  const steps = packets
    .slice(1)
    .map(({ timestamp }, i) => (timestamp - (packets[i] as RtpPacket).timestamp + 2 ** 32) % 2 ** 32);
  expect(steps.every((step) => step > 0 && step % PACKET === 0)).toBe(true);
  const gaps = steps.reduce((sum, step) => sum + step / PACKET - 1, 0);
  // Others may have been behind the last packet.
  expect(closed.gaps).toBeGreaterThanOrEqual(gaps);
  expect(closed.gaps).toBeLessThanOrEqual(ended - packets.length);
});

it('counts all packet times that went by while it was stopped', async () => {
  using tai = Clock.open('tai');
  const socket = createSocket(ROOMY).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sequence = { first: -1, last: -1 };
  const timestamp = { first: 0, last: 0 };
  let count = 0;
  socket.on('message', (bytes) => {
    const packet = parseRtpPacket(bytes) as RtpPacket;
    if (count === 0) [sequence.first, timestamp.first] = [packet.sequence, packet.timestamp];
    [sequence.last, timestamp.last] = [packet.sequence, packet.timestamp];
    count += 1;
  });
  const { path } = wavFile(folder, 60 * 48_000, {}, 'minute.wav');
  const sender = Child.utimer(
    ...[
      'send',
      '--to',
      `127.0.0.1:${socket.address().port}`,
      '--clock',
      'tai',
      '--json',
      '--stats',
      '0',
      path,
    ],
  );
  while (count < 10) await once(socket, 'message');
  const stopped = process.hrtime.bigint();
  sender.process.kill('SIGSTOP');
  // Longer than the pacer catches up with at once: 1000 packets of 1 ms.
  while (process.hrtime.bigint() - stopped < 1_500_000_000n) await turn();
  sender.process.kill('SIGCONT');
  const behind = count + 100;
  while (count < behind) await once(socket, 'message');
  sender.process.kill('SIGINT');
  expect(await sender.ended).toEqual({ code: 0, signal: null });
  const closed = JSON.parse(sender.lines.at(-1) as string);
  const ended = packetTimesSince(tai, timestamp.first, 48_000, 48);
  const sent = () => ((sequence.last - sequence.first) & 0xffff) + 1;
  while (sent() < closed.packetsSent) await once(socket, 'message');
  socket.close();
  const passed = ((timestamp.last - timestamp.first) >>> 0) / 48 + 1;
  expect(passed - closed.packetsSent).toBeGreaterThan(500);
  expect(closed.gaps).toBeGreaterThanOrEqual(passed - closed.packetsSent);
  expect(closed.gaps).toBeLessThanOrEqual(ended - closed.packetsSent);
});
