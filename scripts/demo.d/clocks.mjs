// The second act: one RTP stream, whose sender's clock is fast, goes into two cables at once. One is clocked by jiffies, as
// those of snd-aloop are by default, and the other by the packets. arecord listens to both.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pcm } from '../../dist/index.js';
import { ClockedLoopback, LoopbackCard } from '../../dist/loopback/index.js';
import { JiffiesPlayer } from './jiffies-player.mjs';
import { differingSamples, printTable } from './results.mjs';
import { Sender } from './sender.mjs';
import { Track } from './track.mjs';

/** Parts per million by which the sender's clock is fast: more than a crystal's, so that seconds show what takes minutes. */
const PPM = 500;
/** A packet is a period. */
const PACKETS_A_SECOND = 250;
/**
 * What the receiver without a clock keeps ahead, in packets, and as much has it room for besides: two seconds, or what snd-aloop
 * has. A busy machine takes long turns at something else, and neither they nor what comes after them are to cost a packet.
 */
const AHEAD_PACKETS = 2 * PACKETS_A_SECOND;
const BUFFER_BYTES = 2 << 20;
/** A machine that has time moves a listener no further than this from a straight line, in packets. */
const STEADY_PACKETS = 1 / 4;
/** A drift of fewer says nothing. */
const FEW_SECONDS = 5;
const READING_MS = 20;
const REHEARSAL_SECONDS = 5;
/** What a busy machine may leave for later in a socket, bytes: seconds of packets, instead of the usual one. */
const SOCKET_LIMIT = '/proc/sys/net/core/rmem_max';
const SOCKET_BYTES = 4 << 20;
const GROUP = '239.255.77.1';
const INTERFACE = '127.0.0.1';
/** What RTP carries exactly. */
const ENCODINGS = { S16_LE: 'L16', S24_3LE: 'L24' };

/**
 * Sends a recording, over and over for some seconds, and prints what became of it.
 *
 * @param {ReturnType<import('./wav.mjs').readWav>} wav
 * @param {number} seconds a whole number
 * @returns {Promise<{ exact: boolean, picture?: import('./draw.mjs').Picture }>} whether the listener of the clocked cable
 *   got every sample; nothing is sent where RTP does not carry the format
 */
export async function compareClocks(wav, seconds) {
  const { format, rate, channels, frameBytes } = wav;
  if (!(format in ENCODINGS)) {
    console.log(`left out: RTP carries ${Object.keys(ENCODINGS).join(' and ')}, and this is ${format}`);
    return { exact: true };
  }
  const periodFrames = Math.round(rate / PACKETS_A_SECOND);
  const frames = seconds * PACKETS_A_SECOND * periodFrames;
  const audioFrames = Math.max(seconds, REHEARSAL_SECONDS) * PACKETS_A_SECOND * periodFrames;
  const audio = Buffer.from(new SharedArrayBuffer(audioFrames * frameBytes)).fill(wav.data);
  const sent = audio.subarray(0, frames * frameBytes);
  const sender = await Sender.start(audio.buffer);
  const card = LoopbackCard.list()[0] ?? (await LoopbackCard.load());
  const timerSource = card.timerSource;
  card.resetTimerSource();
  const limit = readFileSync(SOCKET_LIMIT, 'latin1');
  if (Number(limit) < SOCKET_BYTES) writeFileSync(SOCKET_LIMIT, String(SOCKET_BYTES));
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-demo-'));
  try {
    const stream = { format, rate, channels, periodFrames };
    // A program that is still being compiled falters: it has a rehearsal.
    await send(sender, REHEARSAL_SECONDS * PACKETS_A_SECOND * periodFrames, card, folder, stream);
    const [clocked, jiffies] = await send(sender, frames, card, folder, stream);
    const recorded = clocked.recording;
    const differing = differingSamples(sent, recorded, frameBytes / channels);
    printTable([
      [
        'stream',
        `${ENCODINGS[format]}/${rate}/${channels}, ${seconds} s; the sender's clock is ${PPM} ppm fast`,
      ],
      ['', 'clocked by the packets', 'jiffies'],
      ['frames sent', frames, frames],
      ['frames played', recorded.length / frameBytes, frames - jiffies.lostFrames],
      ['differing samples', differing, ''],
      ['packets dropped', clocked.troubled('skip'), jiffies.troubled('skip')],
      ['xruns', clocked.troubled('xrun'), jiffies.troubled('xrun')],
      ['drift', ...[clocked, jiffies].map((track) => describeDrift(track, STEADY_PACKETS * periodFrames))],
    ]);
    return {
      exact: differing === 0 && recorded.length === sent.length && clocked.troubles.length === 0,
      picture: { ppm: PPM, rate, runs: [clocked, jiffies].map((track) => track.run) },
    };
  } finally {
    await sender.close();
    writeFileSync(SOCKET_LIMIT, limit);
    if (timerSource === '') card.resetTimerSource();
    else card.setTimerSource(timerSource);
    rmSync(folder, { recursive: true });
  }
}

