/** The counters of a pacing: in words, as JSON, and as a histogram in the form of cyclictest. */
import type { Lateness, PacingStats } from '../../clock/events.js';

/** The counters in words, the most important ones first. */
export function summary(stats: PacingStats, isClock: boolean, hasFrames: boolean): string[] {
  const { missed, ticks, caughtUp, steps } = stats;
  const underruns = hasFrames ? stats.underruns : 0n;
  return [
    ...(isClock ? clockWords(stats) : []),
    `missed ${missed}`,
    `periods ${ticks}`,
    ...(caughtUp > 0n ? [`caught up ${caughtUp}`] : []),
    ...(underruns > 0n ? [`underruns ${underruns}`] : []),
    ...(steps > 0 ? [`steps ${steps}`] : []),
  ];
}

function clockWords({ state, frequencyPpb, phaseErrorNs, lateness }: PacingStats): string[] {
  const ppb = Math.round(frequencyPpb);
  const { p50Ns, p99Ns, maxNs } = lateness;
  return [
    state,
    // CLOCK_MONOTONIC is what others are compared with.
    ...(state === 'free' ? [] : [`ppb ${ppb < 0 ? '' : '+'}${ppb}`, `phase ${phaseErrorNs} ns`]),
    `late ${[p50Ns, p99Ns, maxNs].map(microseconds).join('/')} us`,
  ];
}

function microseconds(ns: bigint): string {
  return (Number(ns) / 1e3).toFixed(ns < 10_000n ? 1 : 0);
}

/** Those of an object of JSON; the buckets of the lateness are for the last one. */
export function counters({ lateness, ...stats }: PacingStats, isLast: boolean): object {
  const { buckets, ...figures } = lateness;
  return { ...stats, lateness: isLast ? { ...figures, buckets } : figures };
}

/** Lines as cyclictest -h prints them. */
export function* histogram({ count, minNs, meanNs, maxNs, buckets }: Lateness): Generator<string> {
  const counts = new Map<number, number>();
  for (const bucket of buckets) {
    const from = Number(bucket.fromNs / 1_000n);
    counts.set(from, (counts.get(from) ?? 0) + bucket.count);
  }
  yield '# Histogram';
  const last = Math.max(...counts.keys());
  for (const from of bucketsUpTo(last)) yield `${digits(from, 6)} ${digits(counts.get(from) ?? 0, 6)}`;
  yield `# Total: ${digits(count, 9)}`;
  for (const [name, ns] of Object.entries({ Min: minNs, Avg: meanNs, Max: maxNs }))
    yield `# ${name} Latencies: ${digits(Number(ns / 1_000n), 5)}`;
  yield '# Histogram Overflows: 00000';
}

const digits = (number: number, width: number) => String(number).padStart(width, '0');

/** Where buckets of the library begin, in whole microseconds: an eighth of a power of two of nanoseconds apart. */
function* bucketsUpTo(last: number): Generator<number> {
  let before = -1;
  for (let power = 0; before < last; power += 1) {
    for (let eighth = 8; eighth < 16; eighth += 1) {
      const from = Math.floor((eighth * 2 ** power) / 8 / 1_000);
      if (from > last) return;
      if (from > before) yield from;
      before = from;
    }
  }
}
