/** The gaps of a stream that were filled last: they tell a late packet from a duplicate. */

const REMEMBERED_GAPS = 128;

export class FilledGaps {
  /** A ring of starts and ends, in frames of the stream. */
  readonly #starts = new Float64Array(REMEMBERED_GAPS);
  readonly #ends = new Float64Array(REMEMBERED_GAPS);
  #count = 0;

  add(start: number, end: number): void {
    const slot = this.#count++ % REMEMBERED_GAPS;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
  }

  /** Whether one of them shares frames with this stretch. */
  touch(start: number, end: number): boolean {
    const remembered = Math.min(this.#count, REMEMBERED_GAPS);
    for (let i = 0; i < remembered; i++) {
      if (start < (this.#ends[i] as number) && end > (this.#starts[i] as number)) return true;
    }
    return false;
  }

  clear(): void {
    this.#count = 0;
  }
}
