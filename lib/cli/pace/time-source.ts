/** What has the time of periods: a clock of the kernel, the ticks of a timer, or what comes through a descriptor. */
import { basename } from 'node:path';
import { Clock } from '../../clock/clock.js';
import type { PacingOptions } from '../../clock/options.js';
import type { Pacer } from '../../clock/pacer.js';
import type { Pacing } from '../../clock/pacing.js';
import { glanceAtLink, glanceInto } from '../../proc.js';
import { isUserDriven, type TimerId } from '../../timer/id.js';
import { timerInfo } from '../../timer/list.js';
import { periodDuration } from '../../timer/resolution.js';
import { formatTimerId } from '../../timer/text.js';
import { TimerInstance } from '../../timer/timer-instance.js';
import type { TimeSource } from '../table/machine.js';
import { naming } from '../table/naming.js';
import { UsageError } from '../table/usage-error.js';
import { duration } from '../timer/duration.js';
import type { PaceTarget } from './target.js';

export interface Stream {
  readonly rate: number;
  readonly periodFrames: number;
}

/** Of the library, as the command line gives them. */
export type ScheduleOptions = Pick<PacingOptions, 'ppb' | 'start' | 'late' | 'maxBurst'>;

/** What has the time, once it is open. */
export interface OpenedTime extends Disposable {
  /** As `--clock` names it. */
  readonly name: string;
  /** How it is read, where it is. */
  readonly method?: string;
  /** Whether it is a clock with a schedule, of which periods can be late. */
  readonly isClock: boolean;
  pace(pacer: Pacer, target: PaceTarget, options: ScheduleOptions): Pacing;
}

export async function openTime(source: TimeSource, stream: Stream): Promise<OpenedTime> {
  if ('clock' in source) return openClock(source.clock);
  return 'timer' in source ? openTimer(source.timer, stream) : openDescriptor(source.fd);
}

async function openClock(name: string): Promise<OpenedTime> {
  const clock = await naming({ name: '--clock' }, () => Clock.open(name));
  return {
    name,
    method: clock.method,
    isClock: true,
    pace: (pacer, target, options) => target.start(pacer, { ...options, clock }),
    [Symbol.dispose]: () => clock.close(),
  };
}

function openTimer(timer: TimerId, stream: Stream): OpenedTime {
  const instance = TimerInstance.open(timer, { intervalTicks: intervalOf(timer, stream) });
  return {
    name: `timer:${formatTimerId(timer)}`,
    isClock: false,
    pace(pacer, target, { late, maxBurst }) {
      const pacing = target.follow(pacer, instance, policy(late, maxBurst));
      instance.start();
      return pacing;
    },
    [Symbol.dispose]: () => instance.close(),
  };
}

function openDescriptor(fd: number): OpenedTime {
  if (isOfRuntime(fd)) {
    throw new UsageError(
      `--clock fd:${fd} is a descriptor that ${basename(process.execPath)} needs for itself: give the command one with this number, as in \`utimer pace --clock fd:${fd} ${fd}<FIFO\``,
    );
  }
  return {
    name: `fd:${fd}`,
    isClock: false,
    pace: (pacer, target, { late, maxBurst }) => target.follow(pacer, { fd }, policy(late, maxBurst)),
    [Symbol.dispose]: () => {},
  };
}

/** Whether the JavaScript runtime has opened it for its event loop: an epoll set, or a pipe of which it has both ends. */
function isOfRuntime(fd: number): boolean {
  const own = fileOf(fd);
  if (own === 'anon_inode:[eventpoll]') return true;
  if (own?.startsWith('pipe:') !== true) return false;
  return glanceInto('/proc/self/fd').some(
    (other) => Number(other) !== fd && Number(other) > 2 && fileOf(Number(other)) === own,
  );
}

const fileOf = (fd: number) => glanceAtLink(`/proc/self/fd/${fd}`);

function policy(late: ScheduleOptions['late'], maxBurst: ScheduleOptions['maxBurst']) {
  return { ...(late !== undefined && { late }), ...(maxBurst !== undefined && { maxBurst }) };
}

/** A millionth of a period, or a nanosecond: what the ticks of a timer may be off. */
const PRECISION = 1_000_000n;

/** How many ticks of a timer are a period: those of the system, of hpet and of hrtimer are shorter, and others one each. */
function intervalOf(timer: TimerId, { rate, periodFrames }: Stream): number {
  if (timer.class !== 'global' || isUserDriven(timer)) return 1;
  const { resolutionNs } = timerInfo(timer);
  const period = periodDuration(rate, periodFrames);
  const ticks = (period + resolutionNs / 2n) / resolutionNs;
  const off = ticks * resolutionNs - period;
  const most = period / PRECISION + 1n;
  if (ticks > 0n && off <= most && off >= -most) return Number(ticks);
  throw new UsageError(
    `--period ${periodFrames} at ${rate} Hz is ${duration(period)}, and timer ${formatTimerId(timer)} ticks each ${duration(resolutionNs)}: a period must be a whole number of its ticks`,
  );
}
