/** A timer's name in the kernel: struct snd_timer_id, the five numbers that /dev/snd/timer selects by. */
import { checkCardNumber, checkInteger, checkObject, checkOneOf } from '../arguments.js';

/** SNDRV_TIMER_CLASS_*, from -1 on. */
const CLASSES = ['none', 'slave', 'global', 'card', 'pcm'] as const;
/** SNDRV_TIMER_SCLASS_*, from 0 on. */
const SLAVE_CLASSES = ['none', 'application', 'sequencer', 'oss-sequencer'] as const;
/** SNDRV_TIMER_GLOBAL_*, from 0 on. */
const GLOBAL_DEVICES = ['system', 'rtc', 'hpet', 'hrtimer', 'userspace-driven'] as const;

/**
 * SNDRV_TIMER_CLASS_*.
 *
 * @useDeclaredType
 */
export type TimerClass = (typeof CLASSES)[number];

/**
 * SNDRV_TIMER_SCLASS_*: who uses a timer; only slave timers are told apart by it.
 *
 * @useDeclaredType
 */
export type TimerSlaveClass = (typeof SLAVE_CLASSES)[number];

/**
 * SNDRV_TIMER_GLOBAL_*: the devices of class 'global', in the order of their numbers.
 *
 * @useDeclaredType
 */
export type GlobalTimerDevice = (typeof GLOBAL_DEVICES)[number];

export interface TimerId {
  readonly class: TimerClass;
  readonly slaveClass: TimerSlaveClass;
  /** The number of the card, or -1. */
  readonly card: number;
  /**
   * For class 'global': 0 system, 2 HPET, 3 hrtimer, 4 userspace-driven. For class 'slave': the thread of the master, by its
   * number in the initial PID namespace, as in /proc/asound/timers.
   */
  readonly device: number;
  readonly subdevice: number;
}

/** Anything that has a timer id: a UserTimer, a TimerInstance, an entry of listTimers(). */
export interface HasTimerId {
  readonly timerId: TimerId;
}

/** SNDRV_TIMER_GLOBAL_HRTIMER. */
const HRTIMER_DEVICE = 3;

/** SNDRV_TIMER_GLOBAL_UDRIVEN. */
export const USER_DRIVEN_DEVICE = 4;

/** The kernel keeps at most this many userspace-driven timers: ids 0..127 (SNDRV_UTIMERS_MAX_COUNT). */
export const USER_TIMER_COUNT = 128;

const MIN_INT32 = -(2 ** 31);
const MAX_INT32 = 2 ** 31 - 1;

/**
 * The timer id of the userspace-driven timer `id`, 0..127.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 * @example
 * userTimerId(5); // { class: 'global', slaveClass: 'none', card: -1, device: 4, subdevice: 5 }
 */
export function userTimerId(id: number): TimerId {
  return {
    class: 'global',
    slaveClass: 'none',
    card: -1,
    device: USER_DRIVEN_DEVICE,
    subdevice: checkUserTimer(id),
  };
}

function checkUserTimer(id: number): number {
  return checkInteger('id', id, 0, USER_TIMER_COUNT - 1);
}

/**
 * The timer id of a global timer.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @example
 * globalTimerId('hrtimer'); // { class: 'global', slaveClass: 'none', card: -1, device: 3, subdevice: 0 }
 */
export function globalTimerId(device: GlobalTimerDevice, subdevice = 0): TimerId {
  const number = GLOBAL_DEVICES.indexOf(checkOneOf('device', device, GLOBAL_DEVICES));
  return {
    class: 'global',
    slaveClass: 'none',
    card: -1,
    device: number,
    subdevice: checkInteger('subdevice', subdevice, 0, MAX_INT32),
  };
}

/**
 * The timer id of a PCM substream's own timer, which ticks once for each period that the stream moves, and tells when it
 * starts and stops (sound/core/pcm_timer.c: snd_pcm_timer_init). Listening to it disturbs nobody.
 *
 * @param card the first number of `hw:card,device,substream`
 * @param device the second
 * @param substream the third
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @example
 * pcmTimerId(0, 1, 0, 'capture'); // { class: 'pcm', slaveClass: 'none', card: 0, device: 1, subdevice: 1 }
 */
