// Streams that are played by a clock into a cable of the fake: when frames are heard, and what of them.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

/** `packet(i)`: of a stream whose first frame has its media time 0.9 s from now, 48 frames each. Frames are never silent. */
const PRELUDE = `
import { createSocket } from 'node:dgram';
const dist = (part) => import(new URL('./dist/' + part + '/index.js', 'file://' + process.cwd() + '/'));
const { Bridge } = await dist('bridge');
const { RtpReceiver, serializeRtpPacket } = await dist('rtp');
const format = { encoding: 'L16', rate: 48_000, channels: 2, payloadType: 96 };
const here = { ...format, address: '127.0.0.1', port: 0, packetFrames: 48 };
const socket = createSocket('udp4').unref();
const payload = (i) => Uint8Array.from({ length: 192 }, (_, at) => 1 + (i * 31 + at * 7) % 255);
/** As S16_LE. */
const heard = (i) => Buffer.from(payload(i)).swap16();
const start = (process.hrtime.bigint() / 1_000_000n + 900n) * 48n + 17n;
const packet = (i, { offset = 0n, ssrc = 7, sequence = i } = {}) => serializeRtpPacket({
  payloadType: 96, sequence, ssrc, payload: payload(i),
  timestamp: Number(BigInt.asUintN(32, start + BigInt(48 * i) + offset)),
});
const send = (port, datagram) => new Promise((resolve) => socket.send(datagram, port, '127.0.0.1', resolve));
const codeOf = async (body) => { try { await body(); return 'none'; } catch (error) { return error.code; } };
const gather = (emitter, ...names) => {
  const told = [];
  for (const name of names) emitter.on(name, (event) => told.push([name, event]));
  return told;
};
/** What is heard but silence, and where it begins in a period. */
const soundOf = (bytes, periodBytes) => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return [first % periodBytes, bytes.subarray(first, bytes.findLastIndex((byte) => byte !== 0) + 1)];
};
const until = async (done) => { while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 2)); };
`;

const LOOP = `
const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence' });
const capture = loop.openCapture({ periods: 1_024 });
`;

const run = (code: string) => runOnFake(PRELUDE + code);

