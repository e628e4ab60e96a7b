/** Timers, at the seam: userspace-driven ones, instances, and what the timer device tells. */
import type { NativeHandle } from './handle.js';

export interface UtimerHandle extends NativeHandle {
  /** 0..127. */
  readonly id: number;
  trigger(): void;
}

export interface TimerGinfoNative {
  /** SNDRV_TIMER_FLG_*. */
  readonly flags: number;
  readonly card: number;
  readonly id: string;
  readonly name: string;
  /** Nanoseconds, as the next two. */
  readonly resolution: bigint;
  readonly resolutionMin: bigint;
  readonly resolutionMax: bigint;
  /** Open instances: listeners and cables. */
  readonly clients: number;
}

export interface TimerGstatusNative {
  /** Nanoseconds. */
  readonly resolution: bigint;
  /** The resolution in seconds, as a fraction. */
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface TimerInstanceInfoNative {
  /** SNDRV_TIMER_FLG_*. */
  readonly flags: number;
  readonly card: number;
  readonly id: string;
  readonly name: string;
  /** Nanoseconds. */
  readonly resolution: bigint;
}

export interface TimerInstanceStatusNative {
  /** Nanoseconds: when it was last started, stopped, continued or paused. */
  readonly timestamp: bigint;
  /** Nanoseconds, cut to 32 bits. */
  readonly resolution: number;
  readonly lost: number;
  /** Records that found the queue full. */
  readonly overrun: number;
  /** Records that wait to be read. */
  readonly queue: number;
}

/**
 * Where the records of all listening instances of an environment come together. In a turn of the event loop its memory is
 * filled with their records, one instance after the other, and with two Int32 for each of these batches: the slot of the
 * instance, and how many records, or a negated errno, or 0 for a descriptor in an error that has nothing left. Then the
 * callback is called, once, with the number of batches. It lives as long as the environment.
 */
export type TimerRecordsHandle = object & { readonly [records]: never };
declare const records: unique symbol;

/**
 * An open timer device, to be bound to a timer. Its records come in a BigInt64Array, two elements each: nanoseconds (the
 * time; in plain records the resolution), and in the place of the second element two Uint32: SNDRV_TIMER_EVENT_*, value.
 */
export interface TimerInstanceHandle extends NativeHandle {
  /** SNDRV_TIMER_CLASS_*, SNDRV_TIMER_SCLASS_*. Returns the calling thread's id, in its PID namespace. */
  select(timerClass: number, slaveClass: number, card: number, device: number, subdevice: number): number;
  /** SNDRV_TIMER_PSFLG_*; bits of SNDRV_TIMER_EVENT_*. */
  set(flags: number, ticks: number, queueSize: number, filter: number): void;
  start(): void;
  stop(): void;
  continue(): void;
  pause(): void;
  info(): TimerInstanceInfoNative;
  status(): TimerInstanceStatusNative;
  /** 0 while the timer is there, or the errno of SNDRV_TIMER_IOCTL_INFO; ENODEV when poll(2) tells POLLERR. */
  probe(): number;
  /** Records read, or a negated errno. */
  read(records: BigInt64Array): number;
  /** Reads whenever there is something, from the event loop, until unlisten(): see {@link TimerRecordsHandle}. */
  listen(records: TimerRecordsHandle, slot: number): void;
  unlisten(): void;
  /** Whether listening keeps the event loop alive; it does at first. */
  setRef(referenced: boolean): void;
}
