/** Which addresses a receiver takes packets from. Others are counted, and told once. */
import type { DatagramSource } from '../net/socket.js';
import type { Refusals } from './refusals.js';

export class AddressFilter {
  readonly #sources: ReadonlySet<string>;
  readonly #excluded: ReadonlySet<string>;
  readonly #refusals: Refusals;
  #filtered = 0;

  /**
   * @param sources the only addresses to take packets from, canonical; none: any
   * @param excluded addresses to take no packets from, canonical
   */
  constructor(sources: readonly string[], excluded: readonly string[], refusals: Refusals) {
    this.#sources = new Set(sources);
    this.#excluded = new Set(excluded);
    this.#refusals = refusals;
  }

  /** Datagrams that were refused. */
  get filtered(): number {
    return this.#filtered;
  }

  admits({ address }: DatagramSource): boolean {
    const isExcluded = this.#excluded.has(address);
    if (!isExcluded && (this.#sources.size === 0 || this.#sources.has(address))) return true;
    this.#filtered++;
    this.#refusals.note('filtered', address, () => {
      const came = `a datagram from ${address}`;
      if (!isExcluded) {
        const expected = `one from ${[...this.#sources].join(', ')}`;
        return { came, expected, option: 'sources', value: address };
      }
      // Who excludes an address knows about it, and needs no advice.
      const expected = `one from elsewhere than ${[...this.#excluded].join(', ')}`;
      return { came, expected, option: undefined, value: undefined };
    });
    return false;
  }
}
