// Streams that are played by a clock: two hosts that follow it hear the same frame at the same time, whatever the network does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BridgeEvent, BridgeStats } from 'alsa-utimer/bridge';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import { HOSTS, type Host, StageAndHosts } from '../../support/network.js';
import { MockClock, withMockClocks } from '../clock/mock-clock.js';
import { withCard, withFolder, withLiftedLimits } from '../setup.js';
import { Child, endAll, openBridge, until } from './support.js';

/** A guest without KVM is slow: 100 packets a second are enough. */
const RATE = 8_000;
const PERIOD = 160;
const PACKET = 80;
const PACKETS = 100;
const PORT = 5004;
/** So long that a busy machine takes packets in time; and by how much some may be later, to be late and not refused. */
const LINK_OFFSET_MS = 8_000;
const MAX_GAP_FRAMES = 60 * RATE;
const SECOND = 1_000_000_000n;
/** By which a clock may be known wrongly, when a busy machine reads it. */
const CLOCK_ERROR = 1_000_000n;

let card: LoopbackCard;
let folder: string;
let network: StageAndHosts;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();
withFolder('playout', (made) => {
  folder = made;
});
const needsMock = withMockClocks();
beforeAll(() => {
  network = new StageAndHosts();
});
afterAll(() => network.delete());
afterEach(endAll);

/** Frames tell their own timestamp: its upper 16 bits and its lower ones, as the two channels of L16. */
const STREAM = {
  ...({ encoding: 'L16', rate: RATE, channels: 2, payloadType: 96, format: 'S16_BE' } as const),
  periodFrames: PERIOD,
};

/**
 * Sends packets to some addresses, of 10 ms each, when their last frame has been by a clock: so many, from the next line on. It says
 * with which position it begins.
 *
 * @param base is added to what the clock says, as a timestamp
 */
function sender(clock: string, packets: number, addresses: readonly string[], base = 0): Child {
  const code = `
    import { createSocket } from 'node:dgram';
    const device = clock.Clock.open(${JSON.stringify(clock)});
    const socket = createSocket('udp4');
    const position = () => Number((device.read().timeNs * ${RATE}n) / ${SECOND}n);
    await go();
    let at = Math.ceil(position() / ${PACKET}) * ${PACKET};
    console.log(at);
    for (let sequence = 0; sequence < ${packets}; ) {
      for (const now = position(); sequence < ${packets} && at + ${PACKET} <= now; sequence += 1, at += ${PACKET}) {
        const timestamp = (at + ${base}) % 2 ** 32;
        const payload = Buffer.alloc(${PACKET * 4});
        for (let i = 0; i < ${PACKET}; i += 1) payload.writeUInt32BE((timestamp + i) % 2 ** 32, 4 * i);
        const datagram = rtp.serializeRtpPacket({ payloadType: 96, sequence: sequence & 0xffff, timestamp, ssrc: 7, payload });
        for (const address of ${JSON.stringify(addresses)}) socket.send(datagram, ${PORT}, address);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    socket.close();`;
  return Child.module(code, network.at('stage'));
}

interface Heard {
  readonly stats: BridgeStats;
  /** How many frames were read, and what the clock said then. */
  readonly log: readonly (readonly [frames: number, timeNs: string])[];
}

/** A bridge, and what it is heard by: until so many packets have come, and nothing waits any more. */
function listener(host: Host, clock: string, packets: number): Child {
  const options = { ...STREAM, address: network.addressOf(host), port: PORT, card: card.number, statsMs: 0 };
  const playout = {
    clock,
    linkOffsetMs: LINK_OFFSET_MS,
    substream: HOSTS.indexOf(host),
    maxGapFrames: MAX_GAP_FRAMES,
  };
  const code = `
    import { closeSync, openSync, writeSync } from 'node:fs';
    const bridged = await bridge.Bridge.open(${JSON.stringify({ ...options, ...playout })});
    const [card, device, substream] = bridged.info.listenerName.slice(3).split(',').map(Number);
    const { rate, channels, format, periodFrames } = bridged.info;
    const capture = loopback.LoopbackCapture.open({ card, device, substream, rate, channels, format, periodFrames, periods: 900 });
    const by = ${JSON.stringify(clock)} === 'arrival' ? 'monotonic' : ${JSON.stringify(clock)};
    const read = clock.Clock.open(by);
    const file = openSync(${JSON.stringify(join(folder, host))}, 'w');
    const log = [];
    const abort = new AbortController();
    let frames = 0;
    const recording = (async () => {
      for await (const bytes of capture.frames({ signal: abort.signal })) {
        writeSync(file, bytes);
        frames += bytes.length / 4;
        log.push([frames, String(read.read().timeNs)]);
      }
    })().catch((error) => { if (error.name !== 'AbortError') throw error; });
    console.log('open');
    let stats;
    const tellWait = setInterval(() => console.log('waits', frames, JSON.stringify(stats)), 20_000);
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      stats = await bridged.sample();
    } while (stats.receiver.packets < ${packets} || stats.receiver.framesWaiting > 0);
    const end = stats.loopback.frames + stats.loopback.insertedFrames;
    while (frames < end) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(tellWait);
    abort.abort();
    await recording;
    capture.close();
    await bridged.close();
    closeSync(file);
    console.log(JSON.stringify({ stats: bridged.stats(), log }));`;
  return Child.module(code, network.at(host));
}

