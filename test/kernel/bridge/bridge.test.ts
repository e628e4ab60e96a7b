// A stream from a socket through a thread into a cable: what is heard is what was sent, whatever the main thread does.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BRIDGE_EVENTS,
  type BridgeEvent,
  type BridgeMessage,
  type BridgeOptions,
  bridgeChannel,
  toJsonLine,
} from 'alsa-utimer/bridge';
import { afterEach, describe, expect, it } from 'vitest';
import { TimerInstance, userTimerId } from '../../../lib/index.js';
import { LoopbackCapture, type LoopbackCard } from '../../../lib/loopback/index.js';
import { native } from '../../../lib/native/load.js';
import { arecordArgs } from '../../support/arecord.js';
import { runChild } from '../../support/child.js';
import { type Crash, crashingThreads } from '../../support/crashing-thread.js';
import { datagram, payloadAt, stream } from '../../support/rtp-stream.js';
import { difference, noise, withCode } from '../loopback/support.js';
import { withCard, withFolder, withLiftedLimits } from '../setup.js';
import {
  Child,
  Datagrams,
  endAll,
  Listening,
  openBridge,
  recorder,
  STREAM,
  stayBusy,
  until,
} from './support.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();
withFolder('bridge', (made) => {
  folder = made;
});

const open = (options?: Partial<BridgeOptions>) => openBridge(card.number, options);
afterEach(async () => {
  await endAll();
  expect(card.cables().filter(({ playback, capture }) => playback || capture)).toEqual([]);
  expect(readFileSync('/proc/asound/timers', 'utf8')).not.toContain('G4:');
});

/** The samples of `frames` frames from `timestamp` on, and the silence that completes the last period. */
const audio = (timestamp: number, frames: number, periodFrames = 480): Buffer =>
  Buffer.concat([
    payloadAt(timestamp, frames),
    Buffer.alloc(2 * ((periodFrames - (frames % periodFrames)) % periodFrames)),
  ]);

