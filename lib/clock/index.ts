/**
 * Timers and cables in real time: a thread that ticks them by a clock, and the clocks of the kernel.
 *
 * @module alsa-utimer/clock
 */

export { CLOCK_CHANNELS, type ClockChannelName, type ClockMessages, clockChannel } from './channels.js';
export { Clock, type ClockReading } from './clock.js';
export type {
  ClockState,
  LateEvent,
  Lateness,
  LatenessBucket,
  PacingEvents,
  PacingStats,
  StateEvent,
  StepEvent,
  TickEvent,
} from './events.js';
export { Follower } from './follower.js';
export { type ListedClock, listClocks } from './list.js';
export type {
  CableFollowerOptions,
  CableFollowingOptions,
  CablePacingOptions,
  FollowerOptions,
  FollowingOptions,
  PacerOptions,
  PacingOptions,
} from './options.js';
export { Pacer } from './pacer.js';
export { Pacing } from './pacing.js';
export type { PacerScheduling } from './scheduling.js';
export type { PacedCable, PacedTarget } from './target.js';
export type { TickSource } from './tick-source.js';
