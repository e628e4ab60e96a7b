/** Which timers there are, and what the kernel tells about each: /dev/snd/timer without being bound to one. */
import { checkBigInt, checkOptions } from '../arguments.js';
import { fromNative } from '../errors.js';
import type { TimerGinfoNative } from '../native/binding.js';
import { native } from '../native/load.js';
import { type ProcTimer, readTimers, type TimerClient } from './proc-timers.js';
import {
  addressOf,
  checkTimerId,
  describeTimerId,
  type HasTimerId,
  isUserDriven,
  TIMER_DEVICE,
  type TimerAddress,
  type TimerId,
  timerIdOf,
  USER_TIMER_COUNT,
  userTimerId,
} from './timer-id.js';

/** SNDRV_TIMER_FLG_SLAVE. */
const SLAVE_FLAG = 1;
const MAX_UINT64 = 2n ** 64n - 1n;

export interface TimerInfo {
  readonly timerId: TimerId;
  /** The kernel's id, for instance 'snd-utimer0' or 'hrtimer'. */
  readonly id: string;
  /** The kernel's name, for instance 'system timer'; empty for userspace-driven timers. */
  readonly name: string;
  /** The number of the card, or -1. */
  readonly card: number;
  /** Whether the timer ticks only while something else runs, as those of PCM substreams do. */
  readonly slave: boolean;
  /** Nanoseconds of a tick. 0n where the kernel does not know it yet. */
  readonly resolution: bigint;
  /** Nanoseconds; 0n where it cannot be set. */
  readonly resolutionMin: bigint;
  /** Nanoseconds; 0n where it cannot be set. */
  readonly resolutionMax: bigint;
  /** Open instances: listeners, and cables of snd-aloop. Slaves do not count. */
  readonly clients: number;
}

export interface ListedTimer extends TimerInfo {
  /** Who they are, from /proc/asound/timers; undefined where that cannot be told. */
  readonly clientList: readonly TimerClient[] | undefined;
}

