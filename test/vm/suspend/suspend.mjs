// Suspends the machine, as far as its devices, under cables in every state, and tells as JSON what became of them.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Pcm, pcmTimerId, TimerInstance } from '../../../dist/index.js';
import { ClockedLoopback, LoopbackCard } from '../../../dist/loopback/index.js';

const stream = /** @type {const} */ ({ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
const card = LoopbackCard.find();

/**
 * A cable with a listener that has read all there was.
 *
 * @param {number} substream
 * @param {Partial<import('../../../dist/loopback/index.js').ClockedLoopbackOptions>} [options]
 */
function openCable(substream, options = {}) {
  const loop = ClockedLoopback.openSync({ card, substream, ...stream, ...options });
  const capture = Pcm.open({
    ...stream,
    card: card.number,
    device: 1,
    substream,
    direction: 'capture',
    periods: 100,
  });
  return { loop, capture };
}

/** @param {Pcm} capture */
function readAll(capture) {
  const bytes = new Uint8Array(capture.avail() * capture.frameBytes);
  capture.read(bytes);
  return bytes;
}

/** @type {(loop: ClockedLoopback, periods: number, extra?: number) => Uint8Array} */
const frames = (loop, periods, extra = 0) =>
  Uint8Array.from({ length: periods * loop.periodBytes + extra }, (_, index) => 1 + ((index * 7) % 251));

const running = openCable(0);
const begun = openCable(1);
const prepared = openCable(2);
const silent = openCable(3, { idle: 'silence', graceMs: 0 });
const told = [];
running.loop.on('listener', ({ type }) => told.push(type));
const failures = [];
silent.loop.on('error', (error) =>
  failures.push(/** @type {import('../../../dist/index.js').AlsaError} */ (error).code),
);

const sent = frames(running.loop, 5, 100);
const at = 2 * running.loop.periodBytes + 50;
for (const { capture } of [running, begun]) capture.start();
silent.capture.start();
running.loop.write(sent.subarray(0, at));
begun.loop.write(sent.subarray(0, at));
const heard = { running: [readAll(running.capture)], begun: [readAll(begun.capture)] };
await once(running.loop, 'listener');
const insertedBefore = silent.loop.stats().insertedFrames;

// A writer that is stopped anywhere: between a write and its trigger, too. The playback's own timer counts what it moves.
const ticks = TimerInstance.open(pcmTimerId(card.number, 0, 4, 'playback'), {
  records: 'plain',
});
ticks.start();
const busy = new Worker(
  `const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.library).then(({ ClockedLoopback }) => {
    const loop = ClockedLoopback.openSync(workerData.options);
    const bytes = new Uint8Array(100 * loop.periodBytes);
    let going = true;
    parentPort.once('message', () => { going = false; });
    const write = () => {
      loop.write(bytes);
      if (going) setImmediate(write);
      else {
        parentPort.postMessage(loop.stats());
        loop.close();
      }
    };
    write();
    parentPort.postMessage('writing');
  });`,
  {
    eval: true,
    workerData: {
      library: new URL('../../../dist/loopback/index.js', import.meta.url).href,
      options: { card: card.number, substream: 4, ...stream, periodFrames: 48 },
    },
  },
);
await once(busy, 'message');

writeFileSync('/sys/power/state', 'freeze');

const states = [running, begun, prepared, silent].map(({ capture }) => capture.state());
for (const { capture } of [running, begun, prepared, silent]) capture.prepare();
for (const { capture } of [running, begun, silent]) capture.start();
running.loop.write(sent.subarray(at));
heard.running.push(readAll(running.capture));
running.loop.flush();
heard.running.push(readAll(running.capture));
const padded = begun.loop.flush();
heard.begun.push(readAll(begun.capture));
prepared.capture.start();
prepared.loop.write(sent.subarray(0, at));
heard.prepared = [readAll(prepared.capture)];
while (silent.loop.stats().insertedFrames < insertedBefore + 10 * 480)
  await new Promise((done) => setTimeout(done, 10));
heard.silent = [readAll(silent.capture)];
while (told.length < 3) await once(running.loop, 'listener', { signal: AbortSignal.timeout(10_000) });

for (let more = 0; more < 3; more += 1) {
  const { periods } = running.loop.stats();
  writeFileSync('/sys/power/state', 'freeze');
  running.loop.write(sent.subarray(0, running.loop.periodBytes));
  if (running.loop.stats().periods !== periods + 1) throw new Error('the running cable stopped');
}
busy.postMessage('stop');
const [busyStats] = await once(busy, 'message');
let counted = 0;
for (const event of ticks.read()) if (event.type === 'tick') counted += event.timerTicks;

const joined = (parts) => Buffer.concat(parts);
const whole = (parts, length) => {
  const all = joined(parts);
  return (
    all.subarray(0, length).equals(Buffer.from(sent.subarray(0, length))) &&
    all.subarray(length).every((byte) => byte === 0)
  );
};
console.log(
  JSON.stringify({
    states,
    told,
    failures,
    padded,
    running: [whole(heard.running, sent.length), joined(heard.running).length],
    begun: [whole(heard.begun, at), joined(heard.begun).length],
    prepared: [whole(heard.prepared, 2 * 1920), joined(heard.prepared).length],
    silent: [joined(heard.silent).length > 0, joined(heard.silent).every((byte) => byte === 0)],
    busy: [busyStats.periods - counted, busyStats.xruns],
    xruns: [running, begun, prepared, silent].map(({ loop }) => loop.stats().xruns),
  }),
);
for (const { loop, capture } of [running, begun, prepared, silent]) {
  capture.close();
  loop.close();
}
