// The first act: a recording goes into one end of a clocked snd-aloop cable, arecord takes it out of the other, and
// both are compared sample for sample.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pcm, UserTimer } from '../../dist/index.js';
import { LoopbackCard } from '../../dist/loopback/index.js';
import { Recorder } from './recorder.mjs';
import { differingSamples, printTable } from './results.mjs';

/** How far the listener may lag, in periods. */
const LAG_PERIODS = 64;

/**
 * Plays a recording, and prints what came out.
 *
 * @param {import('./wav.mjs').Recording} wav
 * @param {boolean} realtime
 * @returns {Promise<boolean>} whether every sample arrived
 */
export async function playExactly(wav, realtime) {
  const result = await play(wav, realtime);
  report(result);
  return result.differing === 0 && result.xruns === 0 && result.missing === 0;
}

/** @param {import('./wav.mjs').Recording} wav */
async function play(wav, realtime) {
  const { format, rate, channels, frameBytes } = wav;
  const periodFrames = Math.round(rate / 100);
  const periods = Math.ceil(wav.frames / periodFrames);
  const frames = periods * periodFrames;
  const sent = Buffer.alloc(frames * frameBytes);
  wav.data.copy(sent);

  const timer = UserTimer.create({ rate, periodFrames });
  const card = await openCard(timer);
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-demo-'));
  const captured = join(folder, 'recorded.raw');
  const stream = { format, rate, channels, periodFrames };
  const recorder = new Recorder(stream, { card: card.number, substream: 0, frames, path: captured });
  let pcm;
  try {
    await recorder.lag(0);
    pcm = Pcm.open({ ...stream, card: card.number, device: 0, substream: 0, direction: 'playback' });
    const costs = new Float64Array(periods);
    const started = process.hrtime.bigint();
    for (let period = 0; period < periods; period += 1) {
      if (realtime) {
        const due = Number((BigInt(period + 1) * timer.resolutionNs) / 1000n) / 1000;
        const elapsed = Number(process.hrtime.bigint() - started) / 1e6;
        if (due > elapsed) await sleep(due - elapsed);
      }
      if (period % (LAG_PERIODS / 4) === 0) await recorder.lag((LAG_PERIODS / 2) * periodFrames);
      const bytes = sent.subarray(
        period * periodFrames * frameBytes,
        (period + 1) * periodFrames * frameBytes,
      );
      if (pcm.write(bytes) !== periodFrames) throw new Error(`period ${period} was not taken whole`);
      if (period === 0) pcm.start();
      const before = process.hrtime.bigint();
      timer.trigger();
      costs[period] = Number(process.hrtime.bigint() - before);
    }
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const senderXruns = pcm.state() === 'xrun' ? 1 : 0;
    pcm.drop();
    const listenerXruns = await recorder.end();
    const received = readFileSync(captured);
    return {
      card,
      timer,
      stream,
      frames,
      recorded: received.length / frameBytes,
      missing: Math.max(0, frames - received.length / frameBytes),
      differing: differingSamples(sent, received, frameBytes / channels),
      xruns: senderXruns + listenerXruns,
      speed: frames / rate / seconds,
      triggerNs: costs.sort()[costs.length >> 1],
    };
  } finally {
    recorder.stop();
    pcm?.close();
    timer.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * The loopback card, with `timer` as the source of cables that are opened from now on.
 *
 * @param {UserTimer} timer
 */
async function openCard(timer) {
  const present = LoopbackCard.list()[0];
  if (present) {
    present.setTimerSource(timer);
    return present;
  }
  return LoopbackCard.load({ timerSource: timer });
}

/** @param {Awaited<ReturnType<typeof play>>} played */
function report({ stream, timer, card, frames, ...result }) {
  const seconds = (frames / stream.rate).toFixed(2);
  printTable([
    ['recording', `${stream.format}, ${stream.rate} Hz, ${stream.channels} ch, ${seconds} s`],
    ['timer', `${timer.timerSource}, ${timer.resolutionNs} ns a tick (${stream.periodFrames} frames)`],
    ['cable', `hw:${card.number},0,0 -> hw:${card.number},1,0 (arecord)`],
    ['frames sent', frames],
    ['frames recorded', result.recorded],
    ['differing samples', result.differing],
    ['xruns', result.xruns],
    ['times real time', result.speed.toFixed(1)],
    [
      'cost of a trigger',
      `${(result.triggerNs / 1000).toFixed(1)} us (median, the copy of the period in it)`,
    ],
  ]);
}
