// Every shape of stream that AES67 has, from the socket through the thread into the cable: each frame, and no other.
import { afterEach, describe, expect, it } from 'vitest';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import { decodePayload, type RtpEncoding, serializeRtpPacket } from '../../../lib/rtp/index.js';
import { difference, noise } from '../loopback/support.js';
import { withCard, withLiftedLimits } from '../setup.js';
import { Datagrams, endAll, Listening, openBridge } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();

afterEach(endAll);

/** The timestamps begin anew in the middle, and the sequence numbers. */
const PERIODS = 16;

interface Shape {
  readonly encoding: RtpEncoding;
  readonly channels: number;
  readonly rate: number;
  readonly packetFrames: number;
}

/** 125 us to 10 ms at 48 kHz: each two of encoding, channels and length of a packet meet. And other rates. */
const shapes: readonly Shape[] = [1, 2, 8, 32]
  .flatMap((channels, row) =>
    [6, 12, 48, 192, 480].map((packetFrames, column): Shape => {
      const encoding = (row + column) % 2 === 0 ? 'L16' : 'L24';
      return { encoding, channels, rate: 48_000, packetFrames };
    }),
  )
  .concat(
    { encoding: 'L24', channels: 8, rate: 44_100, packetFrames: 48 },
    { encoding: 'L24', channels: 8, rate: 96_000, packetFrames: 12 },
    { encoding: 'L16', channels: 2, rate: 192_000, packetFrames: 24 },
  );

describe('A stream', () => {
  it.each(shapes)(
    'of $encoding/$rate/$channels in packets of $packetFrames frames is heard whole',
    async (shape) => {
      const { encoding, channels, rate, packetFrames } = shape;
      const format = encoding === 'L16' ? 'S16_LE' : 'S24_3LE';
      const bridge = await openBridge(card.number, { ...shape, format, periodFrames: rate / 100 });
      const { periodFrames } = bridge.info;
      const bytes = channels * (encoding === 'L16' ? 2 : 3);
      // Not a whole number of periods: the last is completed with silence.
      const count = Math.ceil((PERIODS * periodFrames - periodFrames / 2) / packetFrames);
      const audio = noise(count * packetFrames * bytes);
      const timestamp = 2 ** 32 - (PERIODS / 2) * periodFrames;
      const datagrams = Array.from({ length: count }, (_, i) =>
        serializeRtpPacket({
          ...{ payloadType: 96, sequence: (65_530 + i) & 0xffff, ssrc: 7 },
          timestamp: (timestamp + i * packetFrames) % 2 ** 32,
          payload: audio.subarray(i * packetFrames * bytes, (i + 1) * packetFrames * bytes),
        }),
      );
      const listening = new Listening(bridge, {
        periods: Math.min(1000, Math.floor((2 << 20) / (periodFrames * bytes))),
      });
      const sender = await Datagrams.to(bridge);
      // In parts that the listener's buffer takes, whatever it is doing meanwhile.
      for (let at = 0; at < count; ) {
        const part = Math.max(1, Math.floor((8 * periodFrames) / packetFrames));
        const { loopback } = await sender.send(datagrams.slice(at, at + part));
        await listening.reaches(loopback.frames);
        at += part;
      }
      sender.close();
      await bridge.close();
      const padding = (periodFrames - ((count * packetFrames) % periodFrames)) % periodFrames;
      const sent = Buffer.concat([decodePayload(audio, encoding, format), Buffer.alloc(padding * bytes)]);
      expect(difference(sent, await listening.end())).toBeUndefined();
      expect(bridge.stats()).toMatchObject({
        receiver: { packets: count, framesReceived: count * packetFrames, framesLost: 0, streams: 1 },
        loopback: { paddedFrames: padding, insertedFrames: 0, xruns: 0 },
      });
    },
  );
});
