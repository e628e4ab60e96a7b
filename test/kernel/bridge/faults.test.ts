// What a network does to a stream: whatever is lost, doubled, overtaken or begins anew, the listener of the cable gets as many
// frames as the timestamps count, each in its place.
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BridgeStats } from 'alsa-utimer/bridge';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import { TwoHosts } from '../../support/network.js';
import {
  datagram,
  expectedSamples,
  generator,
  hostileDatagrams,
  PACKET_FRAMES,
  RATE,
  shuffled,
  stream,
  type TestPacket,
} from '../../support/rtp-stream.js';
import { difference } from '../loopback/support.js';
import { withCard, withFolder, withLiftedLimits } from '../setup.js';
import { Child, Datagrams, endAll, Listening, openBridge, recorder, STREAM, stayBusy } from './support.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();
withFolder('faults', (made) => {
  folder = made;
});

afterEach(endAll);

const PERIOD_BYTES = STREAM.periodFrames * 2;
/** A million take minutes: `npm run soak` sends them. */
const HOSTILE_PACKETS = Number(process.env.HOSTILE_PACKETS ?? 5_000);

/** What has to be heard of streams that follow each other, and the silence that completes the last period. */
function audio(...streams: readonly (readonly TestPacket[])[]): Buffer {
  const samples = streams.map((packets) => Buffer.from(expectedSamples(packets).buffer).swap16());
  const whole = Buffer.concat(samples);
  return Buffer.concat([whole, Buffer.alloc((PERIOD_BYTES - (whole.length % PERIOD_BYTES)) % PERIOD_BYTES)]);
}

const samplesOf = (bytes: Buffer) =>
  Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i));
/** Samples of a stream are never zero: this leaves out the silence between them. */
const sounding = (samples: Uint16Array) => Buffer.from(samples.filter((sample) => sample !== 0).buffer);

/** Sends each part when the listener has heard those before it, and closes the bridge. @returns what was heard, and the counters */
async function carry(parts: Iterable<readonly TestPacket[]>): Promise<{ heard: Buffer; stats: BridgeStats }> {
  const bridge = await openBridge(card.number);
  const listening = new Listening(bridge);
  const datagrams = await Datagrams.to(bridge);
  for (const packets of parts) {
    const { loopback } = await datagrams.send(packets.map((packet) => datagram(packet)));
    await listening.reaches(loopback.frames);
  }
  datagrams.close();
  await bridge.close();
  const stats = bridge.stats();
  return { heard: await listening.end(), stats };
}

/** A stream of a second or so, in parts that a listener's buffer takes with all their gaps. */
function* inParts<T>(all: readonly T[], size = 400): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

