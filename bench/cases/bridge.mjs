// A bridge against a C program that makes the same calls: poll, recvmmsg, WRITEI and TRIGGER. Nobody listens, on either side.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Bridge } from '../../dist/bridge/index.js';
import { periodResolution } from '../../dist/index.js';
import { LoopbackCard } from '../../dist/loopback/index.js';
import { RtpReceiver } from '../../dist/rtp/index.js';
import { Peer } from '../peer.mjs';
import { processor } from '../processor.mjs';

const RATE = 48_000;
const PERIOD_FRAMES = 480;
const PACKETS = 3_000;
const RATE_PACKETS = 30_000;
/** Of a stream, between two packets: 48 frames. */
const INTERVAL_US = 1_000;
const STREAMS = 8;

const stream = /** @type {const} */ ({
  encoding: 'L16',
  rate: RATE,
  channels: 2,
  payloadType: 96,
  address: '127.0.0.1',
  port: 0,
});

/** @type {(card: number, substream: number) => Promise<Bridge>} */
const openBridge = (card, substream) =>
  Bridge.open({
    ...{ ...stream, card, substream, periodFrames: PERIOD_FRAMES, idle: 'stall' },
    ...{ statsMs: 0, silenceMs: 1500 },
  });

/**
 * A receiver in C with a cable of its own, and the port that it listens at.
 *
 * @param {LoopbackCard} card
 */
async function openPeer(card) {
  const peer = new Peer('receive_loop', periodResolution(RATE, PERIOD_FRAMES), card.number, PERIOD_FRAMES);
  const before = card.timerSource();
  card.setTimerSource(`-1.4.${await peer.answer()}`);
  const port = await peer.ask('open');
  card.setTimerSource(before);
  return { peer, port };
}

const send = (source, ports) => source.ask(`${PACKETS} ${INTERVAL_US} ${ports.join(' ')}`);
const findCard = async () => LoopbackCard.list()[0] ?? (await LoopbackCard.load());

function expectAll(packets, sent) {
  if (packets !== sent) throw new Error(`${packets} packets came of ${sent}`);
}

/** Room in a socket for what arrives while something else has the processor: neither side is to lose a packet by that. */
const RMEM_MAX = '/proc/sys/net/core/rmem_max';

/** A bridge and a program in C, each with a cable, and a sender for each. */
async function openPair() {
  const limit = readFileSync(RMEM_MAX);
  writeFileSync(RMEM_MAX, String(8 << 20));
  const card = await findCard();
  const sources = [new Peer('packet_source'), new Peer('packet_source')];
  const { peer, port } = await openPeer(card);
  const bridge = await openBridge(card.number, 1);
  const received = async () => (await bridge.sample()).receiver.packetsPlaced;
  return {
    /** What `send` says of packets to the bridge, and the nanoseconds that this process spent on them. */
    async ours(send) {
      const before = await received();
      const start = processor();
      const said = await send(sources[0], bridge.info.port);
      await once(bridge, 'silence');
      const nanoseconds = processor() - start;
      return { packets: (await received()) - before, said, nanoseconds };
    },
    async c(send) {
      const answer = peer.ask('receive');
      const said = await send(sources[1], port);
      const [packets, nanoseconds] = (await answer).split(' ').map(Number);
      return { packets, said, nanoseconds };
    },
    async close() {
      await bridge.close();
      for (const one of [peer, ...sources]) await one.close();
      writeFileSync(RMEM_MAX, limit);
    },
  };
}

/** A case about such a pair: both sides get what `send` sends, and `figure` is made of what came of it. */
const pairCase = (about, packets, send, figure) => ({
  ...about,
  async open() {
    const pair = await openPair();
    const side = (name) => async () => {
      const outcome = await pair[name](send);
      expectAll(outcome.packets, packets);
      return figure(outcome);
    };
    return { ours: side('ours'), c: side('c'), close: () => pair.close() };
  },
});

