// Sending in real time, against clock_nanosleep and sendto in C. Needs no sound card.
import { RtpSender } from '../../dist/rtp/index.js';
import { Peer } from '../peer.mjs';
import { processor } from '../processor.mjs';

const PACKETS = 5_000;
const RATE = 48_000;
const PACKET_FRAMES = 48;

const send = {
  name: 'send',
  what: 'processor time of a packet of 1 ms, L24, 2 channels, that RtpSender.pace() sends, against a loop in C',
  unit: 'ns a packet',
  aim: 1.2,
  async open() {
    const peer = new Peer('send_loop');
    const port = Number(await peer.answer());
    const stream = /** @type {const} */ ({
      encoding: 'L24',
      rate: RATE,
      channels: 2,
      packetFrames: PACKET_FRAMES,
    });
    const sender = await RtpSender.open({ ...stream, address: '127.0.0.1', port });
    const audio = new Uint8Array(PACKETS * PACKET_FRAMES * sender.frameBytes);
    return {
      async ours() {
        const before = processor();
        await sender.pace([audio]);
        return (processor() - before) / PACKETS;
      },
      c: async () =>
        Number(await peer.ask(`${PACKETS} ${(PACKET_FRAMES * 1e9) / RATE} ${sender.datagramBytes}`)) /
        PACKETS,
      async close() {
        sender.close();
        await peer.close();
      },
    };
  },
};

export default [send];
