// Figures of many samples: quantiles, and how many there were of each size.

/** @param {readonly number[]} samples */
export function quantiles(samples) {
  const sorted = Float64Array.from(samples).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/**
 * Shares of the samples in classes of an eighth of a power of two, from `least` ns on.
 *
 * @param {readonly number[]} samples
 * @returns {[ns: number, share: number][]}
 */
export function histogram(samples, least = 128) {
  const counts = new Map();
  for (const sample of samples) {
    const place = Math.floor(Math.log2(Math.max(sample, least)) * 8);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const places = [...counts.keys()];
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return Array.from({ length: last - first + 1 }, (_, i) => [
    2 ** ((first + i) / 8),
    (counts.get(first + i) ?? 0) / samples.length,
  ]);
}

/** @param {number} ns */
export function duration(ns) {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} us`;
  return `${(ns / 1e6).toFixed(1)} ms`;
}
