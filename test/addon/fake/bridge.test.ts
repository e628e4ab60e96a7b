// A bridge into a cable of the fake: what its thread tells, and who hears it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crashingThreads } from '../../support/crashing-thread.js';
import { runOnFake } from '../../support/fake-alsa.js';

/** `send(n)`: packet n of a stream of 48 frames each, to the bridge. */
const BRIDGE = `
  import { createSocket } from 'node:dgram';
  const dist = (part) => import(new URL('./dist/' + part + '/index.js', 'file://' + process.cwd() + '/'));
  const { Bridge } = await dist('bridge');
  const { serializeRtpPacket } = await dist('rtp');
  const format = { encoding: 'L16', rate: 48_000, channels: 2, payloadType: 96 };
  const socket = createSocket('udp4').unref();
  const send = (bridge, sequence) => new Promise((resolve) => {
    const payload = new Uint8Array(48 * 4).fill(1);
    const datagram = serializeRtpPacket({ payloadType: 96, sequence, timestamp: 48 * sequence, ssrc: 7, payload });
    socket.send(datagram, bridge.info.port, '127.0.0.1', resolve);
  });
  const sampled = async (bridge, done) => {
    for (;;) {
      const stats = await bridge.sample();
      if (done(stats)) return stats;
    }
  };
`;

it('A handler of a bridge that throws keeps no other event from being told', async () => {
  const result = await runOnFake(`${BRIDGE}
    process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    const options = { ...format, address: '127.0.0.1', port: 0, statsMs: 0, reorderMs: 10_000 };
    const bridge = await Bridge.open(options);
    let losses = 0;
    bridge.on('loss', () => { throw new Error('loss ' + ++losses); });
    bridge.on('close', () => { console.log('close'); throw new Error('mine'); });
    for (const sequence of [0, 2, 4]) await send(bridge, sequence);
    await sampled(bridge, ({ receiver }) => receiver.packets === 3);
    // Both gaps are filled in one turn of the thread, which tells of them in one message.
    await bridge.close();
    console.log(bridge.stats().receiver.gaps, bridge.stats().eventsDropped);`);
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(result.stdout.trim().split('\n').sort()).toEqual([
    '2 0',
    'close',
    'uncaught loss 1',
    'uncaught loss 2',
    'uncaught mine',
  ]);
});

it('A bridge whose thread has crashed while the event loop was busy tells first what happened before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-crash-'));
  try {
    const behind = join(folder, 'now');
    const result = await runOnFake(
      `${BRIDGE}
      const bridge = await Bridge.open({ ...format, address: '127.0.0.1', port: 0, statsMs: 10 });
      bridge.on('stats', async () => {
        console.log('stats');
        console.log('sampled', (await bridge.sample()) === bridge.stats());
      });
      bridge.on('error', ({ message }) => console.log('error', message, bridge.closed));
      bridge.on('close', () => console.log('close'));
      // Out of the delivery of the message that says that it is open, which would deliver all that follow.
      await new Promise((resolve) => setImmediate(resolve));
      const threads = () => readdirSync('/proc/self/task').length;
      const before = threads();
      writeText(process.env.CRASH_BEHIND, '');
      while (threads() === before);`,
      [],
      crashingThreads(folder, 'throw', behind),
    );
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(result.stdout.trim().split('\n')).toEqual([
      'stats',
      'error out of the blue true',
      'close',
      'sampled true',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('A bridge whose thread has crashed before it could be had tells all of it to whoever opened it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-crash-'));
  try {
    const result = await runOnFake(
      `${BRIDGE}
      const threads = () => readdirSync('/proc/self/task').length;
      const before = threads();
      const opening = Bridge.open({ ...format, address: '127.0.0.1', port: 0, statsMs: 10 });
      while (threads() > before);
      const bridge = await opening;
      bridge.on('stats', () => console.log('stats'));
      bridge.on('error', ({ message }) => console.log('error', message, bridge.closed));
      bridge.on('close', () => console.log('close'));`,
      [],
      crashingThreads(folder, 'throw'),
    );
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(result.stdout.trim().split('\n')).toEqual(['stats', 'error out of the blue true', 'close']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('A bridge that is given up while it opens has nobody whom an error at its end could be told to', async () => {
  const result = await runOnFake(`${BRIDGE}
    const giveUp = new AbortController();
    const opening = Bridge.open({ ...format, address: '127.0.0.1', port: 0, statsMs: 0, signal: giveUp.signal });
    // It is given up when it has frames of half a period, and nobody has been told that it is open.
    const emit = Worker.prototype.emit;
    let deliver;
    Worker.prototype.emit = function (name, message) {
      if (message?.kind === 'open') {
        deliver = () => emit.call(this, name, message);
        send({ info: message.info }, 0);
      } else if (message?.kind === 'events') {
        fault('WRITEI', { error: 19 });
        giveUp.abort(new Error('given up'));
        deliver();
      } else {
        emit.apply(this, arguments);
      }
    };
    await opening.catch(({ message }) => console.log('refused', message));`);
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(result.stdout).toBe('refused given up\n');
});
