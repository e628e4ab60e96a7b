/** What the kernel tells of an instance and of its timer: SNDRV_TIMER_IOCTL_INFO and STATUS. */
import type { TimerInstanceInfoNative, TimerInstanceStatusNative } from '../native/binding.js';
import { visibleText } from '../visible-text.js';
import { SLAVE_FLAG } from './instance-parameters.js';

/**
 * The timer of an instance.
 *
 * @example
 * console.log(instance.info().resolutionNs); // 10000000n
 */
export interface TimerInstanceInfo {
  /** The kernel's id, for instance 'snd-utimer0'. */
  readonly id: string;
  readonly name: string;
  /** The number of the card, or -1. */
  readonly card: number;
  /** Whether the timer ticks only while something else runs. */
  readonly slave: boolean;
  /** Nanoseconds of a tick. */
  readonly resolutionNs: bigint;
}

/**
 * An instance.
 *
 * @example
 * instance.start();
 * timer.trigger();
 * console.log(instance.status().queue); // 1
 */
export interface TimerInstanceStatus {
  /** Nanoseconds on `clock()`: when the instance was last started, stopped, continued or paused; 0n before. */
  readonly timestampNs: bigint;
  /** Nanoseconds of a tick, cut to 32 bits; 0n when the timer is gone. */
  readonly resolutionNs: bigint;
  /** 0: the kernel counts nothing here. */
  readonly lost: number;
  /** Records that found the queue full, since the instance was opened. */
  readonly overrun: number;
  /** Records that wait to be read. */
  readonly queue: number;
}

export function infoOf({ id, name, card, flags, resolution }: TimerInstanceInfoNative): TimerInstanceInfo {
  const slave = (flags & SLAVE_FLAG) !== 0;
  return { id: visibleText(id), name: visibleText(name), card, slave, resolutionNs: resolution };
}

export function statusOf({ timestamp, resolution, ...rest }: TimerInstanceStatusNative): TimerInstanceStatus {
  return { timestampNs: timestamp, resolutionNs: BigInt(resolution), ...rest };
}
