// Receivers by the addon's socket: the contract of all receivers, and what only native code can get wrong.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatagramSocketHandle } from '../../lib/native/binding.js';
import { RtpReceiver, type StreamStartEvent } from '../../lib/rtp/index.js';
import { loadAddon } from '../support/addon.js';
import { runChild } from '../support/child.js';
import { memoryHeld } from '../support/memory-held.js';
import { describeReceiver } from '../support/receiver-contract.js';
import { plainSocket, receiverFor } from '../support/rtp-sockets.js';
import { hostileDatagrams } from '../support/rtp-stream.js';

const addon = loadAddon();

describeReceiver('native');

const handles: DatagramSocketHandle[] = [];
afterEach(() => {
  for (const handle of handles.splice(0)) handle.close();
});

function open(address = '127.0.0.1', port = 0, scope = 0, shared = false): DatagramSocketHandle {
  const handle = addon.openDatagramSocket(address, port, scope, shared);
  handles.push(handle);
  return handle;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const garbage: unknown[] = [
  ...[undefined, true, -1, 1.5, Number.NaN, 2 ** 53, 0n, 'text', 'a\0b', Symbol('s'), {}, []],
  ...[new Uint16Array(16), new Int32Array(0), new ArrayBuffer(16), new Proxy({}, {}), '1.2.3.4.5', '::%lo'],
];

describe('A native datagram socket', () => {
  it('receives as many datagrams a call as there is room for, whole, with their sources', async () => {
    const handle = open();
    const sender = await plainSocket();
    const sizes = [0, 1, 1500, 65_507, 7];
    const before = process.hrtime.bigint();
    for (const [i, size] of sizes.entries()) {
      await new Promise<void>((resolve) => {
        sender.send(new Uint8Array(size).fill(i + 1), handle.local().port, '127.0.0.1', () => resolve());
      });
    }
    const data = new Uint8Array(2 * 65_536);
    const lengths = new Int32Array(2);
    const sources = new Uint8Array(2 * 20);
    const arrivals = new BigInt64Array(2);
    const got: number[][] = [];
    const times: bigint[] = [before];
    await new Promise<void>((resolve) => {
      handle.listen(data, lengths, sources, arrivals, (count, dropped) => {
        expect(dropped).toBe(0);
        for (let i = 0; i < count; i += 1) {
          times.push(arrivals[i] as bigint);
          const bytes = data.subarray(i * 65_536, i * 65_536 + (lengths[i] as number));
          got.push([bytes.length, bytes[0] ?? 0, bytes.at(-1) ?? 0]);
          const { port } = sender.address();
          expect([...sources.subarray(i * 20, (i + 1) * 20)]).toEqual([
            ...Array(10).fill(0),
            ...[255, 255, 127, 0, 0, 1, port >> 8, port & 255, 0, 0],
          ]);
        }
        if (got.length === sizes.length) resolve();
      });
    });
    expect(got).toEqual(sizes.map((size, i) => [size, size && i + 1, size && i + 1]));
    // The kernel took them in this order, after they were sent and before now.
    times.push(process.hrtime.bigint());
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
  });

  it('cuts a datagram to its room', async () => {
    const handle = open();
    const sender = await plainSocket();
    const data = new Uint8Array(4 * 100).fill(9);
    const lengths = new Int32Array(4);
    const called = new Promise<number>((resolve) =>
      handle.listen(data, lengths, null, new BigInt64Array(4), resolve),
    );
    sender.send(new Uint8Array(300).fill(1), handle.local().port, '127.0.0.1');
    expect(await called).toBe(1);
    expect(lengths[0]).toBe(100);
    expect([data[99], data[100]]).toEqual([1, 9]);
  });

  it('binds and joins in both families, and says what failed', () => {
    const lo = addon.interfaceIndex('lo');
    expect(lo).toBeGreaterThan(0);
    expect(() => addon.interfaceIndex('none7')).toThrow(
      expect.objectContaining({ errno: 19, syscall: 'if_nametoindex', path: 'none7' }),
    );
    const first = open('ff02::9', 0, lo, true);
    const { address, port } = first.local();
    expect(address).toBe('ff02::9');
    const second = open('ff02::9', port, lo, true);
    for (const handle of [first, second]) handle.join('ff02::9', lo, null);
    expect(() => first.join('ff02::9', lo, null)).toThrow(
      expect.objectContaining({ errno: 98, syscall: 'setsockopt MCAST_JOIN_GROUP' }),
    );
    first.leave('ff02::9', lo);
    first.join('ff02::9', lo, '::1');
    first.leave('ff02::9', lo);
    for (const [call, errno, syscall] of [
      [() => open('192.0.2.1'), 99, 'bind'],
      [() => open('ff02::9', 0, 0, true), 22, 'bind'],
      [() => open('ff02::9', port, lo, false), 98, 'bind'],
      [() => first.join('ff02::9', 2 ** 31 - 1, null), 19, 'setsockopt MCAST_JOIN_GROUP'],
      [() => first.join('ff02::9', lo, '1.2.3.4'), 99, 'setsockopt MCAST_JOIN_SOURCE_GROUP'],
      [() => first.leave('ff05::9', lo), 99, 'setsockopt MCAST_LEAVE_GROUP'],
    ] as const) {
      expect(call).toThrow(expect.objectContaining({ errno, syscall }));
    }
  });

  it('throws an Error for every kind of garbage, and a closed one for every call', () => {
    const handle = open();
    const data = new Uint8Array(100);
    const lengths = new Int32Array(2);
    const arrivals = new BigInt64Array(2);
    for (const first of garbage) {
      if (first !== -1) expect(() => handle.setReceiveBuffer(first as never)).toThrow(TypeError);
      expect(() => handle.join(first as never, 0, null)).toThrow(TypeError);
      expect(() => handle.join('224.0.0.1', 0, first as never)).toThrow(TypeError);
      expect(() => handle.leave('224.0.0.1', first as never)).toThrow(TypeError);
      expect(() => handle.listen(first as never, lengths, null, arrivals, () => {})).toThrow(TypeError);
      expect(() => handle.listen(data, first as never, null, arrivals, () => {})).toThrow(TypeError);
      expect(() => handle.listen(data, lengths, first as never, arrivals, () => {})).toThrow(TypeError);
      expect(() => handle.listen(data, lengths, null, first as never, () => {})).toThrow(TypeError);
      expect(() => handle.listen(data, lengths, null, arrivals, first as never)).toThrow(TypeError);
      expect(() => addon.openDatagramSocket('127.0.0.1', first as never, 0, false)).toThrow(TypeError);
    }
    expect(() => handle.listen(new Uint8Array(1), lengths, null, arrivals, () => {})).toThrow(TypeError);
    expect(() => handle.listen(data, lengths, new Uint8Array(39), arrivals, () => {})).toThrow(TypeError);
    handle.close();
    handle.close();
    expect(handle.closed()).toBe(true);
    for (const call of [
      () => handle.setReceiveBuffer(1),
      () => handle.join('224.0.0.1', 0, null),
      () => handle.leave('224.0.0.1', 0),
      () => handle.local(),
      () => handle.listen(data, lengths, null, arrivals, () => {}),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
  });

  it.each([0, 1, 2, 3])('stops when memory number %d was transferred away', async (which) => {
    const handle = open();
    const arrays = [
      new Uint8Array(100),
      new Int32Array(2),
      new Uint8Array(40),
      new BigInt64Array(2),
    ] as const;
    let called = false;
    handle.listen(...arrays, () => {
      called = true;
    });
    const array = arrays[which] as (typeof arrays)[number];
    structuredClone(array, { transfer: [array.buffer] });
    const { port } = handle.local();
    const sender = await plainSocket();
    await new Promise<void>((resolve) => sender.send('x', port, '127.0.0.1', () => resolve()));
    for (let i = 0; i < 3; i += 1) await turn();
    expect(called).toBe(false);
    // What was not read is read when there is room again.
    const again = new Promise<number>((resolve) =>
      handle.listen(new Uint8Array(100), new Int32Array(2), null, new BigInt64Array(2), resolve),
    );
    expect(await again).toBe(1);
  });
});

describe('A receiver that cannot be opened', () => {
  it('says which call failed on which address, and what to do', async () => {
    const options = {
      encoding: 'L16',
      rate: 48_000,
      channels: 1,
      payloadType: 96,
      socket: 'native',
    } as const;
    const sink = { write: () => {} };
    const { port } = open().local();
    await expect(RtpReceiver.open({ ...options, address: '127.0.0.1', port, sink })).rejects.toThrow(
      `bind failed on 127.0.0.1:${port}: EADDRINUSE, address already in use. Another socket has the port`,
    );
    await expect(RtpReceiver.open({ ...options, address: '2001:db8::7', port, sink })).rejects.toThrow(
      expect.objectContaining({
        ...{ name: 'AlsaError', code: 'EADDRNOTAVAIL', syscall: 'bind', path: `[2001:db8::7]:${port}` },
        hint: expect.stringContaining('ip address'),
      }),
    );
  });
});

describe('Datagrams that this machine drops', () => {
  it('are counted, exactly, and told from those that the network lost', async () => {
    const { receiver } = await receiverFor({ socket: 'native', receiveBufferBytes: 8192 });
    const socket = await plainSocket();
    socket.connect(receiver.port, '127.0.0.1');
    await once(socket, 'connect');
    // Not one of them is read before all are sent.
    let sent = 0;
    for (; sent < 500; sent += 1) socket.send(new Uint8Array(500));
    const counted = () => receiver.stats().packets + (receiver.stats().datagramsDropped ?? 0);
    // The kernel tells with the next one that it keeps.
    while (counted() < sent) {
      socket.send(new Uint8Array(500));
      sent += 1;
      for (let i = 0; i < 3; i += 1) await turn();
    }
    expect(receiver.stats().datagramsDropped).toBeGreaterThan(400);
  });

  it('are not counted where a filter of ours drops as well, nor by a socket of Node', async () => {
    const group = await receiverFor({ socket: 'native', address: 'ff02::7:9', interface: 'lo' });
    const plain = await receiverFor({ socket: 'dgram' });
    const alone = await receiverFor({ socket: 'native' });
    expect([group, plain, alone].map(({ receiver }) => receiver.stats().datagramsDropped)).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });
});

/**
 * The kernel begins to stamp some time after somebody has asked for it (net/core/dev.c: net_enable_timestamp), and goes on while
 * somebody does. A datagram that came before has the time at which it is read.
 */
async function kernelStamps(): Promise<void> {
  const handle = open();
  const socket = await plainSocket();
  const arrivals = new BigInt64Array(1);
  let called = () => {};
  handle.listen(new Uint8Array(100), new Int32Array(1), null, arrivals, () => called());
  socket.connect(handle.local().port, '127.0.0.1');
  await once(socket, 'connect');
  for (let read = 0n; read === 0n || (arrivals[0] as bigint) > read; ) {
    const come = new Promise<void>((resolve) => {
      called = resolve;
    });
    socket.send('stamped?');
    for (const end = process.hrtime.bigint() + 5_000_000n; process.hrtime.bigint() < end; );
    read = process.hrtime.bigint();
    await come;
  }
}

describe('The time of a datagram', () => {
  it('is when the kernel took it, however long it waited in the socket', async () => {
    await kernelStamps();
    const handle = open();
    const socket = await plainSocket();
    const arrivals = new BigInt64Array(16);
    const counts: number[] = [];
    const called = new Promise<void>((resolve) => {
      handle.listen(new Uint8Array(16 * 100), new Int32Array(16), null, arrivals, (count) => {
        counts.push(count);
        resolve();
      });
    });
    socket.connect(handle.local().port, '127.0.0.1');
    await once(socket, 'connect');
    socket.send('first');
    const between = process.hrtime.bigint();
    for (const end = between + 20_000_000n; process.hrtime.bigint() < end; );
    const later = process.hrtime.bigint();
    socket.send('second');
    await called;
    expect(counts).toEqual([2]);
    // The wall clock may be slewed meanwhile: by nothing near to the 20 ms between.
    expect(arrivals[0]).toBeLessThan(between + 5_000_000n);
    expect(arrivals[1]).toBeGreaterThan(later - 5_000_000n);
  });
});

describe('The socket of a receiver', () => {
  const OPEN = `
    const { RtpReceiver } = await import(new URL('./dist/rtp/index.js', 'file://' + process.cwd() + '/').href);
    const options = { encoding: 'L16', rate: 48_000, channels: 1, payloadType: 96, address: '127.0.0.1', port: 0 };
    const open = (socket) => RtpReceiver.open({ ...options, socket, sink: { write: () => {} } });
    const isNodes = () => process.getActiveResourcesInfo().includes('UDPWrap');
    const receiver = await open();
    console.log(isNodes());
    await receiver[Symbol.asyncDispose]();`;

  it("is the addon's where there is one", async () => {
    const result = await runChild(OPEN);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'false\n', stderr: '' });
  });

  it("is Node's own where there is none, unless the addon's is asked for", async () => {
    const result = await runChild(`
      process.env.ALSA_UTIMER_ADDON = '/nowhere';
      ${OPEN}
      await open('native').catch(({ code }) => console.log(code));`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'true\nERR_ADDON_NOT_FOUND\n', stderr: '' });
  });
});

