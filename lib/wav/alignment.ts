/** Where 24 bits lie in the four bytes of a sample. */

/**
 * WAVE says: in the most significant ones, and the lowest byte is zero. `arecord -f S24_LE`
 * writes them into the low ones, as ALSA keeps them, and says nothing of it. The samples tell: where the lowest byte is used
 * and the highest one is nothing but the sign, they are low.
 */
export class Alignment {
  readonly #lowest: number;
  readonly #highest: number;
  #isLow: boolean | undefined;

  constructor(bigEndian: boolean) {
    this.#lowest = bigEndian ? 3 : 0;
    this.#highest = bigEndian ? 0 : 3;
  }

  /** Whole samples with their 24 bits in the most significant bytes, as S32 has them. */
  toHigh(bytes: Uint8Array): Uint8Array {
    this.#isLow ??= this.#look(bytes);
    if (!this.#isLow) return bytes;
    const moved = new Uint8Array(bytes.length);
    if (this.#lowest === 0) moved.set(bytes.subarray(0, -1), 1);
    else moved.set(bytes.subarray(1), 0);
    for (let at = this.#lowest; at < moved.length; at += 4) moved[at] = 0;
    return moved;
  }

  #look(bytes: Uint8Array): boolean | undefined {
    let usesLowest = false;
    for (let at = 0; at < bytes.length; at += 4) {
      const highest = bytes[at + this.#highest];
      if (highest !== 0 && highest !== 0xff) return false;
      if (bytes[at + this.#lowest] !== 0) usesLowest = true;
    }
    // Silence, and sixteen bits or fewer, do not tell.
    return usesLowest ? true : undefined;
  }
}
