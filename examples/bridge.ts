// A stream of AES67's kind through a bridge: a tone goes out over RTP, into a cable whose clock it is, and is heard there.
// Run it as root where snd-aloop is loaded; with the address of a group and `interface`, the sender may be another machine.
import { once } from 'node:events';
import { Bridge } from 'alsa-utimer/bridge';
import { LoopbackCapture } from 'alsa-utimer/loopback';
import { RtpSender } from 'alsa-utimer/rtp';

const RATE = 48_000;
const stream = { encoding: 'L24', rate: RATE, channels: 2 } as const;

// What nobody hears yet is kept: so the listener below gets the first frame as well. A period that was begun waits a minute for
// its end, before silence completes it.
await using bridge = await Bridge.open({
  ...{ ...stream, payloadType: 96, address: '127.0.0.1', port: 0, packetFrames: 48 },
  ...{ unheard: 'wait', idle: 'stall', silenceMs: 60_000 },
});
bridge.on('error', (error) => console.error(error.message));
bridge.on('loss', ({ frames }) => console.error(`${frames} frames lost`));
const began = once(bridge, 'stream');

// A quarter of a second at 440 Hz, in packets of a millisecond, each at its time.
await using sender = await RtpSender.open({ ...stream, address: '127.0.0.1', port: bridge.info.port });
const tone = Buffer.alloc((RATE / 4) * sender.frameBytes);
for (let frame = 0; frame < RATE / 4; frame += 1) {
  const sample = Math.round(2 ** 21 * Math.sin((2 * Math.PI * 440 * frame) / RATE));
  for (const channel of [0, 1]) tone.writeIntLE(sample, 6 * frame + 3 * channel, 3);
}
await sender.pace([tone]);
await began;

// Any program may do this: arecord -D hw:0,1,0 -f S24_3LE -r 48000 -c 2 --period-size=480 ...
const [card, device, substream] = bridge.info.listenerName.slice(3).split(',').map(Number);
using capture = LoopbackCapture.open({
  ...{ card: card as number, device: device as 0 | 1, substream: substream as number },
  ...{ format: bridge.info.format, rate: RATE, channels: 2, periodFrames: bridge.info.periodFrames },
});
const received: Uint8Array[] = [];
for await (const frames of capture) {
  received.push(frames);
  if (capture.stats().frames === RATE / 4) break;
}
console.log(`${capture.stats().frames} frames, equal: ${Buffer.concat(received).equals(tone)}`);
