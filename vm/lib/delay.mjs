// Time limits of any length.

/** What setTimeout() takes, in milliseconds. A longer time would be over at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Calls `body` after a time.
 *
 * @param {number} ms
 * @param {() => void} body
 * @returns {() => void} ends the wait
 */
export function callAfter(ms, body) {
  /** @type {NodeJS.Timeout} */
  let timer;
  const wait = (/** @type {number} */ left) => {
    const next = left > LONGEST ? () => wait(left - LONGEST) : body;
    timer = setTimeout(next, Math.min(left, LONGEST));
  };
  wait(ms);
  return () => clearTimeout(timer);
}
