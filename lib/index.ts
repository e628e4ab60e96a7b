/**
 * Timers and PCMs of the kernel.
 *
 * @module alsa-utimer
 */

export { AlsaError, type AlsaErrorOptions } from './errors.js';
export { PCM_ACCESSES, type PcmAccess } from './pcm/access.js';
export { frameBytes, PCM_FORMATS, type PcmFormat } from './pcm/format.js';
export type { PcmParameters } from './pcm/parameters.js';
export { Pcm, type PcmDirection, type PcmOptions, type PcmState } from './pcm/pcm.js';
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
export {
  TimerInstance,
  type TimerInstanceInfo,
  type TimerInstanceOptions,
  type TimerInstanceParameters,
  type TimerInstanceStatus,
} from './timer/timer-instance.js';
export { UserTimer, type UserTimerOptions } from './timer/user-timer.js';