const cost = pairCase(
  {
    name: 'bridge',
    what: `one stream of ${1e6 / INTERVAL_US} packets a second: processor time of a bridge's whole process, against the same calls in C`,
    unit: 'ns a packet',
    aim: 3,
  },
  PACKETS,
  (source, port) => send(source, [port]),
  ({ nanoseconds }) => nanoseconds / PACKETS,
);

/**
 * Without a cable, so that it can be run where there is none: on a machine whose figures are not those of an emulation.
 *
 * @param {string} name
 * @param {'native' | 'dgram'} socket
 */
const receiving = (name, socket) => ({
  name,
  what: `the same without a cable, by a receiver with a socket of ${socket === 'native' ? 'the addon' : 'node:dgram'}; needs no /dev/snd`,
  unit: 'ns a packet',
  async open() {
    const sources = [new Peer('packet_source'), new Peer('packet_source')];
    const peer = new Peer('receive_loop');
    const port = await peer.ask('open');
    const receiver = await RtpReceiver.open({
      ...stream,
      socket,
      silenceMs: 1500,
      sink: { write() {} },
    });
    return {
      ours: async () => {
        const before = receiver.stats().packetsPlaced;
        const start = processor();
        await send(sources[0], [receiver.port]);
        await once(receiver, 'silence');
        const nanoseconds = processor() - start;
        expectAll(receiver.stats().packetsPlaced - before, PACKETS);
        return nanoseconds / PACKETS;
      },
      c: async () => {
        const answer = peer.ask('receive');
        await send(sources[1], [port]);
        const [packets, nanoseconds] = (await answer).split(' ').map(Number);
        expectAll(packets, PACKETS);
        return nanoseconds / PACKETS;
      },
      async close() {
        receiver.close();
        for (const one of [peer, ...sources]) await one.close();
      },
    };
  },
});

const rate = pairCase(
  {
    name: 'bridge-rate',
    what: 'one stream as fast as it is taken, in windows of 64 KiB of socket buffer: packets a second without loss',
    unit: 'packets a second',
  },
  RATE_PACKETS,
  (source, port) => source.ask(`${RATE_PACKETS} 0 ${port}`),
  ({ said }) => (RATE_PACKETS * 1e9) / Number(said),
);

const loss = {
  name: 'bridge-loss',
  what: `${STREAMS} streams of ${1e6 / INTERVAL_US} packets a second each: packets lost by ${STREAMS} bridges of one process, and by as many programs in C`,
  unit: `packets lost of ${STREAMS * PACKETS}`,
  most: 0,
  async open() {
    const card = await findCard();
    const source = new Peer('packet_source');
    return {
      ours: async () => {
        const bridges = [];
        for (let substream = 0; substream < STREAMS; substream += 1) {
          bridges.push(await openBridge(card.number, substream));
        }
        await send(
          source,
          bridges.map(({ info }) => info.port),
        );
        await Promise.all(bridges.map((bridge) => once(bridge, 'silence')));
        await Promise.all(bridges.map((bridge) => bridge.close()));
        return bridges.reduce(
          (lost, bridge) => lost - bridge.stats().receiver.packetsPlaced,
          STREAMS * PACKETS,
        );
      },
      c: async () => {
        const peers = [];
        for (let i = 0; i < STREAMS; i += 1) peers.push(await openPeer(card));
        const received = peers.map(({ peer }) => peer.ask('receive'));
        await send(
          source,
          peers.map(({ port }) => port),
        );
        const counts = (await Promise.all(received)).map((answer) => Number(answer.split(' ')[0]));
        for (const { peer } of peers) await peer.close();
        return counts.reduce((lost, packets) => lost - packets, STREAMS * PACKETS);
      },
      close: () => source.close(),
    };
  },
};

export default [cost, receiving('receiver', 'native'), receiving('receiver-dgram', 'dgram'), rate, loss];
