/**
 * Cards and cables of snd-aloop, and audio through a cable that a userspace-driven timer clocks.
 *
 * @module alsa-utimer/loopback
 */

export type { HolderParameters, SubstreamHolder } from '../pcm/holder.js';
export { parseTimerSource, type TimerSource, userTimerIdOf } from '../timer/timer-source.js';
export type { CableSide, CableState } from './cable.js';
export {
  type CaptureOptions,
  type FramesOptions,
  LoopbackCapture,
  type LoopbackCaptureEvents,
  type LoopbackCaptureOptions,
  type LoopbackCaptureStats,
} from './capture.js';
export { LoopbackCard } from './card.js';
export {
  ClockedLoopback,
  type ClockedLoopbackEvents,
  type ClockedLoopbackOptions,
  type ClockedLoopbackStats,
} from './clocked-loopback.js';
export type { ListenerEvent } from './listener.js';
export type { ListenerMismatch } from './mismatch.js';
export { isLoopbackLoaded, type LoopbackCardOptions, moduleParameters } from './module.js';
export type { SendOptions } from './send-queue.js';
export type { StreamOptions } from './streams.js';
export type { WriterState } from './writer.js';
