// The second act: one RTP stream, whose sender's clock is fast, goes into two cables at once. One is clocked by jiffies, as
// those of snd-aloop are by default, and the other by the packets. arecord listens to both. What is compared are counts: frames
// that were received, and those of them that wait to be heard.
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
 * The receiver without a clock keeps so many packets ahead, and has room for as many besides: five seconds, or what snd-aloop
 * has. A busy machine takes long turns at something else; they are not to cost a packet.
 */
const AHEAD_PACKETS = 5 * PACKETS_A_SECOND;
/** Its periods are longer than a packet: snd-aloop has no more than 1024 of them in a buffer. */
const JIFFIES_PERIOD_PACKETS = 5;
const BUFFER_BYTES = 2 << 20;
const READING_MS = 20;
/** What a busy machine may leave for later in a socket, bytes: seconds of packets, instead of the usual one. */
const SOCKET_LIMIT = '/proc/sys/net/core/rmem_max';
const SOCKET_BYTES = 4 << 20;
const GROUP = '239.255.77.1';
const INTERFACE = '127.0.0.1';
/** What RTP carries exactly. */
const ENCODINGS = /** @type {const} */ ({ S16_LE: 'L16', S24_3LE: 'L24' });
/** @type {(format: string) => format is keyof typeof ENCODINGS} */
const isCarried = (format) => Object.hasOwn(ENCODINGS, format);

/**
 * Sends a recording, over and over for some seconds, and prints what became of it.
 *
 * @param {import('./wav.mjs').Recording} recording
 * @param {number} seconds a whole number
 * @returns {Promise<{ exact: boolean, picture?: import('./draw.mjs').Picture }>} whether the listener of the clocked cable
 *   heard every sample that was received, each as soon as its period was whole; nothing is sent where RTP does not carry the
 *   format
 */