export function pcmTimerId(
  card: number,
  device: number,
  substream: number,
  direction: 'playback' | 'capture',
): TimerId {
  const capture = checkOneOf('direction', direction, ['playback', 'capture']) === 'capture' ? 1 : 0;
  return {
    class: 'pcm',
    slaveClass: 'none',
    card: checkCardNumber('card', card),
    device: checkInteger('device', device, 0, MAX_INT32),
    subdevice: checkInteger('substream', substream, 0, 2 ** 30 - 1) * 2 + capture,
  };
}

/**
 * How snd-aloop's `timer_source` names the userspace-driven timer `id`, 0..127: `-1.4.<id>`. The kernel reads a leading
 * zero as octal, so ids are written in plain decimal.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 * @example
 * userTimerSource(5); // '-1.4.5'
 */
export function userTimerSource(id: number): string {
  return `-1.${USER_DRIVEN_DEVICE}.${checkUserTimer(id)}`;
}

/**
 * Whether the id is of a userspace-driven timer, which only its owner makes tick.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @example
 * isUserDriven(globalTimerId('hrtimer')); // false
 */
export function isUserDriven(timer: TimerId | HasTimerId): boolean {
  const id = checkTimerId('timer', timer);
  return id.class === 'global' && id.device === USER_DRIVEN_DEVICE;
}

/**
 * A timer id for people: 'userspace-driven timer 3', 'system timer', 'hrtimer', 'timer of hw:0,1,0 capture', 'timer 1.0 of
 * card 0', 'slave of application 1234' (a thread).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @example
 * describeTimerId(pcmTimerId(0, 1, 0, 'capture')); // 'timer of hw:0,1,0 capture'
 */
export function describeTimerId(timer: TimerId | HasTimerId): string {
  const id = checkTimerId('timer', timer);
  const { card, device, subdevice } = id;
  switch (id.class) {
    case 'global':
      if (isUserDriven(id)) return `userspace-driven timer ${subdevice}`;
      if (device === HRTIMER_DEVICE) return 'hrtimer';
      return GLOBAL_DEVICES[device] ? `${GLOBAL_DEVICES[device]} timer` : `global timer ${device}`;
    case 'pcm':
      return `timer of hw:${card},${device},${subdevice >> 1} ${subdevice & 1 ? 'capture' : 'playback'}`;
    case 'card':
      return `timer ${device}.${subdevice} of card ${card}`;
    case 'slave':
      return `slave of ${id.slaveClass} ${device}`;
    case 'none':
      return 'no timer';
  }
}

/** @internal A timer id, from itself or from something that has one. */
export function checkTimerId(name: string, value: TimerId | HasTimerId): TimerId {
  const given: object = checkObject(name, value);
  const id = ('timerId' in given ? given.timerId : given) as TimerId;
  checkObject(name, id);
  return {
    class: checkOneOf(`${name}.class`, id.class, CLASSES),
    slaveClass: checkOneOf(`${name}.slaveClass`, id.slaveClass, SLAVE_CLASSES),
    card: checkInteger(`${name}.card`, id.card, MIN_INT32, MAX_INT32),
    device: checkInteger(`${name}.device`, id.device, MIN_INT32, MAX_INT32),
    subdevice: checkInteger(`${name}.subdevice`, id.subdevice, MIN_INT32, MAX_INT32),
  };
}

/** The numbers of a timer's address, as the seam takes them. */
export type TimerAddress = readonly [timerClass: number, card: number, device: number, subdevice: number];

/** @internal */
export function addressOf(id: TimerId): TimerAddress {
  return [CLASSES.indexOf(id.class) - 1, id.card, id.device, id.subdevice];
}

/** @internal */
export function slaveClassNumber(id: TimerId): number {
  return SLAVE_CLASSES.indexOf(id.slaveClass);
}

/** @internal The timer id behind an address. */
export function timerIdOf([timerClass, card, device, subdevice]: TimerAddress): TimerId {
  return { class: CLASSES[timerClass + 1] ?? 'none', slaveClass: 'none', card, device, subdevice };
}
