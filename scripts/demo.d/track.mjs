// One cable of the second act: its receiver, its listener, and how many of the frames that were received wait to be heard.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameBytes } from '../../dist/index.js';
import { RtpReceiver } from '../../dist/rtp/index.js';
import { Readings } from './readings.mjs';
import { Recorder } from './recorder.mjs';

/**
 * Takes the frames that a receiver gets.
 *
 * @typedef {object} Sink
 * @property {(bytes: Uint8Array) => void} write
 * @property {(track: Track) => number} due frames that the stream's clock has counted
 * @property {(track: Track) => number | undefined} waiting frames received that the listener has yet to hear
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
  /**
   * When the first of them came, on the monotonic clock, in milliseconds.
   *
   * @type {number | undefined}
   */
  began;
  #lostFrames = 0;
  #droppedFrames = 0;
  /** Xruns of the listener. */
  overruns = 0;
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
    this.readings = new Readings(stream.rate);
    const path = this.#path;
    this.recorder = new Recorder(stream, { card, substream, path, frames }, () => {
      this.overruns += 1;
      this.note('xrun', 0);
    });
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
        this.began ??= performance.now();
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
    // The clock first, with nothing between it and the count.
    const due = this.#due;
    const waiting = this.#sink?.waiting(this);
    if (waiting === undefined) return;
    this.readings.add({ due, received: this.#receivedFrames, dropped: this.#droppedFrames, waiting });
  }

  /**
   * Something went wrong.
   *
   * @param {'skip' | 'xrun' | 'loss'} kind a packet found no room; a stream stopped; a packet did not come
   * @param {number} frames
   */
  note(kind, frames) {
    if (kind === 'xrun') this.readings.part();
    if (kind === 'skip') this.#droppedFrames += frames;
    this.#troubles.push({ seconds: this.#due / this.#stream.rate, kind, frames });
  }

  get #due() {
    return this.#sink?.due(this) ?? 0;
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

  troubled(kind) {
    return this.#troubles.filter((trouble) => trouble.kind === kind).length;
  }

  /** Frames that were received and found no room. */
  get droppedFrames() {
    return this.#droppedFrames;
  }

  /** For the picture. */
  get run() {
    return { name: this.#name, line: this.readings.line, troubles: this.#troubles };
  }
}
