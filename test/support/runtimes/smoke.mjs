// The package on every runtime, one part a process: RUNTIME smoke.mjs PART. Each prints what
// test/support/package-smoke.ts expects. It needs timers and a loopback card, of the kernel or of test/support/fake-alsa.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';

const dist = new URL('../../../dist/', import.meta.url);
/** @type {typeof import('../../../dist/index.js')} */
const { listTimers, monotonicNs, TimerInstance, UserTimer } = await import(new URL('index.js', dist).href);
/** @type {typeof import('../../../dist/bridge/index.js')} */
const { Bridge } = await import(new URL('bridge/index.js', dist).href);
/** @type {typeof import('../../../dist/clock/index.js')} */
const { Clock, Pacer } = await import(new URL('clock/index.js', dist).href);
/** @type {typeof import('../../../dist/loopback/index.js')} */
const { ClockedLoopback } = await import(new URL('loopback/index.js', dist).href);
/** @type {typeof import('../../../dist/rtp/index.js')} */
const { RtpReceiver, RtpSender } = await import(new URL('rtp/index.js', dist).href);

const print = (/** @type {unknown} */ value) => console.log(JSON.stringify(value));
const format = /** @type {const} */ ({ encoding: 'L16', rate: 48_000, channels: 2 });
const cable = /** @type {const} */ ({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
const bytesOf = (/** @type {number} */ count) => new Uint8Array(count).map((_, i) => i % 251);

/** @type {Record<string, () => Promise<void>>} */
const parts = {
  /** Ticks of a timer, and their timestamps. */
  async timers() {
    const timer = UserTimer.create({ resolutionNs: 10_000_000n });
    const instance = TimerInstance.open(timer);
    const listed = listTimers().some(({ resolutionNs }) => resolutionNs === 10_000_000n);
    instance.start();
    const before = monotonicNs();
    for (let i = 0; i < 5; i += 1) timer.trigger();
    let ticks = 0;
    let inTime = true;
    for await (const event of instance) {
      if (event.type !== 'tick') continue;
      ticks += event.count;
      inTime &&= event.timestampNs >= before && event.timestampNs <= monotonicNs();
      if (ticks === 5) break;
    }
    instance.close();
    timer.close();
    print({ listed, ticks, inTime });
  },

  /** A thread of the addon ticks, and reports. */
  async pacer() {
    const clock = Clock.open('monotonic');
    const { monotonicNs: read } = clock.read();
    const timer = UserTimer.create({ resolutionNs: 10_000_000n });
    const pacer = Pacer.open();
    const pacing = pacer.start(timer, { rate: 48_000, periodFrames: 480 });
    const ticked = new Promise((resolve) => pacing.on('tick', resolve));
    await ticked;
    for (const each of [pacing, pacer, timer, clock]) each.close();
    print({ reads: read <= monotonicNs(), ticked: true });
  },

  /** Frames through a cable, which a capture reads. */
  async cable() {
    const loop = await ClockedLoopback.open(cable);
    const capture = loop.openCapture();
    const bytes = bytesOf(loop.periodBytes * 3);
    loop.write(bytes);
    /** @type {number[]} */
    const got = [];
    for await (const frames of capture) {
      got.push(...frames);
      if (got.length >= bytes.length) break;
    }
    capture.close();
    loop.close();
    print({ frames: got.length / loop.frameBytes, same: got.every((byte, i) => byte === bytes[i]) });
  },

  /** Packets over the loopback interface. */
  async rtp() {
    /** @type {number[]} */
    const got = [];
    let done = () => {};
    const whole = new Promise((resolve) => (done = () => resolve(undefined)));
    const sink = {
      write: (/** @type {Uint8Array} */ bytes) => {
        got.push(...bytes);
        if (got.length >= 4 * 480 * 4) done();
      },
    };
    const receiver = await RtpReceiver.open({
      ...{ ...format, payloadType: 96, address: '127.0.0.1', port: 0 },
      sink,
    });
    const sender = await RtpSender.open({ ...format, address: '127.0.0.1', port: receiver.port });
    const bytes = bytesOf(4 * 480 * sender.frameBytes);
    sender.write(bytes);
    await sender.drain();
    await whole;
    sender.close();
    await receiver.close();
    print({ same: got.every((byte, i) => byte === bytes[i]), lost: receiver.stats().framesLost });
  },

  /** A gap is filled when the packets behind it have waited long enough: by the clock of arrivals. */
  async gap() {
    let frames = 0;
    let done = () => {};
    const whole = new Promise((resolve) => (done = () => resolve(undefined)));
    const sink = {
      write: (/** @type {Uint8Array} */ bytes) => {
        frames += bytes.length / 4;
        if (frames === 3 * 48) done();
      },
    };
    const receiver = await RtpReceiver.open({
      ...{ ...format, payloadType: 96, address: '127.0.0.1', port: 0 },
      sink,
    });
    const socket = createSocket('udp4');
    for (const number of [0, 2]) {
      const packet = new DataView(new ArrayBuffer(12 + 48 * 4));
      packet.setUint16(0, 0x8060);
      packet.setUint16(2, number);
      packet.setUint32(4, number * 48);
      packet.setUint32(8, 7);
      const sent = new Promise((resolve) =>
        socket.send(new Uint8Array(packet.buffer), receiver.port, '127.0.0.1', resolve),
      );
      await sent;
    }
    await whole;
    socket.close();
    await receiver.close();
    print({ frames, lost: receiver.stats().framesLost });
  },

  /** The same through the thread of a bridge. */
  async bridge() {
    const bridge = await Bridge.open({ ...format, payloadType: 96, address: '127.0.0.1', port: 0 });
    const began = once(bridge, 'stream');
    const sender = await RtpSender.open({ ...format, address: '127.0.0.1', port: bridge.info.port });
    sender.write(new Uint8Array(480 * sender.frameBytes));
    const [{ reason }] = await began;
    await sender.drain();
    sender.close();
    await bridge.close();
    print({ reason });
  },
};

await parts[process.argv[2] ?? '']?.();