describe('A listener gets the frames that the timestamps count', () => {
  // Many more cases of each, without a kernel: test/unit/rtp/jitter-buffer/jitter-buffer.test.ts.
  it('though packets are lost, one by one and in bursts of up to a second, doubled and overtaken', async () => {
    const random = generator(1);
    // Sequence number and timestamp wrap on the way.
    const packets = stream(6000, { sequence: 64_000, timestamp: 2 ** 32 - 1000 * PACKET_FRAMES });
    const bursts: TestPacket[][] = [];
    for (let at = 0; at < packets.length - 50; at += random(1000)) {
      const burst = packets.slice(at, at + 100 + random(300));
      bursts.push(burst);
      at += burst.length;
    }
    // The first ones and the last ones of each say where it lies.
    const received = bursts.map((burst) =>
      burst.filter((_, i) => i < 5 || i >= burst.length - 5 || random(100) >= 20),
    );
    const doubled = received.map((burst) =>
      shuffled(
        burst.flatMap((packet) => (random(100) < 10 ? [packet, packet] : [packet])),
        3,
        random,
      ),
    );
    const { heard, stats } = await carry(doubled);
    expect(difference(audio(received.flat()), heard)).toBeUndefined();
    const framesReceived = received.flat().length * PACKET_FRAMES;
    const framesDelivered = expectedSamples(received.flat()).length;
    expect(stats).toMatchObject({
      receiver: {
        ...{ framesReceived, framesDelivered, framesLost: framesDelivered - framesReceived, streams: 1 },
        ...{ packetsLate: 0, packetsDuplicate: doubled.flat().length - received.flat().length },
      },
      loopback: { xruns: 0, insertedFrames: 0, frames: heard.length / 2 },
    });
  });

  it('of a sender that begins anew ten times, and loses packets all the while', async () => {
    const random = generator(9);
    const lives = Array.from({ length: 10 }, () => {
      const begin = { ssrc: random(2 ** 32), sequence: random(65_536), timestamp: random(2 ** 32) };
      const packets = stream(20 + random(50), begin);
      return packets.filter(() => random(100) >= 20);
    });
    const bridge = await openBridge(card.number, { takeoverMs: 20 });
    const listening = new Listening(bridge);
    const told: [string, number, number][] = [];
    bridge.on('stream', ({ reason, ssrc, timestamp }) => told.push([reason, ssrc, timestamp]));
    for (const packets of lives) {
      // Each from a port of its own, as a process that was started anew, and not before the last one was followed.
      const began = once(bridge, 'stream');
      const datagrams = await Datagrams.to(bridge);
      await datagrams.send(packets.map((packet) => datagram(packet)));
      datagrams.close();
      await began;
    }
    await bridge.close();
    expect(difference(audio(...lives), await listening.end())).toBeUndefined();
    expect(told).toEqual(
      lives.map(([first], i) => [i === 0 ? 'first' : 'ssrc', first?.ssrc, first?.timestamp]),
    );
    expect(bridge.stats().receiver).toMatchObject({ streams: 10, packetsStray: 0, packetsLate: 0 });
  });

  it.each(['silence', 'stall'] as const)('over outages, with idle %s, and no more', async (idle) => {
    // Silence in the midst of packets, which it has not to do with, would take seconds without any.
    const policy = idle === 'silence' ? { idle, graceMs: 2000 } : { idle };
    const bridge = await openBridge(card.number, { ...policy, maxGapFrames: 2 ** 28 });
    const listening = new Listening(bridge);
    const datagrams = await Datagrams.to(bridge);
    const received: TestPacket[] = [];
    let at = 0;
    const send = async (count: number) => {
      const sequence = (65_500 + at) & 0xffff;
      const packets = stream(count, {
        sequence,
        timestamp: (2 ** 32 - 70_000 + at * PACKET_FRAMES) % 2 ** 32,
      });
      at += count;
      received.push(...packets);
      const { loopback } = await datagrams.send(packets.map((packet) => datagram(packet)));
      await listening.reaches(loopback.frames);
      return loopback.insertedFrames;
    };
    const OUTAGE = 24_000;
    // They begin anywhere in a period. In all, periods are whole.
    for (const count of [203, 101, 307, 59]) {
      const before = await send(count);
      let lost = OUTAGE;
      if (idle === 'silence') {
        let inserted = 0;
        while (inserted < OUTAGE) inserted = (await bridge.sample()).loopback.insertedFrames - before;
        // More than has been inserted when packets come again, however long that takes.
        lost = inserted + 5 * RATE;
      }
      at += 10 * Math.ceil(lost / STREAM.periodFrames);
    }
    await send(200);
    datagrams.close();
    await bridge.close();
    const { receiver, loopback, framesCovered } = bridge.stats();
    const heard = await listening.end();
    expect(receiver).toMatchObject({ gaps: 4, streams: 1, packetsStray: 0, packetsLate: 0 });
    expect(loopback).toMatchObject({
      ...{ frames: receiver.framesDelivered - framesCovered, paddedFrames: 0, xruns: 0 },
    });
    if (idle === 'silence') expect(framesCovered).toBeGreaterThanOrEqual(4 * OUTAGE);
    else expect([framesCovered, loopback.insertedFrames]).toEqual([0, 0]);
    // Samples are never zero, so that silence is what the cable put around them and between them.
    const sent = samplesOf(audio(received));
    const all = samplesOf(heard);
    const stretch = all.subarray(
      all.findIndex((sample) => sample !== 0),
      all.findLastIndex((sample) => sample !== 0) + 1,
    );
    expect(stretch.length).toBe(sent.length);
    expect(difference(sounding(sent), sounding(stretch))).toBeUndefined();
  });

  it('of a sender that is away for longer than a gap may be, and then goes on', async () => {
    const packets = stream(9000);
    const before = packets.slice(0, 2000);
    const after = packets.slice(7000);
    const { heard, stats } = await carry([...inParts(before), ...inParts(after)]);
    expect(difference(audio(before, after), heard)).toBeUndefined();
    expect(stats.receiver).toMatchObject({ framesLost: 0, streams: 2 });
  });

  it(`among ${HOSTILE_PACKETS} hostile packets, and then those of a sender that begins anew, whole`, {
    timeout: 300_000 + HOSTILE_PACKETS * 6,
  }, async () => {
    const bridge = await openBridge(card.number, { takeoverMs: 0, silenceMs: 100 });
    const last = stream(200, { ssrc: 99, timestamp: 2 ** 32 - 480 });
    const followed = new Promise<void>((resolve) => {
      bridge.on('stream', ({ ssrc }) => ssrc === 99 && resolve());
    });
    const listening = new Listening(bridge, { keepBytes: 2 * audio(last).length });
    let byTimestamp = 0;
    let began = 0;
    bridge.on('stream', ({ timestamp, previous }) => {
      if (previous) byTimestamp += (previous.timestamp - began) >>> 0;
      began = timestamp;
    });
    const hostile = hostileDatagrams(11);
    const datagrams = await Datagrams.to(bridge);
    let memory = 0;
    let silent = false;
    for (let sent = 0; sent < HOSTILE_PACKETS; sent += 100) {
      if (sent === HOSTILE_PACKETS / 10) memory = process.memoryUsage.rss();
      const { loopback, receiver } = await datagrams.send(Array.from({ length: 100 }, hostile));
      silent = receiver.silent;
      await listening.reaches(loopback.frames);
    }
    // What one packet in ten left behind would be more where there are a million of about a kilobyte; fewer say nothing.
    if (HOSTILE_PACKETS >= 1_000_000) {
      expect(process.memoryUsage.rss() - memory).toBeLessThan(100_000_000);
    }
    // Another source is followed once the current one has ended.
    if (!silent) await once(bridge, 'silence');
    await datagrams.send(last.map((packet) => datagram(packet)));
    await followed;
    datagrams.close();
    await bridge.close();
    const { receiver, loopback, framesCompleted, framesCovered, eventsDropped } = bridge.stats();
    expect(eventsDropped).toBe(0);
    expect(receiver.packets).toBe(HOSTILE_PACKETS + last.length);
    expect(receiver.framesDelivered).toBe(byTimestamp + last.length * PACKET_FRAMES);
    expect(loopback).toMatchObject({ xruns: 0, insertedFrames: 0 });
    const heard = await listening.end();
    expect(listening.frames).toBe(loopback.frames);
    expect(loopback.frames).toBe(
      receiver.framesDelivered - framesCovered + framesCompleted + loopback.paddedFrames,
    );
    // Silence completes a period where the stream ends, and wherever it seems to have ended.
    const wanted = sounding(samplesOf(audio(last)));
    expect(difference(wanted, sounding(samplesOf(heard)).subarray(-wanted.length))).toBeUndefined();
  });

  it('while the main thread is busy, and hears afterwards of as many losses as it can', async () => {
    const random = generator(10);
    const packets = stream(10_000);
    // Every loss is a gap of its own, and behind the last one come more packets than may wait.
    const received = packets.filter((_, i) => i % 2 === 0 || i > packets.length - 20 || random(100) >= 40);
    const sent = audio(received);
    const bridge = await openBridge(card.number, { statsMs: 0 });
    let losses = 0;
    bridge.on('loss', () => losses++);
    const path = join(folder, 'busy.raw');
    const heard = once(bridge, 'listener');
    const recording = recorder(bridge, path, sent.length / 2);
    const texts = received.map((packet) => Buffer.from(datagram(packet)).toString('base64'));
    writeFileSync(`${path}.packets`, texts.join('\n'));
    // Never further ahead of the recording than the socket and the recorder's buffer hold.
    const sender = Child.module(`
      const { createSocket } = await import('node:dgram');
      const { readFileSync, statSync } = await import('node:fs');
      const packets = readFileSync(${JSON.stringify(`${path}.packets`)}, 'utf8').split('\\n').map((text) => Buffer.from(text, 'base64'));
      const socket = createSocket('udp4');
      console.log('open');
      await go();
      for (const packet of packets) {
        while (packet.readUInt32BE(4) * 2 > statSync(${JSON.stringify(path)}).size + 40 * ${PERIOD_BYTES}) {
          await new Promise(setImmediate);
        }
        await new Promise((resolve) => socket.send(packet, ${bridge.info.port}, '127.0.0.1', resolve));
      }
      socket.close();`);
    await sender.line();
    await heard;
    sender.say('go');
    await new Promise(setImmediate);
    stayBusy(() => statSync(path).size >= sent.length);
    expect(difference(sent, readFileSync(path))).toBeUndefined();
    expect(await Promise.all([sender.ended, recording.ended])).toMatchObject([{ code: 0 }, { code: 0 }]);
    await bridge.close();
    const { receiver, loopback, eventsDropped } = bridge.stats();
    expect(receiver).toMatchObject({ packets: received.length, packetsLate: 0, streams: 1 });
    expect(loopback).toMatchObject({ xruns: 0 });
    expect(eventsDropped).toBeGreaterThan(0);
    // The stream's event, the listener's two, and the losses.
    expect(losses + eventsDropped).toBeGreaterThanOrEqual(receiver.gaps);
    expect(losses + eventsDropped).toBeLessThanOrEqual(receiver.gaps + 3);
  });
});