/** A drift in words, unless what the machine did to the listener hides it. */
function describeDrift(track, steadyFrames) {
  if (track.line.length < FEW_SECONDS) return 'too short to tell';
  return track.isSteady(steadyFrames)
    ? `${track.drift.toFixed(1)} frames a second`
    : 'machine too busy to tell';
}

/** Sends frames into both cables; resolves when all of them have been played. */
async function send(sender, frames, card, folder, stream) {
  const open = [];
  const keep = (resource) => {
    open.push(resource);
    return resource;
  };
  try {
    const loop = keep(ClockedLoopback.open({ ...stream, card, substream: 0 }));
    const senderRate = stream.rate * (1 + PPM * 1e-6);
    const cable = { folder, card, stream, frameBytes: loop.frameBytes, sender, senderRate };
    const clocked = keep(new Track('clocked by the packets', { ...cable, substream: 0, frames }));
    const jiffies = keep(new Track('jiffies', { ...cable, substream: 1 }));
    for (const track of [clocked, jiffies]) await track.recorder.room(0);
    const mostPackets = Math.floor(BUFFER_BYTES / (stream.periodFrames * loop.frameBytes));
    const aheadPackets = Math.floor(
      Math.min(AHEAD_PACKETS, mostPackets / 2, frames / stream.periodFrames / 2),
    );
    const pcm = keep(
      Pcm.open({
        ...{ ...stream, periods: 2 * aheadPackets },
        ...{ card: card.number, device: 0, substream: 1, direction: 'playback' },
      }),
    );
    const player = new JiffiesPlayer(pcm, aheadPackets * stream.periodFrames, (kind, lost) =>
      jiffies.note(kind, lost),
    );

    const { format, rate, channels } = stream;
    const encoding = ENCODINGS[format];
    const target = { encoding, format, rate, channels, address: GROUP, interface: INTERFACE };
    const port = await clocked.receive({ ...target, port: 0, sink: loop });
    await jiffies.receive({ ...target, port, sink: player });
    let xruns = 0;
    const noteXruns = () => {
      for (; xruns < loop.stats.xruns; xruns += 1) clocked.note('xrun', 0);
    };
    const reading = setInterval(() => {
      noteXruns();
      if (loop.stats.periods > 0) clocked.read();
      jiffies.read();
    }, READING_MS);
    try {
      await sender.send({ ...target, port, packetFrames: stream.periodFrames }, frames, PPM);
    } finally {
      clearInterval(reading);
    }
    for (const track of [clocked, jiffies]) await track.received(frames);
    while (player.playing) await sleep(1);
    noteXruns();
    for (const track of [clocked, jiffies]) await track.end();
    return [clocked, jiffies];
  } finally {
    for (const resource of open.reverse()) resource.close();
  }
}
