/** What stands where frames are missing: silence, or the last packet over again. */

/** The last packet is repeated for so long before a gap goes silent. Longer than that it is a buzz. */
const REPEAT_SECONDS = 0.02;
/** Bytes of silence that are written at once. */
const CHUNK_BYTES = 16_384;

export class Concealment {
  readonly #frameBytes: number;
  readonly #maxRepeatedFrames: number;
  readonly #silence: Uint8Array;
  #last: Uint8Array = new Uint8Array(0);
  /** Frames repeated since a packet was written. */
  #repeated = 0;

  constructor(fill: 'silence' | 'repeat', rate: number, frameBytes: number) {
    this.#frameBytes = frameBytes;
    this.#maxRepeatedFrames = fill === 'repeat' ? Math.ceil(rate * REPEAT_SECONDS) : 0;
    this.#silence = new Uint8Array(Math.max(1, Math.floor(CHUNK_BYTES / frameBytes)) * frameBytes);
  }

  /** A packet was written. Its bytes must stay as they are until the next one is written. */
  remember(bytes: Uint8Array): void {
    this.#last = bytes;
    this.#repeated = 0;
  }

  /** Gives so many frames of fill. A repetition goes on where the fill before this one ended. */
  fill(frames: number, write: (bytes: Uint8Array) => void): void {
    this.silence(frames - this.#repeat(frames, write), write);
  }

  /** Gives so many frames of silence. */
  silence(frames: number, write: (bytes: Uint8Array) => void): void {
    const { length } = this.#silence;
    for (let left = frames * this.#frameBytes; left > 0; left -= length) {
      write(left < length ? this.#silence.subarray(0, left) : this.#silence);
    }
  }

  /** @returns the frames that it gave */
  #repeat(frames: number, write: (bytes: Uint8Array) => void): number {
    const last = this.#last;
    const period = last.length / this.#frameBytes;
    const total = period === 0 ? 0 : Math.min(frames, this.#maxRepeatedFrames - this.#repeated);
    for (let left = total; left > 0; ) {
      const from = this.#repeated % period;
      const part = Math.min(left, period - from);
      this.#repeated += part;
      left -= part;
      write(last.subarray(from * this.#frameBytes, (from + part) * this.#frameBytes));
    }
    return total;
  }
}