describe('A bridge of a group', () => {
  /** In network namespaces of their own, where nobody else has the port. */
  const GROUP = { address: '239.77.0.9', port: 16_509 };
  let hosts: TwoHosts;
  beforeAll(() => {
    hosts = new TwoHosts();
  });
  afterAll(() => hosts.delete());

  it('goes on when its interface was down, and when it was replaced by another', async () => {
    const cable = Child.utimerAt(
      hosts.at('right'),
      ...['bridge', '--listen', `${GROUP.address}:${GROUP.port}`, '--interface', 'right0', '--json'],
      ...['--format', 'L16', '--rate', '48000', '--channels', '1', '--sample-format', 'S16_BE'],
      ...['--card', `${card.number}`, '--idle', 'stall', '--stats', '50ms'],
    );
    const listening = new Listening({ info: JSON.parse(await cable.line()) });
    const sender = Child.module(
      `
      const { createSocket } = await import('node:dgram');
      const socket = createSocket('udp4');
      for await (const line of input) {
        // What cannot be sent is lost.
        for (const text of JSON.parse(line)) {
          await new Promise((resolve) => socket.send(Buffer.from(text, 'base64'), ${GROUP.port}, '${GROUP.address}', resolve));
        }
        console.log('sent');
      }
      socket.close();`,
      hosts.at('left'),
    );
    const send = async (datagrams: readonly Uint8Array[]) => {
      const before = sender.lines.length;
      sender.say(JSON.stringify(datagrams.map((bytes) => Buffer.from(bytes).toString('base64'))));
      await sender.line(undefined, before);
    };
    /** The next counters for which it is true. */
    const counters = async (holds: (stats: BridgeStats['receiver']) => boolean = () => true) => {
      const line = await cable.line((text) => {
        const { type, receiver } = JSON.parse(text);
        return type === 'stats' && holds(receiver);
      }, cable.lines.length);
      return JSON.parse(line).receiver as BridgeStats['receiver'];
    };
    /** Resolves when datagrams arrive: those that are no packets tell. */
    const reach = async () => {
      const { truncated } = (await counters()).packetsRejected;
      do await send([Uint8Array.of(0)]);
      while ((await counters()).packetsRejected.truncated === truncated);
    };
    const packets = stream(2600, { sequence: 65_000, timestamp: 2 ** 32 - 30_000 });
    let placed = 0;
    const sendHeard = async (from: number, to: number) => {
      await reach();
      for (const part of inParts(packets.slice(from, to), 200)) {
        placed += part.length;
        await send(part.map((packet) => datagram(packet)));
        await counters(({ packetsPlaced }) => packetsPlaced === placed);
      }
    };
    const sendLost = (from: number, to: number) =>
      send(packets.slice(from, to).map((packet) => datagram(packet)));

    await sendHeard(0, 500);
    hosts.down('right');
    await sendLost(500, 800);
    hosts.up('right');
    await sendHeard(800, 1300);
    hosts.cut();
    await sendLost(1300, 2100);
    hosts.connect();
    // It is a member again after a silence.
    await sendHeard(2100, 2600);

    cable.process.kill('SIGINT');
    expect(await cable.ended).toEqual({ code: 0, signal: null });
    const received = [packets.slice(0, 500), packets.slice(800, 1300), packets.slice(2100)].flat();
    expect(difference(audio(received), await listening.end())).toBeUndefined();
    expect(JSON.parse(cable.lines.at(-1) as string)).toMatchObject({
      type: 'close',
      receiver: {
        packetsPlaced: 1500,
        framesLost: 1100 * PACKET_FRAMES,
        gaps: 2,
        streams: 1,
        packetsLate: 0,
      },
      loopback: { xruns: 0, insertedFrames: 0 },
    });
  });
});
