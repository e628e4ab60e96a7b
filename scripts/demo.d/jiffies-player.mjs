// What a receiver without a clocked cable does: it writes packets as they come to a playback device that runs by another
// clock, keeps some frames ahead so as not to run dry, and can change the speed of neither.

export class JiffiesPlayer {
  #pcm;
  #aheadFrames;
  #onTrouble;
  #queuedFrames = 0;
  #running = false;

  /**
   * @param {import('../../dist/index.js').Pcm} pcm a playback substream
   * @param {number} aheadFrames what to queue before it is started, the first time and after each xrun
   * @param {(kind: 'skip' | 'xrun', frames: number) => void} onTrouble a packet found no room and is lost, or the device
   *   ran dry
   */
  constructor(pcm, aheadFrames, onTrouble) {
    this.#pcm = pcm;
    this.#aheadFrames = aheadFrames;
    this.#onTrouble = onTrouble;
  }

  /** Whether frames are left to be played. */
  get playing() {
    return this.#running && this.#pcm.state() === 'running' && this.#pcm.delay() > 0;
  }

  /** Frames that wait to be played, beyond those that are kept ahead; undefined while it does not play. */
  waiting() {
    return this.#running && this.#pcm.state() === 'running'
      ? this.#pcm.delay() - this.#aheadFrames
      : undefined;
  }

  /**
   * Takes the frames of a packet.
   *
   * @param {Uint8Array} bytes
   */
  write(bytes) {
    const frames = bytes.length / this.#pcm.frameBytes;
    if (this.#pcm.state() !== 'xrun' && this.#pcm.avail() < frames) {
      this.#onTrouble('skip', frames);
      return;
    }
    try {
      this.#pcm.write(bytes);
    } catch (error) {
      if (error.code !== 'EPIPE') throw error;
      this.#onTrouble('xrun', 0);
      this.#pcm.prepare();
      this.#running = false;
      this.#queuedFrames = 0;
      this.#pcm.write(bytes);
    }
    this.#queuedFrames += frames;
    if (this.#queuedFrames >= this.#aheadFrames) this.#start();
  }

  /** Nothing comes any more: plays what is queued, though it be less than what is kept ahead. */
  finish() {
    if (this.#queuedFrames > 0) this.#start();
  }

  #start() {
    if (this.#running) return;
    this.#pcm.start();
    this.#running = true;
  }
}
