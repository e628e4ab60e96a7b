// Cables, pumps, timers and watchers in threads that are terminated at any moment. The moments come from a seed, and are many.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

/** Starts `rounds` workers of `code`, one after the other or `together`, and ends each between two of its messages. */
const terminate = (code: string, rounds: number, together: number) => `
  let seed = 7;
  const random = (below) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const code = ${JSON.stringify(code)};
  // What Node opens with its first worker stays open.
  await once(startWorker(''), 'exit');
  const before = readdirSync('/proc/self/fd').length;
  const failures = [];
  const run = async (number) => {
    const worker = startWorker('const number = ' + number + ';' + code);
    worker.on('error', (error) => failures.push(error.stack));
    for (let messages = random(4); messages > 0; messages -= 1) await once(worker, 'message');
    for (let turns = random(20); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
    await worker.terminate();
  };
  for (let round = 0; round < ${rounds}; round += ${together}) {
    await Promise.all(Array.from({ length: ${together} }, (_, i) => run(i)));
  }
  console.log(open(), readdirSync('/proc/self/fd').length - before, failures.join());`;

/** The seam itself, with as much under way as possible. */
const HANDLES = `
  const handles = [];
  const memory = new ArrayBuffer(2048 * 16 + 64 * 8);
  const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
  let calls = 0;
  const records = addon.createTimerRecords(memory, 2048, () => {
    calls += 1;
    timer.trigger();
    if (calls % 7 === 0) { handles.shift().close(); listen(); }
    if (calls % 40 === 0) parentPort.postMessage('ticking');
    if (calls % 11 === 0) process.nextTick(() => timer.trigger());
  });
  function listen() {
    const handle = addon.openTimerInstance('/dev/snd/timer', calls % 2 === 0);
    handle.select(1, 0, -1, 4, timer.id);
    handle.set(1, 1, 128, 2);
    handle.listen(records, handles.length);
    handle.start();
    handles.push(handle);
  }
  for (let i = 0; i < 8; i += 1) listen();
  parentPort.postMessage('listening');
  const pcm = addon.openPcm('/dev/snd/pcmC0D0p', true, '/dev/snd/controlC0', number);
  const watcher = addon.watchPcm(pcm);
  const again = () => { try { watcher.arm(again); } catch {} };
  again();
  const control = addon.openControl('/dev/snd/controlC0');
  control.listen(() => control.changes());
  timer.trigger();
  parentPort.postMessage('running');
  setInterval(() => { for (let i = 0; i < 3; i += 1) timer.trigger(); }, 1);`;

/** A pump whose thread inserts silence, and that is written to. */
const PUMP = `
  const { writeFileSync } = await import('node:fs');
  const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
  writeFileSync('/proc/asound/card0/timer_source', '-1.4.' + timer.id);
  const pcm = addon.openPcm('/dev/snd/pcmC0D0p', true, '/dev/snd/controlC0', number);
  pcm.configure({ access: 3, format: 2, channels: 2, rate: 48_000, periodFrames: 480, bufferFrames: 1_920, fillWithSilence: false });
  const pump = addon.createPeriodPump(pcm, timer, {
    periodFrames: 480, silence: 0, measure: true, listener: '/proc/asound/card0/pcm1c/sub' + number,
  });
  pump.keepAlive(100_000n, 0n);
  const failed = pump.watchFailure();
  failed.arm(() => {});
  parentPort.postMessage('inserting');
  let turns = 0;
  setInterval(() => {
    turns += 1;
    if (turns % 5 === 0) pump.pauseSilence();
    pump.write(new Uint8Array(1_921));
    if (turns % 5 === 0) pump.resumeSilence(turns % 3);
    if (turns % 9 === 0) pump.keepAlive(100_000n, 0n);
    if (turns % 10 === 0) parentPort.postMessage('written');
  }, 1);`;

/** A cable with its listener, as a program would use it. */
const CABLE = `
  const { ClockedLoopback } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
  const loop = ClockedLoopback.openSync({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 48, substream: number, idle: 'silence', graceMs: 0 });
  loop.on('listener', () => parentPort.postMessage('listener'));
  const capture = loop.openCapture({ periods: 64, onInterruption: 'restart' });
  parentPort.postMessage('open');
  const listening = (async () => { for await (const frames of capture) if (frames.length > 0) parentPort.postMessage('heard'); })();
  for (;;) await loop.send(new Uint8Array(10 * loop.periodBytes));`;

/** A pacer with a few timers, of which some come and go. */
const PACER = `
  const pacer = addon.createPacer({ priority: 0, cpu: -1, lockMemory: false });
  const watcher = pacer.watchNews();
  const look = () => { pacer.takeNews(); watcher.arm(look); };
  watcher.arm(look);
  const parameters = { rate: 48_000, periodFrames: 5, origin: null, ppb: 0, skip: false, maxBurst: 10 };
  const pacings = [];
  const start = () => {
    const pacing = pacer.start(addon.createUtimer('/dev/snd/timer', 10_000_000n), parameters, null);
    pacing.tellTicks(true, 0n);
    pacings.push(pacing);
  };
  for (let i = 0; i < 4; i += 1) start();
  parentPort.postMessage('pacing');
  let turns = 0;
  setInterval(() => {
    turns += 1;
    for (const pacing of pacings) pacing.setPpb(turns);
    pacings.at(turns % 4).news();
    if (turns % 5 === 0) { pacings.shift().close(); start(); }
    if (turns % 10 === 0) parentPort.postMessage('turned');
  }, 1);`;

/** A cable that a pacer moves, as a program would use it. */
const PACED_CABLE = `
  const { ClockedLoopback } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
  const { Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
  const loop = ClockedLoopback.openSync({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 48, substream: number, idle: 'silence' });
  const capture = loop.openCapture({ periods: 64, onInterruption: 'restart' });
  const pacer = Pacer.open();
  parentPort.postMessage('open');
  for (;;) {
    const pacing = pacer.start(loop, { aheadMs: 5 });
    pacing.on('tick', () => {});
    parentPort.postMessage('pacing');
    for (let i = 0; i < 10; i += 1) await loop.send(new Uint8Array(3 * loop.periodBytes));
    capture.read();
    pacing.close();
  }`;

const expected = { code: 0, signal: null, stdout: '0 0 \n', stderr: '' };

describe('In a worker that is terminated at any moment', () => {
  it('timers, watchers and controls leave nothing', async () => {
    expect(await runOnFake(terminate(HANDLES, 48, 1))).toEqual(expected);
  });

  it('timers, watchers and controls leave nothing, beside others', async () => {
    expect(await runOnFake(terminate(HANDLES, 24, 4))).toEqual(expected);
  });

  it('a pump leaves nothing, and its thread ends', async () => {
    expect(await runOnFake(terminate(PUMP, 48, 1))).toEqual(expected);
  });

  it('a pacer leaves nothing, and its thread ends', async () => {
    expect(await runOnFake(terminate(PACER, 32, 1))).toEqual(expected);
  });

  it('a pacer leaves nothing, beside others', async () => {
    expect(await runOnFake(terminate(PACER, 16, 4))).toEqual(expected);
  });

  it('a paced cable leaves nothing', async () => {
    expect(await runOnFake(terminate(PACED_CABLE, 24, 1))).toEqual(expected);
  });

  it('a cable leaves nothing', async () => {
    expect(await runOnFake(terminate(CABLE, 24, 1))).toEqual(expected);
  });

  it('a cable leaves nothing, beside others', async () => {
    expect(await runOnFake(terminate(CABLE, 16, 4))).toEqual(expected);
  });
});
