// The installed package on machines that this one is not: arm64, emulated by qemu-user, and one whose C library is musl.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { librariesForMusl } from '../support/musl.js';
import { installedFile } from '../support/package-tools.js';
import { Packed, run } from '../support/packed.js';

const packed = new Packed();
const user = packed.user('user');

/** A clock, packets from the kernel and to it, and what the kernel refuses. */
const PROGRAM = `
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

const said = (processor: string) => `${processor} boolean true\ntrue\nAlsaError ENOENT open\n`;

beforeAll(() => {
  packed.install(user);
  writeFileSync(join(user, 'program.mjs'), PROGRAM);
}, 300_000);
afterAll(() => packed.remove());

it('works on arm64', () => {
  // qemu-user lacks SO_RXQ_OVFL: Node.js receives what the addon has sent.
  const args = ['-L', '/usr/aarch64-linux-gnu', installedFile('node-arm64'), 'program.mjs', 'dgram'];
  expect(run('qemu-aarch64-static', args, user)).toBe(said('arm64'));
});

it('works on musl', () => {
  const bun = installedFile('bun-musl');
  const env = { LD_LIBRARY_PATH: librariesForMusl(bun, join(packed.folder, 'libraries')) };
  expect(run(bun, ['program.mjs', 'native'], user, env)).toBe(said('x64'));
});
