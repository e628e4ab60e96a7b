// A program that uses the installed package on a machine without sound: a clock, packets over the loopback interface, and what the
// kernel refuses.
export const PROGRAM = `
import { UserTimer } from 'alsa-utimer';
import { Clock } from 'alsa-utimer/clock';
import { RtpReceiver, RtpSender } from 'alsa-utimer/rtp';

const clock = Clock.open('monotonic');
const before = clock.read().timeNs;
console.log(process.arch, typeof UserTimer.isSupported(), clock.read().timeNs >= before && before > 0n);

const stream = { encoding: 'L16', rate: 48_000, channels: 2, address: '127.0.0.1' };
const sent = Buffer.from(Array.from({ length: 1920 }, (_, i) => i % 251));
const received = [];
let resolve;
const arrived = new Promise((told) => { resolve = told; });
const write = (bytes) => {
  received.push(Buffer.from(bytes));
  if (Buffer.concat(received).length >= sent.length) resolve();
};
const receiver = await RtpReceiver.open({ ...stream, payloadType: 96, port: 0, socket: process.argv[2], sink: { write } });
const sender = await RtpSender.open({ ...stream, port: receiver.port });
sender.write(sent);
await arrived;
console.log(Buffer.concat(received).equals(sent));
sender.close();
await receiver[Symbol.asyncDispose]();

clock.close();
try { Clock.open('/dev/ptp250'); } catch ({ name, code, syscall }) { console.log(name, code, syscall); }
`;

/** What it prints on a processor. */
export const printedOn = (processor: string) => `${processor} boolean true\ntrue\nAlsaError ENOENT open\n`;