describe('A bridge', () => {
  it('gives a listener who was there before the first packet every frame, and ends with a padded period', async () => {
    const bridge = await open();
    const listening = new Listening(bridge);
    const datagrams = await Datagrams.to(bridge);
    const told: BridgeEvent[] = [];
    bridge.on('stream', (event) => told.push(event));
    await datagrams.send(stream(1001, { timestamp: 2 ** 32 - 24_000 }).map((packet) => datagram(packet)));
    datagrams.close();
    await bridge.close();
    expect(difference(audio(2 ** 32 - 24_000, 1001 * 48), await listening.end())).toBeUndefined();
    expect(told).toEqual([
      { type: 'stream', reason: 'first', ssrc: 1, timestamp: 2 ** 32 - 24_000, previous: undefined },
    ]);
    expect(bridge.stats()).toMatchObject({
      receiver: { packets: 1001, framesDelivered: 48_048, framesLost: 0, streams: 1 },
      loopback: { periods: 101, frames: 48_480, paddedFrames: 432, insertedFrames: 0, xruns: 0 },
      ...{ framesWaiting: 0, framesDropped: 0, eventsDropped: 0 },
    });
  });

  it('goes on while the main thread of its process does nothing else', async () => {
    const bridge = await open();
    const path = join(folder, 'recorded.raw');
    const frames = 48_000;
    const heard = once(bridge, 'listener');
    const recording = recorder(bridge, path, frames);
    const { encoding, rate, channels, format } = STREAM;
    const packets = { encoding, rate, channels, format, packetFrames: 48 };
    const sender = Child.module(`
      const sender = await rtp.RtpSender.open({
        ...${JSON.stringify(packets)}, address: '127.0.0.1', port: ${bridge.info.port},
      });
      console.log('open');
      await go();
      const { readFileSync } = await import('node:fs');
      await sender.pace([readFileSync(${JSON.stringify(`${path}.sent`)})]);
      await sender.drain();
      sender.close();`);
    const sent = noise(2 * frames);
    writeFileSync(`${path}.sent`, sent);
    await sender.line();
    await heard;
    sender.say('go');
    await new Promise(setImmediate);
    // From here to the last frame the event loop of this thread does not turn.
    stayBusy(() => statSync(path).size >= sent.length);
    expect(difference(sent, readFileSync(path))).toBeUndefined();
    expect(await Promise.all([sender.ended, recording.ended])).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(await bridge.sample()).toMatchObject({ receiver: { framesLost: 0 }, loopback: { xruns: 0 } });
  });

  it("completes the period that a stream has begun when it falls silent, with idle 'stall', once", async () => {
    const bridge = await open({ silenceMs: 200, reorderMs: 10 });
    const listening = new Listening(bridge);
    const datagrams = await Datagrams.to(bridge);
    const fallen = once(bridge, 'silence');
    await datagrams.send([datagram({ sequence: 0, timestamp: 0, ssrc: 1, frames: 528 })]);
    await listening.reaches(2 * 480);
    await fallen;
    // Behind a packet that was lost, whose frames this silence stands for.
    await datagrams.send([datagram({ sequence: 2, timestamp: 1008, ssrc: 1, frames: 480 })]);
    await listening.reaches(4 * 480);
    datagrams.close();
    await bridge.close();
    const heard = [payloadAt(0, 528), Buffer.alloc(2 * 480), payloadAt(1008, 480), Buffer.alloc(2 * 432)];
    expect(difference(Buffer.concat(heard), await listening.end())).toBeUndefined();
    expect(bridge.stats()).toMatchObject({
      receiver: { framesDelivered: 1488, framesLost: 480 },
      loopback: { frames: 4 * 480, paddedFrames: 0, insertedFrames: 0, xruns: 0 },
      ...{ framesCompleted: 2 * 432, framesCovered: 432 },
    });
  });

  it('keeps frames for a listener, and completes the last period of a stream that falls silent', async () => {
    const bridge = await open({ silenceMs: 200, unheard: 'wait' });
    const datagrams = await Datagrams.to(bridge);
    const fallen = once(bridge, 'silence');
    await datagrams.send([datagram({ sequence: 0, timestamp: 0, ssrc: 1, frames: 528 })]);
    await fallen;
    expect(await bridge.sample()).toMatchObject({ framesWaiting: 2 * 480, framesCompleted: 432 });
    const listening = new Listening(bridge);
    await listening.reaches(2 * 480);
    datagrams.close();
    await bridge.close();
    expect(difference(audio(0, 528), await listening.end())).toBeUndefined();
    expect(bridge.stats()).toMatchObject({ framesWaiting: 0, framesDropped: 0, framesCompleted: 432 });
  });

  it('keeps a listener alive with silence, into which the first packets come whole', async () => {
    const bridge = await open({ idle: 'silence' });
    const path = join(folder, 'arecord.raw');
    const heard = once(bridge, 'listener');
    // Room for a burst of all that is sent, and for the silence meanwhile.
    const args = arecordArgs(bridge.info.listenerName, bridge.info, '--buffer-size=96000', path);
    const recorder = spawn('arecord', args, { stdio: 'ignore' });
    await heard;
    const alive = (await bridge.sample()).loopback.insertedFrames;
    const inserted = (frames: number) =>
      until(
        `${frames} frames of silence`,
        async () => (await bridge.sample()).loopback.insertedFrames >= frames,
      );
    await inserted(alive + 24_000);
    const datagrams = await Datagrams.to(bridge);
    await datagrams.send(stream(500).map((packet) => datagram(packet)));
    const end = (await bridge.sample()).loopback.insertedFrames;
    await inserted(end + 24_000);
    datagrams.close();
    recorder.kill('SIGINT');
    await once(recorder, 'exit');
    const recorded = readFileSync(path);
    const from = recorded.indexOf(payloadAt(0, 48));
    expect(from).toBeGreaterThan(48_000);
    // Silence may come between two periods where the sender was late, and nothing else may.
    const heardFrames: Buffer[] = [];
    for (let at = from - (from % 960); at < recorded.length; at += 960) {
      const period = recorded.subarray(at, at + 960);
      if (period.some((byte) => byte !== 0)) heardFrames.push(period);
    }
    expect(difference(Buffer.from(payloadAt(0, 24_000)), Buffer.concat(heardFrames))).toBeUndefined();
  });

  it('holds what nobody hears, up to a limit, and gives it to the listener', async () => {
    const bridge = await open({ unheard: 'wait', maxWaitingFrames: 4_800 });
    const datagrams = await Datagrams.to(bridge);
    expect(await datagrams.send(stream(300).map((packet) => datagram(packet)))).toMatchObject({
      ...{ framesWaiting: 4_800, framesDropped: 9_600 },
      loopback: { frames: 0 },
    });
    const listening = new Listening(bridge);
    await until('what was held', async () => (await bridge.sample()).loopback.frames >= 4_800);
    await datagrams.send(stream(50, { timestamp: 14_400, sequence: 300 }).map((packet) => datagram(packet)));
    datagrams.close();
    await bridge.close();
    expect(difference(Buffer.from(payloadAt(9_600, 7_200)), await listening.end())).toBeUndefined();
    expect(bridge.stats()).toMatchObject({ framesWaiting: 0, framesDropped: 9_600 });
  });

  it('holds nothing back from a listener who was there before the first packet, or who came back', async () => {
    const bridge = await open({ unheard: 'wait' });
    const datagrams = await Datagrams.to(bridge);
    for (const timestamp of [0, 4_800, 9_600]) {
      const listening = new Listening(bridge);
      await once(bridge, 'listener');
      const packets = stream(100, { timestamp, sequence: timestamp / 48 });
      await datagrams.send(packets.map((packet) => datagram(packet)));
      await listening.reaches(4_800);
      expect(difference(Buffer.from(payloadAt(timestamp, 4_800)), await listening.end())).toBeUndefined();
      await once(bridge, 'listener');
    }
    expect(await bridge.sample()).toMatchObject({ framesWaiting: 0, framesDropped: 0 });
    datagrams.close();
  });

  it('counts as dropped what it held in vain', async () => {
    const bridge = await open({ unheard: 'wait' });
    const datagrams = await Datagrams.to(bridge);
    await datagrams.send(stream(10).map((packet) => datagram(packet)));
    datagrams.close();
    await bridge.close();
    expect(bridge.stats()).toMatchObject({ framesWaiting: 0, framesDropped: 480, loopback: { periods: 0 } });
  });

  it('counts as dropped what a listener left behind that did not read', async () => {
    const bridge = await open({ unheard: 'wait' });
    const { rate, channels, periodFrames } = bridge.info;
    using capture = LoopbackCapture.open({
      ...{ card: card.number, device: 1, format: 'S16_BE', rate, channels, periodFrames, periods: 8 },
    });
    await once(bridge, 'listener');
    const datagrams = await Datagrams.to(bridge);
    await datagrams.send(stream(100).map((packet) => datagram(packet)));
    // It is given as much as leaves a period of its buffer.
    expect(await bridge.sample()).toMatchObject({
      framesWaiting: 4_800 - 7 * 480,
      loopback: { frames: 7 * 480 },
    });
    datagrams.close();
    capture.close();
    await once(bridge, 'listener');
    await bridge.close();
    expect(bridge.stats()).toMatchObject({ framesWaiting: 0, framesDropped: 4_800 - 7 * 480 });
  });

  it('tells everything as events, on channels and as JSON', async () => {
    const messages: BridgeMessage[] = [];
    const collect = (message: unknown) => messages.push(message as BridgeMessage);
    for (const name of BRIDGE_EVENTS) channel(bridgeChannel(name)).subscribe(collect);
    try {
      const bridge = await open({ statsMs: 10, silenceMs: 10 });
      const listening = new Listening(bridge);
      const heard = once(bridge, 'listener');
      const datagrams = await Datagrams.to(bridge);
      const packets = stream(10);
      const lost = once(bridge, 'loss');
      const silent = once(bridge, 'silence');
      await datagrams.send(packets.filter((_, i) => i !== 4).map((packet) => datagram(packet)));
      // Of another payload type; and then timestamps that count twice what packets hold.
      await datagrams.send(packets.map((packet) => datagram(packet, { payloadType: 97 })));
      const contradicting = stream(60, { sequence: 10 }).map((packet, i) => ({
        ...packet,
        timestamp: 480 + 96 * i,
      }));
      await datagrams.send(contradicting.map((packet) => datagram(packet)));
      // The window of reordering ends with the bridge.
      expect(await heard).toMatchObject([{ type: 'listener', running: true, holder: { pid: process.pid } }]);
      await silent;
      await once(bridge, 'stats');
      datagrams.close();
      await bridge.close();
      await listening.end();
      expect(await lost).toEqual([{ type: 'loss', timestamp: 192, frames: 48 }]);
      expect(messages.every((message) => message.bridge === bridge)).toBe(true);
      const names = messages.map(({ event }) => event.type);
      expect(new Set(names)).toEqual(
        new Set(BRIDGE_EVENTS.filter((name) => !['error', 'mismatch', 'clock'].includes(name))),
      );
      expect(names.at(-1)).toBe('close');
      const lines = messages.map(({ event }) => toJsonLine(event));
      expect(lines).toContain('{"type":"loss","timestamp":192,"frames":48}');
      expect(lines).toContain('{"type":"discontinuity","timestamp":528,"frames":48}');
      expect(messages.filter(({ event }) => event.type === 'refusal')).toMatchObject([
        { event: { reason: 'payload-type', came: 'payload type 97', expected: '96' } },
      ]);
      expect(messages.filter(({ event }) => event.type === 'contradiction')).toMatchObject([
        { event: { what: 'length', packetFrames: 48, timestampFrames: 96 } },
      ]);
      for (const line of lines) expect(Object.keys(JSON.parse(line))[0]).toBe('type');
    } finally {
      for (const name of BRIDGE_EVENTS) channel(bridgeChannel(name)).unsubscribe(collect);
    }
  });
});

