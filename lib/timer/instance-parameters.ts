/** The parameters of a timer instance: what is asked of the kernel, and what it would refuse with a bare EINVAL. */
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  rangeError,
  typeError,
  valueError,
} from '../arguments.js';
import { AlsaError } from '../errors.js';
import type { TimerInstanceHandle } from '../native/binding.js';
import { filterBit, TIMER_EVENT_NAMES, type TimerEventName } from './events.js';
import { describeTimerId, isUserDriven, type TimerId } from './id.js';

const MAX_UINT32 = 0xffff_ffff;
/** What the kernel's queue takes, and what it has when nobody asks (sound/core/timer.c: snd_timer_user_open). */
export const QUEUE = { min: 32, max: 1024, default: 128 };
/** SNDRV_TIMER_PSFLG_*. */
const FLAGS = { autoStart: 1, exclusive: 2, earlyEvent: 4 };
/** SNDRV_TIMER_FLG_SLAVE. */
export const SLAVE_FLAG = 1;
/** The kernel refuses PARAMS for ticks that are shorter. */
const MIN_TICK_NS = 1_000_000n;

/**
 * What an instance is told, and when.
 *
 * @example
 * instance.configure({ events: ['tick', 'stop'], queueSize: 1024 });
 * instance.start();
 */
export interface TimerInstanceParameters {
  /**
   * Ticks of the timer for one of the instance, 1..2^32-1; 1 by default, and all that a userspace-driven timer takes. hrtimer
   * ticks each nanosecond: 10_000_000 are 10 ms. The kernel has a slave tick with its master, whatever is asked for: give it
   * the interval of its master, for {@link TickEvent.count}.
   */
  readonly intervalTicks?: number;
  /** Goes on after each tick. Without it, the instance stops itself with its first tick. True by default. */
  readonly autoStart?: boolean;
  /** Nobody else may open the timer from now on. Works for the first client of a timer only. False by default. */
  readonly exclusive?: boolean;
  /** An 'early' event comes at once. False by default. */
  readonly earlyEvent?: boolean;
  /** Records that the kernel keeps until they are read, 32..1024. 128 by default. */
  readonly queueSize?: number;
  /** What to be told; ['tick'] by default. Plain records tell ticks, whatever is asked for. */
  readonly events?: readonly TimerEventName[];
}

export interface TimerInstanceOptions extends TimerInstanceParameters {
  /**
   * 'timestamped' (default): what, and when (SNDRV_TIMER_IOCTL_TREAD64). 'plain': ticks, without a time; the default, and
   * all there is, with `parameters: 'kernel'`.
   */
  readonly records?: 'timestamped' | 'plain';
  /**
   * 'set' (default). 'kernel' leaves out SNDRV_TIMER_IOCTL_PARAMS, which refuses ticks shorter than 1 ms: a one-shot
   * instance with a queue of 128 that is told its tick in plain records. No parameters can be given then.
   */
  readonly parameters?: 'set' | 'kernel';
}

const PARAMETERS: OptionNames<TimerInstanceParameters> = {
  intervalTicks: true,
  autoStart: true,
  exclusive: true,
  earlyEvent: true,
  queueSize: true,
  events: true,
};
const OPTIONS: OptionNames<TimerInstanceOptions> = { ...PARAMETERS, records: true, parameters: true };

/** What an instance is set to. */
export interface CheckedParameters {
  readonly intervalTicks: number;
  readonly autoStart: boolean;
  readonly earlyEvent: boolean;
  readonly queueSize: number;
  readonly isStopAsked: boolean;
  /** SNDRV_TIMER_PSFLG_*. */
  readonly flags: number;
  /** Bits of SNDRV_TIMER_EVENT_*. */
  readonly filter: number;
}

/** What an instance has when PARAMS is left out (sound/core/timer.c: snd_timer_user_open). */
export const KERNEL_PARAMETERS: CheckedParameters = {
  intervalTicks: 1,
  autoStart: false,
  earlyEvent: false,
  queueSize: QUEUE.default,
  isStopAsked: false,
  flags: 0,
  filter: filterBit('tick'),
};

interface CheckedOptions {
  readonly records: 'timestamped' | 'plain';
  /** Undefined: the kernel's are left as they are. */
  readonly parameters: CheckedParameters | undefined;
}

