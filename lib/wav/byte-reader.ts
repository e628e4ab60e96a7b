/** Bytes of a stream, read forward: a file, a pipe and a socket are the same to whoever reads one. */

export class ByteReader implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  /** What was read and not yet taken. */
  #ahead: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next bytes, without taking them: fewer where the stream ends. The longest look is what memory it costs. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#ahead.length < length && !this.#ended) {
      const piece = await this.#next();
      if (piece) this.#ahead = Buffer.concat([this.#ahead, piece]);
    }
    return this.#ahead.subarray(0, length);
  }

  /** Takes bytes: fewer where the stream ends. */
  async take(length: number): Promise<Uint8Array> {
    const taken = await this.peek(length);
    this.#ahead = this.#ahead.subarray(taken.length);
    return taken;
  }

  /** Leaves bytes out. @returns how many there were */
  async skip(length: number): Promise<number> {
    let skipped = 0;
    for await (const piece of this.pieces(length)) skipped += piece.length;
    return skipped;
  }

  /** Takes bytes in the pieces in which they come, up to a length or to the end of the stream. */
  async *pieces(length = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = length; left > 0; ) {
      const piece = this.#ahead.length > 0 ? this.#ahead : await this.#next();
      this.#ahead = new Uint8Array(0);
      if (!piece) return;
      if (piece.length > left) this.#ahead = piece.subarray(left);
      left -= piece.length;
      yield left < 0 ? piece.subarray(0, left) : piece;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.pieces();
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    const { value, done } = await this.#source.next();
    this.#ended = done === true;
    return done ? undefined : value;
  }
}
