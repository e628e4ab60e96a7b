/** What happens to a timer, printed as it happens; and how many ticks there were. */
import { AlsaError } from '../../errors.js';
import type { TimerEvent, TimerEventName } from '../../timer/events.js';
import { describeTimerId, type TimerId } from '../../timer/id.js';
import { formatTimerId } from '../../timer/text.js';
import { TimerInstance } from '../../timer/timer-instance.js';
import { type Io, onInterrupt } from '../output/io.js';
import { handOver, json, print } from '../output/printing.js';
import { duration, tickLength } from './duration.js';

type Reason = 'count' | 'timeout' | 'end' | 'interrupt';

const REASONS: Readonly<Record<Reason, string>> = {
  count: 'all that were asked for',
  timeout: 'the time is over',
  end: 'the owner closed the timer',
  interrupt: 'interrupted',
};

export interface TickLogOptions {
  readonly timer: TimerId;
  readonly count: number | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly plain: boolean;
  readonly json: boolean;
}

interface InstanceOptions {
  readonly intervalTicks?: number;
  readonly queueSize?: number;
  readonly events?: readonly TimerEventName[];
}

/** @returns the exit code */
export async function logTicks(options: TickLogOptions, how: InstanceOptions, io: Io): Promise<number> {
  const { timer, count = Number.POSITIVE_INFINITY, timeout, plain, json: asJson } = options;
  using instance = TimerInstance.open(timer, { ...how, records: plain ? 'plain' : 'timestamped' });
  const ending = new AbortController();
  const out = { stdout: io.stdout, signal: AbortSignal.any([ending.signal, io.signal]) };
  let reason: Reason = 'end';
  let total = 0;
  let failure: unknown;
  // First no tick is added any more, then what the kernel holds is taken, behind what the iteration holds.
  const end = (why: Reason) => {
    if (ending.signal.aborted) return;
    reason = why;
    try {
      stop(instance);
      instance.finish();
    } catch (error) {
      failure = error;
    }
    instance.close();
    ending.abort();
  };
  start(instance);
  const events = instance.events();
  const resolutionNs = resolutionOf(instance);
  const { records } = instance;
  const clock = instance.clock();
  using _interrupt = onInterrupt(io.signal, () => end('interrupt'));
  const deadline = timeout === undefined ? undefined : setTimeout(end, timeout, 'timeout' satisfies Reason);
  try {
    const stamped = records === 'timestamped';
    if (asJson) {
      const about = { type: 'listening', timer: formatTimerId(timer), resolutionNs };
      await print(out, json(stamped ? { ...about, clock } : about));
    } else {
      await print(
        out,
        `${formatTimerId(timer)}: ${describeTimerId(timer)}, ${tickLength(resolutionNs)} a tick`,
      );
    }
    const show = asJson ? json : describer(stamped);
    for await (const event of events) {
      if (event.type === 'tick') total += event.count;
      await print(out, show(event));
      if (total >= count) {
        reason = 'count';
        break;
      }
    }
  } finally {
    clearTimeout(deadline);
  }
  if (failure !== undefined) throw failure;
  await summary(out, asJson, total, reason);
  if (out.signal.aborted) await handOver(io);
  return Number.isFinite(count) && total < count ? 1 : 0;
}

/** Nanoseconds of a tick; 0n when the owner has closed the timer just now, of which the events tell. */
function resolutionOf(instance: TimerInstance): bigint {
  try {
    return instance.info().resolutionNs;
  } catch (error) {
    if (error instanceof AlsaError && error.code === 'EBADFD') return 0n;
    throw error;
  }
}

/** That the owner has closed the timer just now, the events tell. */
function start(instance: TimerInstance): void {
  try {
    instance.start();
  } catch (error) {
    if (!instance.ended) throw error;
  }
}

/** What an instance that does not run, and one whose timer is gone, answer to a stop: there is nothing to stop. */
const NOTHING_TO_STOP = ['EBUSY', 'EINVAL'];

function stop(instance: TimerInstance): void {
  try {
    instance.stop();
  } catch (error) {
    if (!(error instanceof AlsaError && NOTHING_TO_STOP.includes(error.code))) throw error;
  }
}

async function summary(
  out: Parameters<typeof print>[0],
  asJson: boolean,
  ticks: number,
  reason: Reason,
): Promise<void> {
  const line = asJson
    ? json({ type: 'summary', ticks, reason })
    : `${ticks} ${ticks === 1 ? 'tick' : 'ticks'}: ${REASONS[reason]}`;
  await print(out, line);
}

/** Events for people, with the time since the first. */
function describer(stamped: boolean): (event: TimerEvent) => string {
  let first: bigint | undefined;
  return (event) => {
    const { type } = event;
    if (type === 'end') return 'end';
    if (type === 'overrun') return `${' '.repeat(14)} overrun: ${event.lost} records lost`;
    first ??= event.timestampNs;
    const ns = event.timestampNs - first;
    const time = stamped
      ? `${`+${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`.padStart(14)} `
      : '';
    if (type === 'tick') return `${time}tick${event.count === 1 ? '' : ` x ${event.count}`}`;
    return `${time}${type}${'resolutionNs' in event ? ` ${duration(event.resolutionNs)}` : ''}`;
  };
}