export async function compareClocks(recording, seconds) {
  const { format, rate, channels, frameBytes } = recording;
  if (!isCarried(format)) {
    console.log(`left out: RTP carries ${Object.keys(ENCODINGS).join(' and ')}, and this is ${format}`);
    return { exact: true };
  }
  const periodFrames = Math.round(rate / PACKETS_A_SECOND);
  const frames = seconds * PACKETS_A_SECOND * periodFrames;
  const audio = Buffer.from(new SharedArrayBuffer(frames * frameBytes)).fill(recording.data);
  const sender = await Sender.start(audio.buffer);
  const card = LoopbackCard.list()[0] ?? (await LoopbackCard.load());
  card.resetTimerSource();
  if (Number(readFileSync(SOCKET_LIMIT, 'latin1')) < SOCKET_BYTES) {
    writeFileSync(SOCKET_LIMIT, String(SOCKET_BYTES));
  }
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-demo-'));
  try {
    const stream = { format, rate, channels, periodFrames };
    const received = Buffer.alloc(audio.length);
    const mostPackets = Math.floor(BUFFER_BYTES / (periodFrames * frameBytes));
    const aheadPackets = Math.min(AHEAD_PACKETS, mostPackets / 2, (seconds * PACKETS_A_SECOND) / 2);
    const aheadPeriods = Math.floor(aheadPackets / JIFFIES_PERIOD_PACKETS);
    const aheadFrames = aheadPeriods * JIFFIES_PERIOD_PACKETS * periodFrames;
    const [clocked, jiffies] = await send({ sender, audio, card, folder, stream, aheadFrames, received });
    const differing = differingSamples(received, clocked.recording, frameBytes / channels);
    const heard = clocked.recording.length / frameBytes;
    const tracks = [clocked, jiffies];
    printTable([
      [
        'stream',
        `${ENCODINGS[format]}/${rate}/${channels}, ${seconds} s; the sender's clock is ${PPM} ppm fast`,
      ],
      ['', 'clocked by the packets', 'jiffies'],
      ['frames sent', frames, frames],
      ['lost on the way', ...tracks.map((track) => track.lostFrames)],
      ['received', ...tracks.map((track) => track.receivedFrames)],
      ['no room for', ...tracks.map((track) => track.droppedFrames)],
      ['heard', heard, describeHeard(jiffies, frames)],
      ['differing samples', differing, ''],
      ['xruns', ...tracks.map((track) => track.troubled('xrun'))],
      [
        'waiting at most',
        `${clocked.readings.most} of a period's ${periodFrames}`,
        `${jiffies.readings.most} beyond ${aheadFrames}`,
      ],
      ['drift', ...tracks.map(describeDrift)],
      ['room for', 'all', describeRoom(jiffies, aheadFrames)],
    ]);
    const exact =
      differing === 0 &&
      heard === frames &&
      clocked.droppedFrames === 0 &&
      clocked.troubled('xrun') === 0 &&
      clocked.readings.count > 0 &&
      clocked.readings.most < periodFrames;
    if (clocked.lostFrames > 0) {
      console.log('The network lost packets; what was received is compared, with silence in their place.');
    }
    return { exact, picture: { ppm: PPM, rate, periodFrames, runs: tracks.map((track) => track.run) } };
  } finally {
    await sender.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * What the listener of a cable on jiffies was given: arecord does not tell what it lost when it was overrun.
 *
 * @param {Track} track
 * @param {number} frames of the stream
 */
function describeHeard(track, frames) {
  return `${track.overruns > 0 ? 'at most ' : ''}${frames - track.droppedFrames}`;
}

/** @param {Track} track */
function describeDrift({ readings: { drift } }) {
  if (drift === undefined) return 'too short to tell';
  const [frames, spread] = [Math.round(drift.frames), Math.round(drift.spread)];
  return `${frames > 0 ? '+' : ''}${frames}${spread > 0 ? ` ± ${spread}` : ''} frames a second`;
}

/**
 * When the next packet finds no room.
 *
 * @param {Track} track
 * @param {number} roomFrames
 */
function describeRoom({ readings: { drift, mostOfLate }, droppedFrames }, roomFrames) {
  if (droppedFrames > 0) return 'none';
  if (drift === undefined || drift.frames <= drift.spread) return '';
  return `${((roomFrames - mostOfLate) / drift.frames / 60).toFixed(0)} min more`;
}

/**
 * Sends the audio into both cables; resolves when all of it has been played.
 *
 * @param {object} act
 * @param {Sender} act.sender
 * @param {Buffer} act.audio
 * @param {LoopbackCard} act.card
 * @param {string} act.folder where to record
 * @param {import('./recorder.mjs').Stream & { format: keyof typeof ENCODINGS }} act.stream
 * @param {number} act.aheadFrames what the receiver without a clock keeps ahead
 * @param {Buffer} act.received takes what the clocked cable is given
 */
async function send({ sender, audio, card, folder, stream, aheadFrames, received }) {
  const open = [];
  /** @type {<T>(resource: T) => T} */
  const keep = (resource) => {
    open.push(resource);
    return resource;
  };
  try {
    const loop = keep(await ClockedLoopback.open({ ...stream, card, substream: 0 }));
    const frames = audio.length / loop.frameBytes;
    const cable = { folder, card: card.number };
    const clocked = keep(new Track('clocked by the packets', stream, { ...cable, substream: 0, frames }));
    const jiffies = keep(new Track('jiffies', stream, { ...cable, substream: 1 }));
    for (const track of [clocked, jiffies]) await track.recorder.lag(0);
    const began = clocked.recorder.look()?.started;
    const periodFrames = JIFFIES_PERIOD_PACKETS * stream.periodFrames;
    const periods = (2 * aheadFrames) / periodFrames;
    const end = /** @type {const} */ ({ device: 0, substream: 1, direction: 'playback' });
    const pcm = keep(Pcm.open({ ...stream, card: card.number, ...end, periodFrames, periods }));
    const player = new JiffiesPlayer(pcm, aheadFrames, (kind, lost) => jiffies.note(kind, lost));
    // One cable plays what came. The other plays on by this machine's clock, whatever comes late.
    /** @type {import('./track.mjs').Sink} */
    const clockedSink = {
      due: ({ receivedFrames }) => receivedFrames,
      write: (bytes) => loop.write(bytes),
      // What the kernel says of the listener, not what was written.
      waiting: ({ receivedFrames, recorder }) => {
        const now = recorder.look();
        // A listener that was overrun counts anew, and has lost frames: nobody knows how many.
        return now && now.started === began ? receivedFrames - now.captured : undefined;
      },
    };
    const framesPerMs = (stream.rate * (1 + PPM / 1e6)) / 1000;
    /** @type {import('./track.mjs').Sink} */
    const jiffiesSink = {
      due: ({ began }) => (began === undefined ? 0 : (performance.now() - began) * framesPerMs),
      write: (bytes) => player.write(bytes),
      waiting: () => player.waiting(),
    };

    const { format, rate, channels } = stream;
    const encoding = ENCODINGS[format];
    const target = { encoding, format, rate, channels, address: GROUP, interface: INTERFACE };
    const receiving = { ...target, receiveBufferBytes: SOCKET_BYTES };
    const port = await clocked.receive({ ...receiving, port: 0 }, clockedSink, received);
    await jiffies.receive({ ...receiving, port }, jiffiesSink);
    let xruns = 0;
    const noteXruns = () => {
      for (; xruns < loop.stats().xruns; xruns += 1) clocked.note('xrun', 0);
    };
    const reading = setInterval(() => {
      noteXruns();
      for (const track of [jiffies, clocked]) track.read();
    }, READING_MS);
    try {
      await sender.send({ ...target, port, packetFrames: stream.periodFrames }, frames, PPM);
      for (const track of [clocked, jiffies]) await track.received(frames);
    } finally {
      clearInterval(reading);
    }
    player.finish();
    while (player.playing) await sleep(1);
    noteXruns();
    for (const track of [clocked, jiffies]) await track.end();
    return [clocked, jiffies];
  } finally {
    for (const resource of open.reverse()) resource.close();
  }
}
