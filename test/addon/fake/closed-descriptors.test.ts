// What paces keeps no descriptor once it is closed, also where nothing is ever collected.
import { expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
import { createSocket } from 'node:dgram';
import { openSync, closeSync } from 'node:fs';
const library = (part) => import(new URL('./dist/' + part + '/index.js', 'file://' + process.cwd() + '/'));
const { Follower, Pacer } = await library('clock');
const { RtpSender } = await library('rtp');
const receiver = createSocket('udp4').bind(0, '127.0.0.1');
await once(receiver, 'listening');
const stream = { encoding: 'L16', rate: 48_000, channels: 2, address: '127.0.0.1', port: receiver.address().port };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const ended = async () => {
  for (let turns = 0; turns < 3; turns += 1) await turn();
  return Object.values(descriptors()).reduce((sum, count) => sum + count, 0);
};
/** How many descriptors more there are after some rounds than after the first one. */
const left = async (openAndClose) => {
  await openAndClose();
  const before = await ended();
  for (let round = 0; round < 5; round += 1) await openAndClose();
  console.log((await ended()) - before);
  receiver.close();
};
const period = { rate: 48_000, periodFrames: 480 };
`;

it.each([
  ['a pacer', `Pacer.open().close();`],
  [
    'a pacer that has yet to look at what it follows',
    `const fd = openSync('/dev/zero');
     const pacer = Pacer.open();
     pacer.follow(null, { fd });
     pacer.close();
     closeSync(fd);`,
  ],
  [
    'what a pacer follows, while that goes on',
    `globalThis.pacer ??= Pacer.open();
     const fd = openSync('/dev/zero');
     const pacing = pacer.follow(null, { fd });
     await once(pacing, 'tick');
     pacing.close();
     // Taken in behind what was closed.
     const behind = pacer.start(null, { ...period, periodFrames: 48 });
     await once(behind, 'tick');
     behind.close();
     closeSync(fd);`,
  ],
  [
    'a follower',
    `const timer = alsa.UserTimer.create(cable);
     const follower = Follower.open(timer, { periodFrames: 480 });
     follower.advance(960);
     follower.close();
     timer.close();`,
  ],
  [
    'a loopback with a follower',
    `const loop = ClockedLoopback.openSync(cable);
     Follower.open(loop);
     loop.close();`,
  ],
  ['a sender', `(await RtpSender.open(stream)).close();`],
  [
    'a sender that is paced',
    `const sender = await RtpSender.open(stream);
     const paced = sender.pace([new Uint8Array(1_920)]).catch(() => {});
     sender.close();
     await paced;`,
  ],
  [
    'a paced loopback',
    `const pacer = Pacer.open();
     const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence' });
     pacer.start(loop);
     loop.close();
     pacer.close();`,
  ],
  [
    'a paced capture',
    `const pacer = Pacer.open();
     const capture = ClockedCapture.openSync(cable);
     pacer.start(capture);
     capture.close();
     pacer.close();`,
  ],
])('%s', async (_what, round) => {
  const result = await runOnFake(
    `${PRELUDE} await left(async () => { ${round} }); globalThis.pacer?.close();`,
  );
  expect(result).toEqual({ ...succeeded, stdout: '0\n' });
});
