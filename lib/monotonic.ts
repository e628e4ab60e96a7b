/** CLOCK_MONOTONIC, which timestamps of timers and arrivals of packets count. */
import { native } from './native/load.js';

const { uv, bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
/** Elsewhere process.hrtime begins with the process. */
const isHrtime = uv !== undefined && bun === undefined && deno === undefined;

/**
 * The time now by CLOCK_MONOTONIC, in nanoseconds, as the timestamps of timers count it. On Node.js that is
 * `process.hrtime.bigint()`. On Bun and Deno that one counts from another instant.
 *
 * @throws AlsaError ERR_ADDON_NOT_FOUND, on Bun and Deno
 * @example
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * using instance = TimerInstance.open(timer);
 * instance.start();
 * timer.trigger();
 * for (const event of instance.read()) if (event.type === 'tick') console.log(monotonicNs() >= event.timestampNs); // true
 */
export function monotonicNs(): bigint {
  return isHrtime ? process.hrtime.bigint() : native().monotonicTime();
}

let arrivalClock: (() => bigint) | undefined;

/** The time now, as sockets tell arrivals: that of monotonicNs(), or without an addon process.hrtime. */
export function arrivalNs(): bigint {
  arrivalClock ??= findArrivalClock();
  return arrivalClock();
}

function findArrivalClock(): () => bigint {
  try {
    monotonicNs();
    return monotonicNs;
  } catch {
    return () => process.hrtime.bigint();
  }
}