describe('The end of a bridge', () => {
  it('comes by its signal, by `await using`, and once', async () => {
    const abort = new AbortController();
    const bridge = await open({ signal: abort.signal });
    const closed = once(bridge, 'close');
    abort.abort();
    expect(bridge.closed).toBe(true);
    await closed;
    {
      await using another = await open();
      expect(another.closed).toBe(false);
    }
    await bridge.close();
    await expect(bridge.sample()).rejects.toThrow(withCode('ERR_CLOSED'));
    await expect(open({ signal: abort.signal })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });

  it('comes with its worker, terminated at any moment, and leaves nothing', async () => {
    const result = await runChild(`
      const { readFileSync } = await import('node:fs');
      const code = \`
        const { Bridge } = await import('${new URL('../../../dist/bridge/index.js', import.meta.url).href}');
        parentPort.postMessage('loaded');
        const bridge = await Bridge.open({ card: ${card.number}, ...${JSON.stringify(STREAM)} });
        parentPort.postMessage('open');
        bridge.on('close', () => {});
        bridge.close();\`;
      const threads = () => Number(/^Threads:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const before = threads();
      const own = Object.keys(descriptors());
      for (let round = 0; round < 12; round += 1) {
        const worker = startWorker(code);
        const said = [];
        worker.on('message', (message) => said.push(message));
        // At a moment between the start of the thread and the end of the bridge.
        const enough = round % 3;
        while (said.length < enough) await once(worker, 'message');
        for (let turn = 0; turn < round * 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        await worker.terminate();
      }
      while (threads() > before) await new Promise((resolve) => setImmediate(resolve));
      const left = Object.keys(descriptors()).filter((name) => /utimer|snd|socket/.test(name) && !own.includes(name));
      console.log(JSON.stringify(left));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n' });
  });

  it('is given up by a signal while another process keeps the lock of the card', async () => {
    const lock = native().lockFile(`/dev/snd/controlC${card.number}`);
    try {
      const abort = new AbortController();
      const opening = open({ signal: abort.signal });
      setImmediate(() => abort.abort(new Error('enough')));
      await expect(opening).rejects.toThrow('enough');
    } finally {
      lock.close();
    }
  });

  it('comes with an error that crossed between the threads whole', async () => {
    const bridge = await open();
    const { port } = bridge.info;
    const busy = { address: '127.0.0.1', port, substream: 1 };
    await expect(open(busy)).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
    const free = await open({ substream: 'free' });
    expect(free.info).toMatchObject({
      card: card.number,
      device: 0,
      substream: 1,
      listenerName: `hw:${card.number},1,1`,
    });
    const error = await open().catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'AlsaError', code: 'EBUSY', errno: -16 });
    expect(error.hint).toBeTypeOf('string');
    expect(error.message).toContain(error.hint);
    expect(error.message.split(error.hint)).toHaveLength(2);
    expect(error.stack).toContain('ClockedLoopback.open');
  });

  it('is prevented by bad options before anything is opened', async () => {
    for (const [options, code] of [
      [{ rate: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ channels: 33 }, 'ERR_OUT_OF_RANGE'],
      [{ encoding: 'L20' }, 'ERR_INVALID_ARG_VALUE'],
      [{ idle: 'die' }, 'ERR_INVALID_ARG_VALUE'],
      [{ unheard: 'keep' }, 'ERR_INVALID_ARG_VALUE'],
      [{ maxWaitingFrames: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ statsMs: 1 }, 'ERR_OUT_OF_RANGE'],
      [{ signal: true }, 'ERR_INVALID_ARG_TYPE'],
      [{ port: 65_536 }, 'ERR_OUT_OF_RANGE'],
      [{ address: 'localhost' }, 'ERR_INVALID_ARG_VALUE'],
      [{ device: 2 }, 'ERR_OUT_OF_RANGE'],
      [{ substream: 'any' }, 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      await expect(open(options as never), JSON.stringify(options)).rejects.toThrow(withCode(code));
    }
  });
});

describe('A bridge that fails', () => {
  it('says why to a thread that was busy until long after', async () => {
    const child = Child.module(`
      const { readFileSync } = await import('node:fs');
      const threads = () => Number(/^Threads:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const before = threads();
      const opening = bridge.Bridge.open({ ...${JSON.stringify(STREAM)}, card: 31 }).catch((error) => error);
      // Until the thread has come and gone, the event loop of this one does not turn.
      while (threads() === before);
      while (threads() > before);
      console.log((await opening).code);`);
    expect(await child.line()).toBe('ERR_NO_LOOPBACK_CARD');
    expect(await child.ended).toEqual({ code: 0, signal: null });
  });

  const crashes = [
    ['throw', { name: 'Error', message: 'out of the blue' }],
    ['memory', { name: 'Error', code: 'ERR_WORKER_OUT_OF_MEMORY' }],
    ['exit', { name: 'AlsaError', code: 'ERR_THREAD_ENDED' }],
  ] as const;

  const crashing = (how: Crash) => [
    'env',
    ...Object.entries(crashingThreads(folder, how)).map(([name, value]) => `${name}=${value}`),
  ];

  it.each(crashes)(
    'since its thread crashes (%s) says so, closes, and leaves nothing open',
    async (how, error) => {
      const child = Child.module(
        `const { readdirSync, readlinkSync } = await import('node:fs');
      const cable = await bridge.Bridge.open({ ...${JSON.stringify(STREAM)}, card: ${card.number}, statsMs: 10 });
      const tell = (event) => console.log(bridge.toJsonLine(event));
      cable.on('error', (error) => tell({ type: 'error', error }));
      const closed = new Promise((resolve) => cable.once('close', resolve));
      const samples = [];
      cable.on('stats', () => samples.push(cable.sample()));
      tell(await closed);
      await Promise.all(samples);
      await cable.close();
      const links = readdirSync('/proc/self/fd').map((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
      });
      console.log(JSON.stringify([cable.closed, links.filter((name) => /utimer|snd/.test(name))]));`,
        crashing(how),
      );
      expect(await child.ended, child.stderr).toEqual({ code: 0, signal: null });
      expect(child.lines.map((line) => JSON.parse(line))).toMatchObject([
        { type: 'error', ...error },
        { type: 'close', receiver: { packets: 0 }, loopback: { periods: 0 } },
        [true, []],
      ]);
    },
  );

  it('ends utimer bridge with it', async () => {
    const target = ['--listen', '127.0.0.1:0', '--format', 'L16', '--rate', '48000', '--channels', '1'];
    const child = Child.utimerAt(
      crashing('throw'),
      'bridge',
      ...target,
      '--json',
      '--stats',
      '10ms',
      ...['--silence', '24h'],
    );
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toBe('utimer bridge: out of the blue\n');
    expect(child.lines.map((line) => JSON.parse(line).type)).toEqual(['open', 'stats', 'error', 'close']);
  });

  it('says why, and closes', async () => {
    const bridge = await open();
    // While somebody listens to its timer, the kernel does not start the stream.
    using instance = TimerInstance.open(userTimerId(bridge.info.timerId));
    instance.start();
    const failed = once(bridge, 'error');
    const closed = new Promise((resolve) => bridge.once('close', resolve));
    const socket = createSocket('udp4');
    const { address, port } = bridge.info;
    for (const packet of stream(10)) socket.send(datagram(packet), port, address);
    const [error] = await failed;
    expect(error).toMatchObject({ name: 'AlsaError', code: 'ERR_NOT_STARTED' });
    expect(error.hint).toBeTypeOf('string');
    await closed;
    expect(JSON.parse(toJsonLine({ type: 'error', error }))).toMatchObject({
      ...{ type: 'error', name: 'AlsaError', code: 'ERR_NOT_STARTED', hint: error.hint },
    });
    socket.close();
  });
});