const SOCKETS = `
  import dgram from 'node:dgram';
  const sockets = () => Object.keys(descriptors()).filter((target) => target.startsWith('socket:')).length;
  const listen = (handle, callback) => handle.listen(new Uint8Array(16 * 65536), new Int32Array(16), null, new BigInt64Array(16), callback);
`;

describe('Receiving', () => {
  it('keeps the event loop alive until the socket is closed, and leaves no descriptor', async () => {
    const result = await runChild(`${SOCKETS}
      const before = sockets();
      const handles = Array.from({ length: 50 }, () => addon.openDatagramSocket('127.0.0.1', 0, 0, false));
      const during = sockets() - before;
      let called = 0;
      for (const handle of handles) {
        listen(handle, () => {
          called += 1;
          handle.close();
          if (called === 50) { sender.close(); setImmediate(() => console.log(during, sockets() - before)); }
        });
      }
      const sender = dgram.createSocket('udp4').unref();
      for (const handle of handles) sender.send('x', handle.local().port, '127.0.0.1');`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '50 0\n', stderr: '' });
  });

  it('leaves nothing when a socket cannot be bound, or is collected', async () => {
    const result = await runChild(`${SOCKETS}
      const before = sockets();
      for (let i = 0; i < 50; i += 1) {
        try { addon.openDatagramSocket('192.0.2.1', 0, 0, false); } catch {}
        addon.openDatagramSocket('127.0.0.1', 0, 0, false);
      }
      await collect(() => sockets() === before);
      console.log(sockets() - before);`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });

  it('turns what the callback throws into an uncaught exception', async () => {
    const result = await runChild(`${SOCKETS}
      const handle = addon.openDatagramSocket('127.0.0.1', 0, 0, false);
      process.on('uncaughtException', (error) => { console.log(error.message); handle.close(); });
      listen(handle, () => { throw new Error('mine'); });
      const sender = dgram.createSocket('udp4').unref();
      sender.send('x', handle.local().port, '127.0.0.1');`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'mine\n', stderr: '' });
  });

  it.each(['native', 'dgram'])(
    'hands frames to the sink, and events to others, where handlers of a %s receiver throw',
    async (kind) => {
      const result = await runChild(`
      const { RtpReceiver, RtpSender } = await import(new URL('./dist/rtp/index.js', 'file://' + process.cwd() + '/'));
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const format = { encoding: 'L16', rate: 48_000, channels: 1, address: '127.0.0.1' };
      let frames = 0;
      const sink = { write: (bytes) => { frames += bytes.length / 2; } };
      const options = { ...format, payloadType: 96, port: 0, sink, silenceMs: 50, socket: ${JSON.stringify(kind)} };
      const receiver = await RtpReceiver.open(options);
      const silent = once(receiver, 'silence');
      for (const type of ['stream', 'discontinuity', 'silence', 'error', 'close'])
        receiver.on(type, () => { throw new Error(type); });
      const sender = await RtpSender.open({ ...format, port: receiver.port });
      sender.write(new Uint8Array(96));
      sender.skip(48);
      sender.write(new Uint8Array(96));
      await silent;
      console.log(frames, receiver.closed);
      sender.close();
      receiver.close();`);
      expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
      expect(result.stdout).toBe(
        ['stream', 'discontinuity', 'silence'].map((type) => `uncaught ${type}\n`).join('') +
          '144 false\nuncaught close\n',
      );
    },
  );

  it('goes with its worker, terminated at any moment', { timeout: 300_000 }, async () => {
    const result = await runChild(`${SOCKETS}
      const code = \`
        const handles = [];
        const listen = () => {
          const handle = addon.openDatagramSocket('127.0.0.1', 0, 0, false);
          handle.listen(new Uint8Array(1024), new Int32Array(2), new Uint8Array(40), new BigInt64Array(2), (count) => {
            parentPort.postMessage(count);
          });
          handles.push(handle);
          if (handles.length > 10) handles.shift().close();
          return handle.local().port;
        };
        parentPort.postMessage(Array.from({ length: 5 }, listen));
        const churn = () => { listen(); setImmediate(churn); };
        churn();\`;
      const sender = dgram.createSocket('udp4');
      sender.bind(0);
      await once(sender, 'listening');
      const before = sockets();
      for (let round = 0; round < 40; round += 1) {
        const worker = startWorker(code);
        if (round % 4 > 0) {
          const [ports] = await once(worker, 'message');
          for (const port of ports) for (let i = 0; i < round; i += 1) sender.send('x', port, '127.0.0.1');
        }
        if (round % 4 > 1) await new Promise((resolve) => setImmediate(resolve));
        if (round % 4 > 2) await new Promise((resolve) => sender.send('x', 9, '127.0.0.1', resolve));
        await worker.terminate();
      }
      console.log(sockets() - before);
      sender.close();`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });
});

