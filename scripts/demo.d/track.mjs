// One cable of the second act: its receiver, its listener, and what became of the stream.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RtpReceiver } from '../../dist/rtp/index.js';
import { Recorder } from './recorder.mjs';

/** The listener's buffer, in seconds, and in bytes at most: what snd-aloop has. */
const LISTENER_SECONDS = 10;
const LISTENER_BYTES = 2 << 20;
/** How long the last packets may take. */
const PATIENCE_MS = 10_000;

export class Track {
  #name;
  #path;
  #limited;
  #sender;
  #senderRate;
  #receiver;
  #error;
  /** Seconds, and frames that the sender's clock had counted and the listener not taken; where they begin says nothing. */
  #readings = [];
  #troubles = [];

  /**
   * Starts a listener at a cable.
   *
   * @param {string} name
   * @param {object} cable
   * @param {string} cable.folder where to record
   * @param {import('./sender.mjs').Sender} cable.sender
   * @param {number} cable.senderRate frames a second by the sender's clock
   * @param {number} [cable.frames] how many to record; until the end where it is left out
   */
  constructor(name, { folder, card, stream, substream, frames, frameBytes, sender, senderRate }) {
    this.#name = name;
    this.#path = join(folder, `${substream}.raw`);
    this.#limited = frames !== undefined;
    this.#sender = sender;
    this.#senderRate = senderRate;
    this.recorder = new Recorder({
      ...{ ...stream, card: card.number, substream, frames, path: this.#path },
      onOverrun: () => this.note('xrun', 0),
      bufferFrames: Math.min(LISTENER_SECONDS * stream.rate, Math.floor(LISTENER_BYTES / frameBytes)),
    });
  }

  /** Opens a receiver; resolves with its port. */
  async receive(options) {
    this.#receiver = await RtpReceiver.open({ ...options, payloadType: 96 });
    this.#receiver.on('loss', ({ frames }) => this.note('loss', frames));
    this.#receiver.on('error', (error) => {
      this.#error = error;
    });
    return this.#receiver.port;
  }

  /** Reads how far the listener is. The time is that after the look, so that a delay between them adds to others. */
  read() {
    const captured = this.recorder.look()?.captured;
    const { seconds } = this.#sender;
    const position = this.#sender.position(this.#senderRate);
    if (captured === undefined || position === undefined) return;
    this.#readings.push([seconds, position - captured]);
  }

  /**
   * Something went wrong.
   *
   * @param {'skip' | 'xrun' | 'loss'} kind a packet found no room; a stream stopped; a packet did not come
   */
  note(kind, frames) {
    this.#troubles.push({ time: this.#sender.seconds, kind, frames });
  }

  /** Resolves when all frames of the stream have arrived. */
  async received(frames) {
    const limit = Date.now() + PATIENCE_MS;
    while (this.#receiver.stats.framesDelivered < frames) {
      if (this.#error) throw this.#error;
      const { framesDelivered } = this.#receiver.stats;
      if (Date.now() > limit) throw new Error(`${framesDelivered} of ${frames} frames came from the network`);
      await sleep(1);
    }
  }

  /** Ends the listener, or waits until it has all that it was to take. */
  async end() {
    if (!this.#limited) this.recorder.stop();
    await this.recorder.end();
  }

  close() {
    this.recorder.stop();
    this.#receiver?.close();
  }

  /** What the listener wrote. */
  get recording() {
    return readFileSync(this.#path);
  }

  get troubles() {
    return this.#troubles;
  }

  troubled(kind) {
    return this.#troubles.filter((trouble) => trouble.kind === kind).length;
  }

  /** Frames that were sent and never played. */
  get lostFrames() {
    return this.#troubles.reduce((sum, { frames }) => sum + frames, 0);
  }

  /**
   * How far the listener was behind: the least of each second, since delays only ever add, against the least of all.
   *
   * @returns {[seconds: number, frames: number][]}
   */
  get line() {
    const least = [];
    for (const [time, lag] of this.#readings) {
      const second = Math.floor(time);
      least[second] = Math.min(lag, least[second] ?? lag);
    }
    const zero = Math.min(...least.filter((lag) => lag !== undefined));
    return least.flatMap((lag, second) => (lag === undefined ? [] : [[second + 0.5, lag - zero]]));
  }

  /**
   * Frames a second by which the listener falls behind: the median slope between any two points of the line. Frames that were
   * sent and found no room, or did not come, count as behind, since the listener took silence for them, or nothing.
   */
  get drift() {
    const { line } = this;
    return median(
      line.flatMap(([time, lag], index) =>
        line.slice(index + 1).map(([later, more]) => (more - lag) / (later - time)),
      ),
    );
  }

  /** Whether the line is straight, but for a quarter of its points at most: no further than some frames from one of that drift. */
  isSteady(frames) {
    const { line, drift } = this;
    const levels = line.map(([time, lag]) => lag - drift * time);
    const level = median([...levels]);
    return levels.filter((other) => Math.abs(other - level) <= frames).length >= 0.75 * line.length;
  }

  /** For the picture. */
  get run() {
    return { name: this.#name, line: this.line, troubles: this.#troubles };
  }
}

function median(numbers) {
  return numbers.sort((one, other) => one - other)[numbers.length >> 1] ?? 0;
}