describe('A receiver with a clock', () => {
  it('plays each frame at its media time, whatever order packets come in, and never before it', async () => {
    const result = await run(`${LOOP}
      const receiver = await RtpReceiver.open({ ...here, sink: loop, clock: 'monotonic', linkOffsetMs: 4_000 });
      const told = gather(receiver, 'stream', 'loss', 'error');
      await until(() => loop.stats().insertedFrames > 0);
      for (const i of [3, 0, 1, 1, 2, 5, 4]) await send(receiver.port, packet(i));
      await until(() => receiver.stats().packets === 7);
      console.log(receiver.stats().framesWaiting);
      await until(() => loop.stats().periods > 0);
      const now = process.hrtime.bigint();
      console.log(now >= (start * 1_000_000n) / 48n + 4_000_000_000n);
      await receiver.drain();
      const [first, sound] = soundOf(capture.read(), loop.periodBytes);
      console.log(first === Number(start % 480n) * 4, sound.equals(Buffer.concat([0, 1, 2, 3, 4, 5].map(heard))));
      const { packetsPlaced, packetsReordered, packetsDuplicate, framesLost, playout } = receiver.stats();
      console.log(packetsPlaced, packetsReordered, packetsDuplicate, framesLost, playout.framesLate, playout.marginMs > 0);
      receiver.close();
      loop.close();
      capture.close();
      console.log(told.map(([name]) => name).join(), open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: '288\ntrue\ntrue true\n6 4 1 0 0 true\nstream 0\n',
    });
  });

  it('has silence where a packet is missing, and tells which frames are lost', async () => {
    const result = await run(`${LOOP}
      const receiver = await RtpReceiver.open({ ...here, sink: loop, clock: 'monotonic', linkOffsetMs: 3_000 });
      const told = gather(receiver, 'loss');
      for (const i of [0, 1, 4]) await send(receiver.port, packet(i));
      await until(() => receiver.stats().packets === 3);
      await receiver.drain();
      const [, sound] = soundOf(capture.read(), loop.periodBytes);
      console.log(sound.equals(Buffer.concat([heard(0), heard(1), Buffer.alloc(384), heard(4)])));
      // Told with the next packet.
      await send(receiver.port, packet(5));
      await until(() => told.length > 0);
      console.log(told[0][1].frames, told[0][1].timestamp === Number(BigInt.asUintN(32, start + 96n)));
      const { framesLost, gaps, packetsLate } = receiver.stats();
      console.log(framesLost >= 96, gaps, packetsLate);
      receiver.close();
      loop.close();`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^true\n96 true\ntrue \d \d\n$/);
  });

  it("repeats the last packet with fill 'repeat', and has silence where the sender left frames out", async () => {
    const result = await run(`${LOOP}
      const options = { ...here, sink: loop, clock: 'monotonic', linkOffsetMs: 3_000, fill: 'repeat' };
      const receiver = await RtpReceiver.open(options);
      const told = gather(receiver, 'discontinuity');
      await send(receiver.port, packet(0));
      await send(receiver.port, packet(2));
      await send(receiver.port, packet(4, { sequence: 3 }));
      await until(() => receiver.stats().packets === 3);
      // Behind the last frame it goes on for 20 ms, in the next period maybe: nobody knows that the stream has ended.
      const all = Buffer.concat([heard(0), heard(0), heard(2), Buffer.alloc(192), heard(4), heard(4)]);
      let bytes = Buffer.alloc(0);
      const sound = () => soundOf(bytes, loop.periodBytes)[1];
      await until(() => {
        bytes = Buffer.concat([bytes, capture.read()]);
        return sound().length >= all.length;
      });
      console.log(sound().subarray(0, all.length).equals(all), told.map(([, { frames }]) => frames));
      console.log(receiver.stats().framesSkipped, receiver.stats().framesLost);
      receiver.close();
      loop.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'true [ 48 ]\n48 48\n' });
  });

  it('honours the offset of the media clock, and refuses what contradicts it, once a reason', async () => {
    const result = await run(`${LOOP}
      const mediaClock = { kind: 'direct', offset: 4_000_000_000 };
      const options = { ...here, sink: loop, clock: 'monotonic', linkOffsetMs: 3_000, mediaClock };
      const receiver = await RtpReceiver.open(options);
      const told = gather(receiver, 'refusal', 'stream');
      for (const i of [0, 1]) await send(receiver.port, packet(i));
      await until(() => receiver.stats().packetsRejected.clock === 2);
      for (const i of [2, 3]) await send(receiver.port, packet(i, { offset: 4_000_000_000n }));
      await until(() => receiver.stats().packetsPlaced === 2);
      await receiver.drain();
      const [first, sound] = soundOf(capture.read(), loop.periodBytes);
      console.log(first === Number((start + 96n) % 480n) * 4, sound.equals(Buffer.concat([2, 3].map(heard))));
      for (const [name, { reason, came, expected, option }] of told) console.log(name, reason, came, expected, option);
      receiver.close();
      loop.close();`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [heard, refusal, stream, ...rest] = result.stdout.split('\n');
    expect(heard).toBe('true true');
    expect(refusal).toMatch(
      /^refusal clock timestamp \d+, \d+\.\d{3} s (ahead|behind), one near \d+ \(by monotonic, mediaclk:direct=4000000000\) mediaClock$/,
    );
    expect([stream, ...rest]).toEqual([expect.stringMatching(/^stream first/), '']);
  });

  it('has the cable for itself, and gives it back', async () => {
    const result = await run(`${LOOP}
      const receiver = await RtpReceiver.open({ ...here, sink: loop, clock: 'monotonic' });
      console.log(receiver.stats().playout.linkOffsetMs, receiver.stats().playout.state);
      console.log(await codeOf(() => loop.write(new Uint8Array(4))), await codeOf(() => loop.flush()));
      console.log(await codeOf(() => RtpReceiver.open({ ...here, sink: loop, clock: 'tai' })));
      console.log(await codeOf(() => receiver.conceal(1)));
      await until(() => loop.stats().insertedFrames > 0);
      receiver.close();
      loop.write(new Uint8Array(loop.periodBytes));
      console.log(loop.stats().periods, await codeOf(() => receiver.drain()));
      loop.close();
      capture.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        '3 free\nERR_TIMER_IN_USE ERR_TIMER_IN_USE\nERR_TIMER_IN_USE\nERR_PLAYED_BY_CLOCK\n1 ERR_CLOSED\n0\n',
    });
  });

  it('fails with its cable, and leaves nothing open where the clock is not there', async () => {
    const result = await run(`${LOOP}
      console.log(await codeOf(() => RtpReceiver.open({ ...here, sink: loop, clock: '/dev/nonexistent' })));
      await RtpReceiver.open({ ...here, sink: loop, clock: 'arival' }).catch(({ code, hint }) => console.log(code, hint.split(': ').at(-1)));
      const receiver = await RtpReceiver.open({ ...here, sink: loop, clock: 'monotonic' });
      const failed = once(receiver, 'error');
      fault('TRIGGER', { error: 5, times: 1 });
      const [error] = await failed;
      console.log(error.code, receiver.closed, loop.closed);
      loop.close();
      capture.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        "ENOENT\nENODEV `utimer clocks` lists clocks, `ip link` interfaces. Did you mean 'arrival'?\nEIO true false\n0\n",
    });
  });

  it("with idle 'stall' moves nothing but the stream", async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync(cable);
      const capture = loop.openCapture({ periods: 1_024 });
      const options = { ...here, sink: loop, clock: 'monotonic', linkOffsetMs: 3_000, silenceMs: 10 };
      const receiver = await RtpReceiver.open(options);
      for (const i of [0, 1, 2, 40]) await send(receiver.port, packet(i));
      await until(() => receiver.stats().packets === 4 && receiver.stats().silent);
      await receiver.drain();
      const bytes = capture.read();
      const [first, sound] = soundOf(bytes, loop.periodBytes);
      console.log(first === Number(start % 480n) * 4, sound.length / 192, loop.stats().insertedFrames / 480);
      console.log(bytes.length / loop.periodBytes === Math.ceil((Number(start % 480n) + 41 * 48) / 480));
      receiver.close();
      loop.close();`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^true 41 [23]\ntrue\n$/);
  });
});

describe("A receiver with clock 'arrival'", () => {
  it('plays what comes, whatever its timestamps are, and other streams behind it', async () => {
    const result = await run(`${LOOP}
      const options = { ...here, sink: loop, clock: 'arrival', linkOffsetMs: 3_000, takeoverMs: 10 };
      const receiver = await RtpReceiver.open(options);
      const told = gather(receiver, 'stream', 'loss');
      for (const i of [0, 1, 2]) await send(receiver.port, packet(i));
      await until(() => receiver.stats().packets === 3);
      await receiver.drain();
      // The same source begins anew: three packets have to agree.
      for (const i of [3, 4, 5]) await send(receiver.port, packet(i, { offset: 1_000_000n }));
      await until(() => receiver.stats().packets === 6);
      await receiver.drain();
      for (const i of [6, 7, 8]) await send(receiver.port, packet(i, { offset: 7n, ssrc: 8 }));
      await until(() => receiver.stats().packets === 9);
      await receiver.drain();
      const bytes = capture.read();
      for (const part of [[0, 1, 2], [3, 4, 5], [6, 7, 8]]) console.log(bytes.includes(Buffer.concat(part.map(heard))));
      console.log(told.map(([name, { reason }]) => name + ' ' + reason).join(), receiver.stats().framesLost);
      // Holdover, where nothing came for long enough.
      console.log(/^(acquiring|holdover)$/.test(receiver.stats().playout.state));
      receiver.close();
      loop.close();`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'true\ntrue\ntrue\nstream first,stream timestamp,stream ssrc 0\ntrue\n',
    });
  });
});

describe('A bridge with a clock', () => {
  it('plays what has come before it ends, and says what it is played by', async () => {
    const result = await run(`
      const bridge = await Bridge.open({ ...here, clock: 'monotonic', linkOffsetMs: 3_000, statsMs: 0 });
      console.log(bridge.info.clock, bridge.info.linkOffsetMs);
      await send(bridge.info.port, packet(0, { offset: (process.hrtime.bigint() * 48n) / 1_000_000n - start }));
      await until(async () => (await bridge.sample()).receiver.packets === 1);
      await bridge.close();
      const { receiver, loopback } = bridge.stats();
      console.log(receiver.framesReceived, receiver.framesWaiting, receiver.playout.clock, loopback.periods > 0);`);
    expect(result).toEqual({ ...succeeded, stdout: 'monotonic 3000\n48 0 monotonic true\n' });
  });
});