/** The options of TimerInstance.open, defaults filled in. */
export function checkInstanceOptions(id: TimerId, options: TimerInstanceOptions): CheckedOptions {
  const { parameters = 'set' } = checkOptions('options', options, OPTIONS);
  const isSet = checkOneOf('parameters', parameters, ['set', 'kernel']) === 'set';
  const { records = isSet ? 'timestamped' : 'plain' } = options;
  checkOneOf('records', records, ['timestamped', 'plain']);
  if (isSet) return { records, parameters: checkParameters(id, options) };
  checkKernelParameters(options);
  return { records, parameters: undefined };
}

/** The parameters of TimerInstance.configure, defaults filled in. */
export function checkInstanceParameters(id: TimerId, parameters: TimerInstanceParameters): CheckedParameters {
  return checkParameters(id, checkOptions('parameters', parameters, PARAMETERS));
}

/** 'kernel' sets no parameters, and timestamped records have no filter then: nothing would ever be told. */
function checkKernelParameters(options: TimerInstanceOptions): void {
  const { records, parameters: _, ...others } = options;
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) throw valueError(name, "left out with parameters: 'kernel'", value);
  }
  if (records === 'timestamped') throw valueError('records', "'plain' with parameters: 'kernel'", records);
}

function checkParameters(id: TimerId, options: TimerInstanceParameters): CheckedParameters {
  const { intervalTicks = 1, queueSize = QUEUE.default, events = ['tick'] } = options;
  const { autoStart = true, exclusive = false, earlyEvent = false } = options;
  checkInteger('intervalTicks', intervalTicks, 1, MAX_UINT32);
  // Alone on the timer, an instance with more is given that many for each trigger; beside others, one event for that
  // many triggers (sound/core/timer.c: snd_timer_start1, snd_timer_reschedule).
  if (isUserDriven(id) && intervalTicks !== 1) {
    throw rangeError('intervalTicks', '1 on a userspace-driven timer', intervalTicks);
  }
  checkInteger('queueSize', queueSize, QUEUE.min, QUEUE.max);
  if (!Array.isArray(events)) throw typeError('events', 'an array of event names', events);
  for (const event of events) checkOneOf('events', event, TIMER_EVENT_NAMES);
  checkBoolean('autoStart', autoStart);
  checkBoolean('exclusive', exclusive);
  checkBoolean('earlyEvent', earlyEvent);
  const asked = (events as readonly TimerEventName[]).map(filterBit);
  return {
    intervalTicks,
    autoStart,
    earlyEvent,
    queueSize,
    isStopAsked: events.includes('stop'),
    flags:
      (autoStart ? FLAGS.autoStart : 0) |
      (exclusive ? FLAGS.exclusive : 0) |
      (earlyEvent ? FLAGS.earlyEvent : 0),
    // STOP is how the kernel tells that a timer is gone, so that it is always asked for.
    filter: asked.reduce((bits, bit) => bits | bit, filterBit('stop')),
  };
}

/**
 * Says what PARAMS would refuse with a bare EINVAL: ticks of less than 1 ms.
 *
 * @throws RangeError ERR_OUT_OF_RANGE; AlsaError ERR_TIMER_RESOLUTION; what INFO throws
 */
export function checkInterval(handle: TimerInstanceHandle, id: TimerId, intervalTicks: number): void {
  // A slave is asked for after its master, which PARAMS says better.
  if (id.class === 'slave') return;
  const { flags, resolution } = handle.info();
  if ((flags & SLAVE_FLAG) !== 0 || resolution * BigInt(intervalTicks) >= MIN_TICK_NS) return;
  if (!isUserDriven(id)) {
    const least = resolution === 0n ? MIN_TICK_NS : (MIN_TICK_NS + resolution - 1n) / resolution;
    throw rangeError(
      'intervalTicks',
      `at least ${least} on the ${describeTimerId(id)}, which ticks every ${resolution} ns`,
      intervalTicks,
    );
  }
  throw new AlsaError(`The ${describeTimerId(id)} stands for ${resolution} ns a tick, less than 1 ms`, {
    code: 'ERR_TIMER_RESOLUTION',
    hint:
      'The kernel sets no parameters for such ticks. A program may listen with ' +
      "{ parameters: 'kernel', records: 'plain' }, and start anew for each tick; `utimer listen` cannot. " +
      'The owner can count its triggers.',
  });
}