/** Sends to both hosts. @returns what each has heard */
async function play(clock: string, packets: number, base = 0): Promise<[first: number, heard: Heard[]]> {
  const hosts = HOSTS.map((host) => listener(host, clock, packets));
  const stage = sender(
    clock === 'arrival' ? 'monotonic' : clock,
    packets,
    HOSTS.map((host) => network.addressOf(host)),
    base,
  );
  for (const host of hosts) await host.line((line) => line === 'open');
  stage.say('go');
  const first = Number(await stage.line());
  const heard = hosts.map(
    async (host) => JSON.parse(await host.line((line) => line.startsWith('{'))) as Heard,
  );
  return [first, await Promise.all(heard)];
}

const framesOf = (host: Host) => {
  const bytes = readFileSync(join(folder, host));
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
};

/** By the media positions of their frames: each recording tells them, from its first frame that is heard. */
class ByPosition {
  readonly frames: Uint32Array;
  /** The position of the first frame of the recording. */
  readonly begin: number;

  constructor(host: Host, near: number) {
    this.frames = framesOf(host);
    const index = this.frames.findIndex((frame) => frame !== 0);
    const timestamp = this.frames[index] as number;
    this.begin = near + ((timestamp - (near % 2 ** 32)) | 0) - index;
  }

  at(position: number): number {
    return this.frames[position - this.begin] ?? 0;
  }
}

async function expectAgreement(clock: string, packets: number): Promise<void> {
  const [first, heard] = await play(clock, packets);
  const end = first + packets * PACKET;
  const recordings = HOSTS.map((host) => new ByPosition(host, first));
  for (const [i, { begin, frames }] of recordings.entries()) {
    const { stats, log } = heard[i] as Heard;
    const { receiver } = stats;
    expect(receiver).toMatchObject({
      packets,
      streams: 1,
      packetsDuplicate: 0,
      packetsRejected: { clock: 0 },
    });
    expect(receiver.playout).toMatchObject({ clock, periodsMissed: 0, linkOffsetMs: LINK_OFFSET_MS });
    // Where all came later than the link offset, there is nothing to compare.
    expect(receiver.framesReceived, JSON.stringify(stats)).toBeGreaterThan(0);
    // The periods are those of the clock, and each frame is at its place in them, or was lost.
    expect(begin % PERIOD).toBe(0);
    const wrong = frames.findIndex((frame, index) => frame !== 0 && frame !== (begin + index) % 2 ** 32);
    expect(wrong).toBe(-1);
    const silent = Array.from({ length: end - first }, (_, k) => k).filter(
      (k) => (frames[first + k - begin] ?? 0) === 0,
    );
    expect(silent.length).toBe(receiver.framesLost);
    expect(receiver.framesReceived).toBe(packets * PACKET - receiver.framesLost);
    // Nothing is heard before its period has ended by the clock, and the link offset has passed.
    const early = log.filter(([count, timeNs]) => {
      const time = (BigInt(begin + count) * SECOND) / BigInt(RATE) + BigInt(LINK_OFFSET_MS) * 1_000_000n;
      return BigInt(timeNs) + CLOCK_ERROR < time;
    });
    expect(early).toEqual([]);
  }
  const [left, right] = recordings as [ByPosition, ByPosition];
  let both = 0;
  for (let position = first; position < end; position += 1) {
    const frames = [left.at(position), right.at(position)];
    if (frames.includes(0)) continue;
    both += 1;
    if (frames[0] !== frames[1])
      expect.fail(`at ${position} one hears ${frames[0]}, and the other ${frames[1]}`);
  }
  expect(both).toBeGreaterThan(0);
}

