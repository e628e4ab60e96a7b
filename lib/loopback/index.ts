/**
 * Cards and cables of snd-aloop, and audio through a cable that a userspace-driven timer clocks.
 *
 * @module alsa-utimer/loopback
 */

export type { WaitOptions } from '../arguments.js';
export type { SubstreamHolder } from '../pcm/holder.js';
export type { HolderParameters } from '../pcm/substream.js';
export { parseTimerSource, type TimerSource, userTimerIdOf } from '../timer/timer-source.js';
export type { CableSide, CableState } from './cable.js';
export { LoopbackCapture } from './capture.js';
export type { LoopbackCaptureEvents, LoopbackCaptureStats } from './capture-events.js';
export type { FramesOptions } from './capture-frames.js';
export type { CaptureOptions, LoopbackCaptureOptions } from './capture-options.js';
export { LoopbackCard } from './card.js';
export {
  LOOPBACK_CHANNELS,
  type LoopbackChannelName,
  type LoopbackMessages,
  loopbackChannel,
} from './channels.js';
export { ClockedCapture } from './clocked-capture.js';
export type { ClockedCaptureEvents, ClockedCaptureStats, OverrunEvent } from './clocked-capture-events.js';
export type { ClockedCaptureOptions, ClockedCaptureSyncOptions } from './clocked-capture-options.js';
export { ClockedLoopback } from './clocked-loopback.js';
export type { ClockedLoopbackEvents, ClockedLoopbackStats } from './events.js';
export type { ListenerEvent } from './listener.js';
export type { ListenerMismatch } from './mismatch.js';
export { isLoopbackLoaded, type LoopbackCardOptions, moduleParameters } from './module.js';
export type { ClockedLoopbackOptions, ClockedLoopbackSyncOptions } from './options.js';
export type { PlayerFramesOptions } from './player-frames.js';
export type { PlayerMismatch } from './player-mismatch.js';
export type { SendOptions } from './send-queue.js';
export type { StreamOptions } from './streams.js';
export type { WriterState } from './writer.js';
