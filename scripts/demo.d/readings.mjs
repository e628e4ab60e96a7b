// How many of the frames that were received waited to be heard, as it was read over and over, and what that says of two
// clocks: the stream's, and that of the cable. A busy machine receives packets late, and they wait elsewhere then.

/** A drift is told over so much audio at least, in seconds: a busy machine reads a clock and a count some time apart. */
const SHORTEST_SECONDS = 8;
/** Readings in a row are one when clocks are compared. There are so many of these at most. */
const COMPARED = 200;

/**
 * @typedef {object} Reading
 * @property {number} due frames that the stream's clock had counted by then
 * @property {number} received frames
 * @property {number} dropped frames of them that found no room
 * @property {number} waiting frames of them that the listener had yet to hear
 */

export class Readings {
  #rate;
  /**
   * Each goes from an xrun to the next: the cable plays on in it.
   *
   * @type {Reading[][]}
   */
  #stretches = [[]];

  /** @param {number} rate Hz */
  constructor(rate) {
    this.#rate = rate;
  }

  /** @param {Reading} reading */
  add(reading) {
    this.#latest.push(reading);
  }

  /** The cable stopped, or its listener did: what waits behind this has nothing to do with what waited before. */
  part() {
    if (this.#latest.length > 0) this.#stretches.push([]);
  }

  /** How many there are. */
  get count() {
    return this.#stretches.reduce((sum, { length }) => sum + length, 0);
  }

  /** Frames that waited, at most. */
  get most() {
    return Math.max(0, ...this.#stretches.map(mostWaiting));
  }

  /** The same since the last xrun. */
  get mostOfLate() {
    return mostWaiting(this.#latest);
  }

  /**
   * How far the stream was ahead of what was heard, second by second, beyond what it was at first. Between two stretches there
   * is a gap.
   *
   * @returns {[seconds: number, frames: number | null][]}
   */
  get line() {
    return this.#stretches.flatMap((stretch, index) => {
      const points = lags(stretch, this.#rate);
      /** @type {[number, number | null][]} */
      const line = points.map(({ due, lag }) => [due / this.#rate, lag - points[0].lag]);
      return index > 0 && line.length > 0 ? [[line[0][0], null], ...line] : line;
    });
  }

  /**
   * Frames by which the stream's clock is ahead of the cable's after a second of audio: those due, less those heard. The median
   * of what pairs of readings of a stretch say, of those that lie furthest apart, and half the range of the middle half of them.
   * Undefined where no stretch is long enough.
   *
   * @returns {{ frames: number, spread: number } | undefined}
   */
  get drift() {
    const longest = Math.max(
      ...this.#stretches.map((stretch) => (stretch.at(-1)?.due ?? 0) - (stretch[0]?.due ?? 0)),
    );
    if (longest < SHORTEST_SECONDS * this.#rate) return undefined;
    const apart = Math.max(this.#rate, longest / COMPARED);
    const drifts = this.#stretches.flatMap((stretch) => {
      const points = lags(stretch, apart);
      return points.flatMap((from, index) =>
        points
          .slice(index + 1)
          .filter((to) => to.due - from.due >= longest / 2)
          .map((to) => ((to.lag - from.lag) * this.#rate) / (to.due - from.due)),
      );
    });
    const [low, frames, high] = quartiles(drifts);
    return { frames, spread: (high - low) / 2 };
  }

  get #latest() {
    return /** @type {Reading[]} */ (this.#stretches.at(-1));
  }
}

/**
 * How many of the frames that were due had not been heard: a median for every `apart` frames.
 *
 * @param {Reading[]} stretch
 * @param {number} apart
 */
function lags(stretch, apart) {
  /** @type {Map<number, Reading[]>} */
  const groups = new Map();
  for (const reading of stretch) {
    const index = Math.floor((reading.due - stretch[0].due) / apart);
    const group = groups.get(index);
    if (group) group.push(reading);
    else groups.set(index, [reading]);
  }
  return Array.from(groups.values(), (group) => ({
    due: quartiles(group.map(({ due }) => due))[1],
    lag: quartiles(
      group.map(({ due, received, dropped, waiting }) => due - (received - dropped - waiting)),
    )[1],
  }));
}

/** @param {Reading[]} stretch */
function mostWaiting(stretch) {
  return stretch.reduce((most, { waiting }) => Math.max(most, waiting), 0);
}

/** @param {number[]} numbers */
function quartiles(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  return [1, 2, 3].map((quarter) => sorted[(sorted.length * quarter) >> 2]);
}
