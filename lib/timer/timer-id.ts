/** A timer's name in the kernel: struct snd_timer_id, the five numbers that /dev/snd/timer selects by. */

/** SNDRV_TIMER_CLASS_*. */
export type TimerClass = 'none' | 'slave' | 'global' | 'card' | 'pcm';

/** SNDRV_TIMER_SCLASS_*: who uses a timer; only slave timers are told apart by it. */
export type TimerSlaveClass = 'none' | 'application' | 'sequencer' | 'oss-sequencer';

export interface TimerId {
  readonly class: TimerClass;
  readonly slaveClass: TimerSlaveClass;
  /** The number of the card, or -1. */
  readonly card: number;
  /** For class 'global': 0 system, 2 HPET, 3 hrtimer, 4 userspace-driven. */
  readonly device: number;
  readonly subdevice: number;
}

/** SNDRV_TIMER_GLOBAL_UDRIVEN. */
export const USER_DRIVEN_DEVICE = 4;

/** The kernel keeps at most this many userspace-driven timers: ids 0..127 (SNDRV_UTIMERS_MAX_COUNT). */
export const USER_TIMER_COUNT = 128;

/** The timer id of the userspace-driven timer `id`. */
export function userTimerId(id: number): TimerId {
  return { class: 'global', slaveClass: 'none', card: -1, device: USER_DRIVEN_DEVICE, subdevice: id };
}

/**
 * How snd-aloop's `timer_source` names the userspace-driven timer `id`: `-1.4.<id>`. The kernel reads a leading zero
 * as octal, so ids are written in plain decimal.
 */
export function userTimerSource(id: number): string {
  return `-1.${USER_DRIVEN_DEVICE}.${id}`;
}
