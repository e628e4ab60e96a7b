/** What a Pacing has counted, as the addon tells it. */
import { getSystemErrorName } from 'node:util';
import type { PacingStatsNative } from '../native/binding.js';
import { CLOCK_STATES, type ClockState, type Lateness, type PacingStats } from './events.js';

export function clockStateOf(state: number): ClockState {
  return CLOCK_STATES[state] ?? 'free';
}

export function pacingStatsOf(stats: PacingStatsNative): PacingStats {
  const { ticks, caughtUp, missed, underruns, ppb, steps, frequencyPpb } = stats;
  return {
    ...{ ticks, caughtUp, missed, underruns, ppb, steps, frequencyPpb },
    lateness: latenessOf(stats.lateness),
    state: clockStateOf(stats.state),
    phaseErrorNs: BigInt(stats.phaseErrorNs),
    readingDelayNs: BigInt(stats.readingDelayNs),
    clockError: stats.clockError === 0 ? undefined : getSystemErrorName(-stats.clockError),
  };
}

function latenessOf({ count, min, mean, max, buckets: flat }: PacingStatsNative['lateness']): Lateness {
  const buckets = Array.from({ length: flat.length / 2 }, (_, i) => ({
    fromNs: BigInt(flat[2 * i] ?? 0),
    count: flat[2 * i + 1] ?? 0,
  }));
  /** The least of the bucket in which the one of this rank lies. */
  const ranked = (rank: number): bigint => {
    let passed = 0;
    const bucket = buckets.find((each) => {
      passed += each.count;
      return passed >= rank;
    });
    return bucket?.fromNs ?? 0n;
  };
  return {
    count,
    minNs: BigInt(min),
    meanNs: BigInt(mean),
    p50Ns: ranked(Math.ceil(count * 0.5)),
    p99Ns: ranked(Math.ceil(count * 0.99)),
    maxNs: BigInt(max),
    buckets,
  };
}
