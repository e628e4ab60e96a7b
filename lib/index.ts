/**
 * Timers and PCMs of the kernel.
 *
 * @module alsa-utimer
 */

export type { WaitOptions } from './arguments.js';
export { AlsaError, type AlsaErrorOptions } from './errors.js';
export { monotonicNs } from './monotonic.js';
export { PCM_ACCESSES, type PcmAccess } from './pcm/access.js';
export { frameBytes, PCM_FORMATS, type PcmFormat } from './pcm/format.js';
export type { PcmDirection, PcmOptions } from './pcm/options.js';
export type { PcmParameters } from './pcm/parameters.js';
export { Pcm } from './pcm/pcm.js';
export type { PcmState } from './pcm/state.js';
export { TIMER_CHANNELS, type TimerChannelName, type TimerMessages, timerChannel } from './timer/channels.js';
export type {
  EndEvent,
  OverrunEvent,
  ResolutionEvent,
  StateEvent,
  TickEvent,
  TimerEvent,
  TimerEventName,
  UnknownEvent,
} from './timer/events.js';
export {
  describeTimerId,
  type GlobalTimerDevice,
  globalTimerId,
  type HasTimerId,
  isUserDriven,
  pcmTimerId,
  type TimerClass,
  type TimerId,
  type TimerSlaveClass,
  userTimerId,
  userTimerSource,
} from './timer/id.js';
export type { TimerEventsOptions, TimerInstanceEvents } from './timer/instance-events.js';
export type { TimerInstanceOptions, TimerInstanceParameters } from './timer/instance-parameters.js';
export type { TimerInstanceInfo, TimerInstanceStatus } from './timer/instance-status.js';
export {
  type ListedTimer,
  listTimers,
  setTimerParams,
  type TimerInfo,
  type TimerParams,
  type TimerStatus,
  timerInfo,
  timerStatus,
} from './timer/list.js';
export type { TimerClient } from './timer/proc-timers.js';
export { periodResolution } from './timer/resolution.js';
export { formatTimerId, parseTimerId } from './timer/text.js';
export { TimerInstance } from './timer/timer-instance.js';
export { UserTimer, type UserTimerOptions } from './timer/user-timer.js';
