// A tone on a loopback cable, generated as fast as it is asked for, and listened to in the same program.
// Run it as root where snd-aloop is loaded; any program may listen instead: arecord -D hw:Loopback,1,0 ...
import { ClockedLoopback } from 'alsa-utimer/loopback';

const RATE = 48_000;

using loop = await ClockedLoopback.open({ rate: RATE, channels: 2, format: 'S16_LE', periodFrames: 480 });
using capture = loop.openCapture();

const second = new Int16Array(2 * RATE);
for (let frame = 0; frame < RATE; frame += 1) {
  second.fill(Math.round(8_000 * Math.sin((2 * Math.PI * 440 * frame) / RATE)), 2 * frame, 2 * frame + 2);
}
const sent = new Uint8Array(second.buffer);

// Not faster than the listener reads: `send` waits, `write` does not.
const sending = loop.send(sent);
const received: Uint8Array[] = [];
for await (const frames of capture) {
  received.push(frames);
  if (capture.stats().frames === RATE) break;
}
await sending;
console.log(`${capture.stats().frames} frames, equal: ${Buffer.concat(received).equals(sent)}`);