describe('Two hosts that play by one clock', () => {
  it('hear the same frame at each instant of it: CLOCK_TAI', async () => {
    await expectAgreement('tai', PACKETS);
  });

  it('hear the same frame at each instant of it: a PTP clock that runs fast', async (context) => {
    needsMock(context);
    using mock = new MockClock();
    mock.control('set', '1790000000', 'freq', '80000');
    await expectAgreement(mock.path, PACKETS);
  });
});

describe('Two hosts without a common clock', () => {
  it('hear every frame once, by the arrivals of packets that overtake each other', async () => {
    const packets = PACKETS;
    const [first, heard] = await play('arrival', packets, 3_000_000_000);
    for (const [i, host] of HOSTS.entries()) {
      const { receiver } = (heard[i] as Heard).stats;
      // In order, each once; but what a machine with more work than it can do takes later than the link offset is lost.
      const sound = [...framesOf(host).filter((frame) => frame !== 0)].map(
        (frame) => (frame - first - 3_000_000_000) >>> 0,
      );
      expect(sound.findIndex((frame, k) => k > 0 && frame <= (sound[k - 1] as number))).toBe(-1);
      expect(sound.at(-1)).toBeLessThan(packets * PACKET);
      expect(receiver).toMatchObject({ packets, framesReceived: sound.length, streams: 1 });
      expect(sound.length + receiver.framesLost).toBe(packets * PACKET);
    }
  });
});

describe('A bridge by the PTP clock of a network interface', () => {
  const told: BridgeEvent[] = [];

  async function bridgeBy(clock: string) {
    const options = { ...STREAM, clock, linkOffsetMs: 100, idle: 'silence' } as const;
    const bridge = await openBridge(card.number, {
      ...options,
      reorderMs: undefined,
      silenceMs: undefined,
    } as never);
    told.length = 0;
    bridge.on('clock', (event) => told.push(event));
    return bridge;
  }

  const saw = (wanted: Partial<BridgeEvent>) =>
    until(JSON.stringify(wanted), () =>
      told.some((event) =>
        Object.entries(wanted).every(([key, value]) => event[key as keyof BridgeEvent] === value),
      ),
    );

  it('says when that is known, when it is set and when it has gone, and goes on', async (context) => {
    needsMock(context);
    using mock = new MockClock();
    mock.control('set', '1790000000');
    const bridge = await bridgeBy(mock.interfaceName);
    await saw({ what: 'state', state: 'locked' } as never);
    mock.control('set', '1790003600');
    await saw({ what: 'step' } as never);
    expect(told.find((event) => event.type === 'clock' && event.what === 'step')).toMatchObject({
      stepMs: expect.closeTo(3_600_000, -5),
    });
    await saw({ what: 'state', state: 'locked' } as never);
    mock.remove();
    await saw({ what: 'state', state: 'holdover', error: 'ENODEV' } as never);
    const { loopback } = await bridge.sample();
    await until(
      'more silence',
      async () => (await bridge.sample()).loopback.insertedFrames > loopback.insertedFrames + RATE,
    );
    expect((await bridge.sample()).receiver.playout).toMatchObject({ state: 'holdover', steps: 1 });
  });
});

describe('utimer bridge', () => {
  it('plays by a clock, and says so', async () => {
    const address = network.addressOf('left');
    const listen = ['--listen', `${address}:${PORT}`, '--format', 'L16', '--rate', '8k', '--channels', '2'];
    const clock = ['--clock', 'tai', '--link-offset', `${LINK_OFFSET_MS}ms`, '--card', `${card.number}`];
    const args = ['bridge', ...listen, ...clock, '--json', '--stats', '200ms'];
    const child = Child.utimerAt(network.at('left'), ...args);
    expect(JSON.parse(await child.line())).toMatchObject({
      ...{ type: 'open', clock: 'tai', linkOffsetMs: LINK_OFFSET_MS },
    });
    const stage = sender('tai', PACKETS, [address]);
    stage.say('go');
    const all = new RegExp(`"packets":${PACKETS},.*"framesWaiting":0,"packetsStray"`);
    const heard = await child.line((line) => all.test(line));
    const { receiver } = JSON.parse(heard);
    expect(receiver).toMatchObject({
      packetsRejected: { clock: 0 },
      playout: { clock: 'tai', state: 'locked' },
    });
    expect(receiver.framesReceived + receiver.framesLost).toBe(PACKETS * PACKET);
    expect(receiver.framesReceived).toBeGreaterThan(0);
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(await stage.ended).toMatchObject({ code: 0 });
  });
});
