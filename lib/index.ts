export { AlsaError, type AlsaErrorOptions } from './errors.js';
export { frameBytes, PCM_FORMATS, type PcmFormat } from './pcm/format.js';
export type { PcmParameters } from './pcm/parameters.js';
export { Pcm, type PcmDirection, type PcmOptions, type PcmState } from './pcm/pcm.js';
export { periodResolution } from './timer/resolution.js';
export {
  type TimerClass,
  type TimerId,
  type TimerSlaveClass,
  userTimerId,
  userTimerSource,
} from './timer/timer-id.js';
export { UserTimer, type UserTimerOptions } from './timer/user-timer.js';
