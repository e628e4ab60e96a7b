// A stock ALSA program at the other end of the cable: arecord, writing raw frames to a file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export class Recorder {
  #child;
  #ended;
  #stderr = '';
  #status;
  #bufferFrames;

  /** Starts recording `frames` frames of hw:card,1,0 into `path`. */
  constructor({ card, format, rate, channels, periodFrames, bufferFrames, frames, path }) {
    this.#status = `/proc/asound/card${card}/pcm1c/sub0/status`;
    this.#bufferFrames = bufferFrames;
    this.#child = spawn(
      'arecord',
      [
        ['-D', `hw:${card},1,0`, '-f', format, '-r', rate, '-c', channels, '-t', 'raw', '-s', frames],
        [`--period-size=${periodFrames}`, `--buffer-size=${bufferFrames}`, path],
      ]
        .flat()
        .map(String),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Frames that are captured and not yet read, or undefined while the stream does not run. */
  #waiting() {
    const text = readFileSync(this.#status, 'latin1');
    return /^state: RUNNING/.test(text) ? Number(/^avail\s*:\s*(\d+)/m.exec(text)?.[1]) : undefined;
  }

  /** Resolves when the recorder runs and has room for `frames` more; rejects when it has ended instead. */
  async room(frames) {
    for (;;) {
      const waiting = this.#waiting();
      if (waiting !== undefined && waiting + frames <= this.#bufferFrames) return;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`arecord ended early (${this.#child.exitCode}): ${this.#stderr.trim()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Waits for the end; resolves with the xruns that arecord reported. */
  async end() {
    const { code, signal } = await this.#ended;
    if (code !== 0) throw new Error(`arecord failed (${signal ?? code}): ${this.#stderr.trim()}`);
    return (this.#stderr.match(/overrun/g) ?? []).length;
  }

  stop() {
    this.#child.kill();
  }
}
