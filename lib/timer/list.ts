/** Which timers there are, and what the kernel tells about each: /dev/snd/timer without being bound to one. */
import { checkBigInt, checkObject } from '../arguments.js';
import { TIMER_DEVICE } from '../device-nodes.js';
import { callNative } from '../errors.js';
import type { TimerGinfoNative } from '../native/binding.js';
import { native } from '../native/load.js';
import { visibleText } from '../visible-text.js';
import {
  addressOf,
  checkTimerId,
  describeTimerId,
  type HasTimerId,
  isUserDriven,
  type TimerAddress,
  type TimerId,
  timerIdOf,
  USER_TIMER_COUNT,
  userTimerId,
} from './id.js';
import { type ProcTimer, readTimers, type TimerClient } from './proc-timers.js';

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
  readonly resolutionNs: bigint;
  /** Nanoseconds; 0n where it cannot be set. */
  readonly resolutionMinNs: bigint;
  /** Nanoseconds; 0n where it cannot be set. */
  readonly resolutionMaxNs: bigint;
  /** Open instances: listeners, and cables of snd-aloop. Slaves do not count. */
  readonly clients: number;
}

export interface ListedTimer extends TimerInfo {
  /** Who they are, from /proc/asound/timers; undefined where that cannot be told. */
  readonly clientList: readonly TimerClient[] | undefined;
}

export interface TimerStatus {
  /** Nanoseconds of a tick. */
  readonly resolutionNs: bigint;
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
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * using listener = TimerInstance.open(timer);
 * for (const { timerId, resolutionNs, clients } of listTimers()) {
 *   console.log(describeTimerId(timerId), resolutionNs, clients); // userspace-driven timer 0 10000000n 1
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
  for (let round = 1; ; round += 1) {
    const infos = call(() => native().timerGinfos(TIMER_DEVICE, asked));
    const found = ids.flatMap((timerId, index) => {
      const info = infos[index];
      return info ? [toInfo(timerId, info)] : [];
    });
    const proc = readTimers();
    const listed = found.map((info) => ({ ...info, clientList: clientsOf(info, found, proc) }));
    // Timers and clients come and go between the two.
    if (round < ROUNDS && proc.length > 0 && listed.some(({ clientList }) => clientList === undefined))
      continue;
    return listed.sort((a, b) => compare(addressOf(a.timerId), addressOf(b.timerId)));
  }
}

/**
 * What the kernel tells about one timer: SNDRV_TIMER_IOCTL_GINFO. It does not load the module of a timer that is not
 * there; only opening the timer does.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @throws AlsaError ENODEV (no such timer); ENOENT, EACCES (/dev/snd/timer)
 * @example
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * console.log(timerInfo(timer).clients); // 0
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
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * console.log(timerStatus(timer)); // { resolutionNs: 10000000n, numerator: 10000000n, denominator: 1000000000n }
 */
export function timerStatus(timer: TimerId | HasTimerId): TimerStatus {
  const id = checkTimerId('timer', timer);
  const { resolution, ...fraction } = call(() => native().timerGstatus(TIMER_DEVICE, ...addressOf(id)), id);
  return { resolutionNs: resolution, ...fraction };
}

/**
 * Sets the period of a timer that nobody has open: SNDRV_TIMER_IOCTL_GPARAMS. That is for timers of drivers with a
 * set_period operation, and none in the kernel's own tree has one: userspace-driven timers, the system timer, hrtimer and
 * those of PCM substreams answer ENOSYS.
 *
 * @throws as timerInfo, and AlsaError ENOSYS (the timer's period cannot be set), EBUSY (somebody has it open)
 * @example
 * try {
 *   setTimerParams(globalTimerId('system'), { numerator: 1n, denominator: 100n });
 * } catch (error) {
 *   console.log(error instanceof AlsaError && error.code); // ENOSYS
 * }
 */
export function setTimerParams(timer: TimerId | HasTimerId, params: TimerParams): void {
  const id = checkTimerId('timer', timer);
  const { numerator, denominator } = checkObject('params', params);
  checkBigInt('params.numerator', numerator, 0n, MAX_UINT64);
  checkBigInt('params.denominator', denominator, 1n, MAX_UINT64);
  call(() => native().setTimerGparams(TIMER_DEVICE, ...addressOf(id), numerator, denominator), id);
}

function call<T>(body: () => T, id?: TimerId): T {
  return callNative(id ? describeTimerId(id) : TIMER_DEVICE, body);
}

function toInfo(timerId: TimerId, info: TimerGinfoNative): TimerInfo {
  const { flags, card, resolution, resolutionMin, resolutionMax, clients } = info;
  const slave = (flags & SLAVE_FLAG) !== 0;
  const [id, name] = [visibleText(info.id), visibleText(info.name)];
  return {
    timerId,
    id,
    name,
    card,
    slave,
    resolutionNs: resolution,
    resolutionMinNs: resolutionMin,
    resolutionMaxNs: resolutionMax,
    clients,
  };
}

/** Readings of a list that changes meanwhile. */
const ROUNDS = 3;

/**
 * The clients of a timer from /proc/asound/timers, which was read after GINFO. Its lines have no subdevice for global
 * timers, but are in its order: they are told apart where there are as many lines as timers, with the same resolutions.
 * Undefined where the two readings do not agree.
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
  const same =
    siblings.length === lines.length &&
    siblings.every(({ resolutionNs: resolution }, i) => resolution === (lines[i]?.resolution ?? 0n));
  const clients = same ? lines[siblings.indexOf(info)]?.clients : undefined;
  return clients?.length === info.clients ? clients : undefined;
}

function compare(a: TimerAddress, b: TimerAddress): number {
  const index = a.findIndex((number, i) => number !== b[i]);
  return index < 0 ? 0 : (a[index] as number) - (b[index] as number);
}
