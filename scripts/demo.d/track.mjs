// One cable of the second act: its receiver, its listener, and how many of the frames that were received wait to be heard.
// Both are counts, so no delay of this machine can falsify them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameBytes } from '../../dist/index.js';
import { RtpReceiver } from '../../dist/rtp/index.js';
import { Recorder } from './recorder.mjs';

/**
 * Takes the frames that a receiver gets, and counts those of them that the listener has yet to hear.
 *
 * @typedef {{ write(bytes: Uint8Array): void, waiting(track: Track): number | undefined }} Sink
 */

export class Track {
  #name;
  #stream;
  #frameBytes;
  #path;
  #limited;
  /** @type {Sink | undefined} */
  #sink;
  /** @type {RtpReceiver | undefined} */
  #receiver;
  #error;
  /**
   * Wakes who waits for what arrives.
   *
   * @type {(() => void) | undefined}
   */
  #arrived;
  /** Whether nothing arrived for a while. */
  #silent = false;
  #receivedFrames = 0;
  #lostFrames = 0;
  /** Frames received, and frames of them that the listener had yet to hear. */
  #readings = [];
  #troubles = [];

  /**
   * Starts a listener at a cable.
   *
   * @param {string} name
   * @param {import('./recorder.mjs').Stream} stream
   * @param {object} cable
   * @param {number} cable.card
   * @param {number} cable.substream
   * @param {string} cable.folder where to record
   * @param {number} [cable.frames] how many to record; until the end where it is left out
   */
  constructor(name, stream, { card, substream, folder, frames }) {
    this.#name = name;
    this.#stream = stream;
    this.#frameBytes = frameBytes(stream.format, stream.channels);
    this.#path = join(folder, `${substream}.raw`);
    this.#limited = frames !== undefined;
    const path = this.#path;
    this.recorder = new Recorder(stream, { card, substream, path, frames }, () => this.note('xrun', 0));
  }

  /**
   * Opens a receiver; resolves with its port.
   *
   * @param {Omit<import('../../dist/rtp/index.js').RtpReceiverOptions, 'payloadType' | 'sink'>} options
   * @param {Sink} sink
   * @param {Buffer} [received] where to keep a copy of what the sink was given
   */
  async receive(options, sink, received) {
    this.#sink = sink;
    const tee = {
      write: (bytes) => {
        received?.set(bytes, this.#receivedFrames * this.#frameBytes);
        this.#receivedFrames += bytes.length / this.#frameBytes;
        this.#silent = false;
        sink.write(bytes);
        this.#arrived?.();
      },
    };
    this.#receiver = await RtpReceiver.open({ ...options, payloadType: 96, sink: tee });
    this.#receiver.on('loss', ({ frames }) => {
      this.#lostFrames += frames;
      this.note('loss', frames);
    });
    this.#receiver.on('silence', () => {
      this.#silent = true;
      this.#arrived?.();
    });
    this.#receiver.on('error', (error) => {
      this.#error = error;
      this.#arrived?.();
    });
    return this.#receiver.port;
  }

  /** Counts the frames that wait. */
  read() {
    const waiting = this.#sink?.waiting(this);
    if (waiting !== undefined) this.#readings.push([this.#receivedFrames, waiting]);
  }

  /**
   * Something went wrong.
   *
   * @param {'skip' | 'xrun' | 'loss'} kind a packet found no room; a stream stopped; a packet did not come
   */
  note(kind, frames) {
    this.#troubles.push({ seconds: this.#receivedFrames / this.#stream.rate, kind, frames });
  }

  /** Resolves when all frames of the stream have arrived; what the network lost at its end is silence. */
  async received(frames) {
    while (this.#receivedFrames < frames) {
      if (this.#error) throw this.#error;
      if (this.#silent) {
        // Packets may wait in the socket still: two turns of the event loop take them.
        await nextTurn();
        await nextTurn();
        if (this.#silent) this.#loseTail(frames - this.#receivedFrames);
      } else {
        /** @type {Promise<void>} */
        const arrival = new Promise((resolve) => {
          this.#arrived = resolve;
        });
        await arrival;
      }
    }
  }

  #loseTail(frames) {
    this.#lostFrames += frames;
    this.note('loss', frames);
    this.#sink?.write(new Uint8Array(frames * this.#frameBytes));
    this.#receivedFrames += frames;
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

  get receivedFrames() {
    return this.#receivedFrames;
  }

  /** Frames that the network lost. */
  get lostFrames() {
    return this.#lostFrames;
  }

  get troubles() {
    return this.#troubles;
  }

  troubled(kind) {
    return this.#troubles.filter((trouble) => trouble.kind === kind).length;
  }

  /** Frames that were received and found no room. */
  get droppedFrames() {
    return this.#troubles.reduce((sum, { kind, frames }) => sum + (kind === 'skip' ? frames : 0), 0);
  }

  /** Frames that waited, at most. */
  get mostWaiting() {
    return this.#readings.reduce((most, [, waiting]) => Math.max(most, waiting), 0);
  }

  /** How often those that waited were counted. */
  get readings() {
    return this.#readings.length;
  }

  /**
   * The most frames that waited in each second of audio received. The most, since a packet that this machine received late
   * makes fewer of them wait, and nothing makes more.
   *
   * @returns {[seconds: number, frames: number][]}
   */
  get line() {
    const most = [];
    for (const [received, waiting] of this.#readings) {
      const second = Math.floor(received / this.#stream.rate);
      most[second] = Math.max(waiting, most[second] ?? waiting);
    }
    return most.flatMap((waiting, second) => (waiting === undefined ? [] : [[second + 0.5, waiting]]));
  }

  /**
   * Frames by which those that wait become more in a second of audio: the median slope between any two points of the line that
   * no xrun parts, up to the first packet that found no room. Undefined where there are none.
   */
  get growth() {
    const xruns = this.#troubles.filter(({ kind }) => kind === 'xrun').map(({ seconds }) => seconds);
    const full = this.#troubles.find(({ kind }) => kind === 'skip')?.seconds ?? Number.POSITIVE_INFINITY;
    // Those of the line lie in the middle of their second.
    const line = this.line.filter(([seconds]) => seconds + 0.5 < full);
    const parted = (one, other) => xruns.some((xrun) => xrun > one - 0.5 && xrun < other + 0.5);
    return median(
      line.flatMap(([seconds, waiting], index) =>
        line
          .slice(index + 1)
          .filter(([later]) => !parted(seconds, later))
          .map(([later, more]) => (more - waiting) / (later - seconds)),
      ),
    );
  }

  /** For the picture. */
  get run() {
    return { name: this.#name, line: this.line, troubles: this.#troubles };
  }
}

function median(numbers) {
  return numbers.sort((one, other) => one - other)[numbers.length >> 1];
}
