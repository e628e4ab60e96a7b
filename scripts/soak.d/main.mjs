// The soak itself: numbered periods of noise go into a clocked cable and are compared with what comes out. Needs root,
// userspace-driven timers and snd-aloop; scripts/soak arranges that.
import { randomBytes, randomInt } from 'node:crypto';
import { ClockedLoopback, LoopbackCard } from '../../dist/loopback/index.js';

const STREAM = /** @type {const} */ ({ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
const BATCH = 32;
/** Noise that repeats after a prime number of periods; the number of each period tells the repetitions apart. */
const NOISE_PERIODS = 997;
const PROGRESS_MS = 5_000;

const hours = Number(process.argv[2]);
const total = Math.ceil((hours * 3600 * STREAM.rate) / STREAM.periodFrames);
const card = LoopbackCard.list()[0] ?? (await LoopbackCard.load());
const loop = await ClockedLoopback.open({ card, ...STREAM });
const capture = loop.openCapture({ periods: 2 * BATCH });
const { periodBytes, frameBytes } = loop;
const noise = randomBytes(NOISE_PERIODS * periodBytes);

/** Writes period `number` to `target`. */
function fill(target, number) {
  const from = (number % NOISE_PERIODS) * periodBytes;
  noise.copy(target, 0, from, from + periodBytes);
  target.writeDoubleLE(number, 0);
}

const counts = { lost: 0, repeated: 0, differing: 0 };
const expected = Buffer.alloc(periodBytes);
let next = 0;

/** Compares a period that came out with the one that is due. */
function check(period) {
  fill(expected, next);
  next += 1;
  if (period.equals(expected)) return;
  const number = period.readDoubleLE(0);
  fill(expected, Number.isInteger(number) && number >= 0 && number < total ? number : next - 1);
  if (period.equals(expected)) {
    // A whole period, but another one.
    const skipped = number - (next - 1);
    counts[skipped > 0 ? 'lost' : 'repeated'] += Math.abs(skipped) * STREAM.periodFrames;
    next = number + 1;
    return;
  }
  fill(expected, next - 1);
  for (let at = 0; at < periodBytes; at += frameBytes) {
    if (expected.compare(period, at, at + frameBytes, at, at + frameBytes) !== 0) counts.differing += 1;
  }
}

const started = process.hrtime.bigint();
const seconds = () => Number(process.hrtime.bigint() - started) / 1e9;
const speed = () => ((next * STREAM.periodFrames) / STREAM.rate / seconds()).toFixed(0);
let shown = Date.now();
let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});
const batch = Buffer.alloc(BATCH * periodBytes);
for (let number = 0; number < total && !stopped; number += BATCH) {
  const length = Math.min(BATCH, total - number);
  for (let i = 0; i < length; i += 1) fill(batch.subarray(i * periodBytes), number + i);
  const bytes = batch.subarray(0, length * periodBytes);
  const cut = randomInt(bytes.length + 1);
  loop.write(bytes.subarray(0, cut));
  loop.write(bytes.subarray(cut));
  const received = capture.read();
  for (let at = 0; at < received.length; at += periodBytes) check(received.subarray(at, at + periodBytes));
  if (Date.now() - shown >= PROGRESS_MS) {
    shown = Date.now();
    const done = (next * STREAM.periodFrames) / STREAM.rate / 3600;
    console.error(`soak: ${done.toFixed(2)} of ${hours} h, ${speed()} times real time`);
    await new Promise(setImmediate);
  }
}
const { periods, xruns } = loop.stats();
counts.lost += (periods - next) * STREAM.periodFrames;
console.log(
  `${periods * STREAM.periodFrames} frames (${((periods * STREAM.periodFrames) / STREAM.rate / 3600).toFixed(2)} h) in ` +
    `${seconds().toFixed(0)} s, ${speed()} times real time: ` +
    `${counts.lost} lost, ${counts.repeated} repeated, ${counts.differing} differing, ${xruns} xruns`,
);
capture.close();
loop.close();
process.exitCode = stopped || counts.lost || counts.repeated || counts.differing || xruns ? 1 : 0;