export interface TimerStatus {
  /** Nanoseconds of a tick. */
  readonly resolution: bigint;
  /** The resolution in seconds, as a fraction. */
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The period of a timer in seconds, as a fraction. */
export interface TimerParams {
  /** 0..2^64-1. */
  readonly numerator: bigint;
  /** 1..2^64-1. */
  readonly denominator: bigint;
}

/**
 * Every timer of the system, by class, card, device and subdevice: SNDRV_TIMER_IOCTL_NEXT_DEVICE, then GINFO for each. Of
 * the userspace-driven timers NEXT_DEVICE gives only the lowest, so that GINFO is asked for all 128.
 *
 * @throws AlsaError ENOENT, EACCES, ENODEV when /dev/snd/timer cannot be opened
 * @example
 * for (const { timerId, resolution, clients } of listTimers()) {
 *   console.log(describeTimerId(timerId), resolution, clients); // userspace-driven timer 0 10000000n 1
 * }
 */
export function listTimers(): ListedTimer[] {
  const addresses: TimerAddress[] = [];
  const flat = call(() => native().enumerateTimers(TIMER_DEVICE));
  for (let i = 0; i + 3 < flat.length; i += 4) {
    const [timerClass = 0, card = 0, device = 0, subdevice = 0] = flat.subarray(i, i + 4);
    addresses.push([timerClass, card, device, subdevice]);
  }
  const ids = addresses.map(timerIdOf).filter((id) => !isUserDriven(id));
  for (let id = 0; id < USER_TIMER_COUNT; id += 1) ids.push(userTimerId(id));
  const asked = Int32Array.from(ids.flatMap((id) => addressOf(id)));
  const infos = call(() => native().timerGinfos(TIMER_DEVICE, asked));
  const found = ids.flatMap((timerId, index) => {
    const info = infos[index];
    return info ? [toInfo(timerId, info)] : [];
  });
  const proc = readTimers();
  return found
    .map((info) => ({ ...info, clientList: clientsOf(info, found, proc) }))
    .sort((a, b) => compare(addressOf(a.timerId), addressOf(b.timerId)));
}

/**
 * What the kernel tells about one timer: SNDRV_TIMER_IOCTL_GINFO. Asking for a global timer loads its module.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @throws AlsaError ENODEV (no such timer); ENOENT, EACCES (/dev/snd/timer)
 * @example
 * timerInfo(userTimerId(0)).clients; // 1
 */
export function timerInfo(timer: TimerId | HasTimerId): TimerInfo {
  const id = checkTimerId('timer', timer);
  return toInfo(
    id,
    call(() => native().timerGinfo(TIMER_DEVICE, ...addressOf(id)), id),
  );
}

/**
 * The period of a timer, exactly: SNDRV_TIMER_IOCTL_GSTATUS.
 *
 * @throws as timerInfo
 * @example
 * timerStatus(userTimerId(0)); // { resolution: 10000000n, numerator: 10000000n, denominator: 1000000000n }
 */
export function timerStatus(timer: TimerId | HasTimerId): TimerStatus {
  const id = checkTimerId('timer', timer);
  return call(() => native().timerGstatus(TIMER_DEVICE, ...addressOf(id)), id);
}

/**
 * Sets the period of a timer that nobody has open: SNDRV_TIMER_IOCTL_GPARAMS. Userspace-driven timers have no such
 * parameter.
 *
 * @throws as timerInfo, and AlsaError ENOSYS (the timer's period cannot be set), EBUSY (somebody has it open)
 * @example
 * setTimerParams(globalTimerId('system'), { numerator: 1n, denominator: 100n });
 */
export function setTimerParams(timer: TimerId | HasTimerId, params: TimerParams): void {
  const id = checkTimerId('timer', timer);
  const { numerator, denominator } = checkOptions('params', params);
  checkBigInt('params.numerator', numerator, 0n, MAX_UINT64);
  checkBigInt('params.denominator', denominator, 1n, MAX_UINT64);
  call(() => native().setTimerGparams(TIMER_DEVICE, ...addressOf(id), numerator, denominator), id);
}

function call<T>(body: () => T, id?: TimerId): T {
  try {
    return body();
  } catch (error) {
    throw fromNative(error, id ? describeTimerId(id) : TIMER_DEVICE);
  }
}

function toInfo(timerId: TimerId, info: TimerGinfoNative): TimerInfo {
  const { flags, card, id, name, resolution, resolutionMin, resolutionMax, clients } = info;
  const slave = (flags & SLAVE_FLAG) !== 0;
  return { timerId, id, name, card, slave, resolution, resolutionMin, resolutionMax, clients };
}

/**
 * The lines of /proc/asound/timers have no subdevice for global timers, but they are in its order: they are told apart
 * where there are as many lines as timers.
 */
function clientsOf(
  info: TimerInfo,
  all: readonly TimerInfo[],
  proc: readonly ProcTimer[],
): readonly TimerClient[] | undefined {
  const [timerClass, card, device, subdevice] = addressOf(info.timerId);
  const matches = (address: ProcTimer['address']) =>
    address[0] === timerClass &&
    address[1] === card &&
    address[2] === device &&
    (address[3] === undefined || address[3] === subdevice);
  const lines = proc.filter(({ address }) => matches(address));
  const exact = lines[0]?.address[3] !== undefined;
  const siblings = all.filter(({ timerId }) => {
    const [c, n, d, s] = addressOf(timerId);
    return matches([c, n, d, exact ? s : undefined]);
  });
  return siblings.length === lines.length ? lines[siblings.indexOf(info)]?.clients : undefined;
}

function compare(a: TimerAddress, b: TimerAddress): number {
  const index = a.findIndex((number, i) => number !== b[i]);
  return index < 0 ? 0 : (a[index] as number) - (b[index] as number);
}
