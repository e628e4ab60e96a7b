// A stock ALSA program at the other end of the cable: arecord, writing raw frames to a file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { frameBytes } from '../../dist/index.js';

/**
 * The listener's buffer, in seconds, and in bytes at most: what snd-aloop has. The kernel lets a read fail that has waited for a
 * tenth more than that: on a busy machine a program's start takes seconds.
 */
const BUFFER_SECONDS = 10;
const BUFFER_BYTES = 2 << 20;

/**
 * @typedef {object} Stream
 * @property {import('../../dist/index.js').PcmFormat} format
 * @property {number} rate Hz
 * @property {number} channels
 * @property {number} periodFrames
 */

export class Recorder {
  #child;
  #ended;
  #stderr = '';
  #status;
  #stopped = false;
  #overruns = 0;

  /**
   * Starts recording hw:card,1,substream.
   *
   * @param {Stream} stream
   * @param {object} end
   * @param {number} end.card
   * @param {number} end.substream
   * @param {string} end.path where to record
   * @param {number | undefined} [end.frames] how many to record; until it is stopped where that is left out
   * @param {() => void} [onOverrun] called when arecord says that it was overrun
   */
  constructor(stream, { card, substream, path, frames }, onOverrun) {
    const { format, rate, channels, periodFrames } = stream;
    this.#status = `/proc/asound/card${card}/pcm1c/sub${substream}/status`;
    const bufferFrames = Math.min(
      BUFFER_SECONDS * rate,
      Math.floor(BUFFER_BYTES / frameBytes(format, channels)),
    );
    this.#child = spawn(
      'arecord',
      [
        ['-D', `hw:${card},1,${substream}`, '-f', format, '-r', rate, '-c', channels, '-t', 'raw'],
        frames === undefined ? [] : ['-s', frames],
        [`--period-size=${periodFrames}`, `--buffer-size=${bufferFrames}`, path],
      ]
        .flat()
        .map(String),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
      for (
        const told = this.#stderr.match(/overrun/g)?.length ?? 0;
        this.#overruns < told;
        this.#overruns += 1
      ) {
        onOverrun?.();
      }
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** What the kernel says of the stream: when it was started, frames captured since, and frames of them that were not read. */
  look() {
    const text = readFileSync(this.#status, 'latin1');
    if (!/^state: RUNNING/.test(text)) return undefined;
    const started = /^trigger_time: (.+)/m.exec(text)?.[1];
    const [captured, waiting] = ['hw_ptr', 'avail'].map((name) =>
      Number(new RegExp(`^${name}\\s*:\\s*(\\d+)`, 'm').exec(text)?.[1]),
    );
    return { started, captured, waiting };
  }

  /** Resolves when the recorder runs and at most `frames` wait for it; rejects when it has ended instead. */
  async lag(frames) {
    for (;;) {
      const now = this.look();
      if (now && now.waiting <= frames) return;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`arecord ended early (${this.#child.exitCode}): ${this.#stderr.trim()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Waits for the end; resolves with the xruns that arecord reported. */
  async end() {
    const { code, signal } = await this.#ended;
    if (code !== 0 && !this.#stopped) {
      throw new Error(`arecord failed (${signal ?? code}): ${this.#stderr.trim()}`);
    }
    return this.#overruns;
  }

  stop() {
    this.#stopped = true;
    this.#child.kill();
  }
}
