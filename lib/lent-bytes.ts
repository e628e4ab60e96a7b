/** Memory of a caller that is used after a wait, when its buffer may have been resized or transferred. */
import { checkBytes, stateError } from './arguments.js';

/**
 * Bytes that a caller lends until a promise settles. Nothing is copied, so their buffer is looked at again with each use:
 * what was there at the call must be there still. What a buffer has grown by does not count.
 */
export class LentBytes {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  /** Bytes at the call. */
  readonly length: number;

  /** @throws TypeError ERR_INVALID_ARG_TYPE; ERR_INVALID_STATE where they are gone already */
  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = checkBytes(name, bytes);
    this.length = bytes.length;
  }

  /** @throws TypeError ERR_INVALID_STATE where some of what was lent are gone */
  check(): void {
    const { length } = this.#bytes;
    if (length >= this.length) return;
    throw stateError(
      `${this.#name} shrank during the wait: of ${this.length} bytes ${length} are left. ` +
        'Do not resize or transfer their ArrayBuffer until the promise settles',
    );
  }

  /**
   * The bytes from `start` up to `end`, for use before the next wait.
   *
   * @throws as {@link check}
   */
  between(start: number, end: number): Uint8Array {
    this.check();
    return this.#bytes.subarray(start, end);
  }
}
