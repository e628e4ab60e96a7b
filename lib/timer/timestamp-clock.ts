/** The clock of the timestamps of timers: a parameter of snd-timer, for all of them. */
import { join } from 'node:path';
import { glance, sysModule } from '../proc.js';

/** CLOCK_MONOTONIC, as monotonicNs(), or CLOCK_REALTIME. */
export function timestampClock(): 'monotonic' | 'realtime' {
  const parameter = join(sysModule(), 'snd_timer/parameters/timer_tstamp_monotonic');
  return /^[0N]/.test(glance(parameter) ?? '1') ? 'realtime' : 'monotonic';
}