describe('a million hostile datagrams through a socket', () => {
  const MILLION = 1_000_000;
  const FRAME_BYTES = 4;
  /** So many are sent before their arrival is awaited, which the smallest of default socket buffers holds. */
  const WINDOW = 50;

  it('crash nothing, keep no memory, and leave frames delivered = frames by timestamp', {
    timeout: 600_000,
  }, async () => {
    let bytes = 0;
    let ended = 0;
    let current: StreamStartEvent | undefined;
    await using receiver = await RtpReceiver.open({
      ...{ encoding: 'L16', rate: 48_000, channels: 2, payloadType: 96, socket: 'native' },
      ...{ address: '127.0.0.1', port: 0, excludedSources: ['127.0.0.9'] },
      sink: {
        write: (chunk) => {
          bytes += chunk.length;
        },
      },
    });
    const distance = (from: number, to: number) => (to - from) >>> 0;
    receiver.on('stream', (event) => {
      if (current && event.previous) ended += distance(current.timestamp, event.previous.timestamp);
      current = event;
    });
    const byTimestamp = () => ended + distance(current?.timestamp ?? 0, receiver.position?.timestamp ?? 0);
    const { port } = receiver;
    const sender = createSocket('udp4');
    sender.connect(port, '127.0.0.1');
    await once(sender, 'connect');
    const next = hostileDatagrams(12);
    let before = 0;
    for (let sent = 0; sent < MILLION; ) {
      for (let i = 0; i < WINDOW; i += 1) sender.send(next());
      sent += WINDOW;
      while (receiver.stats().packets < sent) await turn();
      if (sent % 100_000 === 0) {
        const { framesDelivered } = receiver.stats();
        expect(framesDelivered).toBe(bytes / FRAME_BYTES);
        expect(framesDelivered).toBe(byTimestamp());
        if (sent === 200_000) before = memoryHeld();
      }
    }
    const grown = memoryHeld() - before;
    sender.close();
    receiver.flush();
    const stats = receiver.stats();
    expect(stats.packets).toBe(MILLION);
    expect(stats.framesDelivered).toBe(bytes / FRAME_BYTES);
    expect(stats.framesDelivered).toBe(byTimestamp());
    expect(grown).toBeLessThan(4 * 2 ** 20);
  });
});
