/** What happens to timers, on channels of node:diagnostics_channel. */
import { Channels, channelName } from '../channels.js';
import type { EndEvent, OverrunEvent } from './events.js';
import type { TimerInstance } from './timer-instance.js';
import type { UserTimer } from './user-timer.js';

/** The messages, by the names of their channels. Ticks and triggers have none: they come by the thousand. */
export interface TimerMessages {
  'timer:create': { readonly timer: UserTimer };
  'timer:close': { readonly timer: UserTimer };
  'timer-instance:open': { readonly instance: TimerInstance };
  'timer-instance:start': { readonly instance: TimerInstance };
  'timer-instance:stop': { readonly instance: TimerInstance };
  'timer-instance:close': { readonly instance: TimerInstance };
  /** Records that found the kernel's queue full. */
  'timer-instance:overrun': { readonly instance: TimerInstance; readonly event: OverrunEvent };
  /** The timer was seen to be gone. */
  'timer-instance:end': { readonly instance: TimerInstance; readonly event: EndEvent };
  /** Waiting for events failed, or reading them. */
  'timer-instance:error': { readonly instance: TimerInstance; readonly error: unknown };
}

export type TimerChannelName = keyof TimerMessages;

/** The names of all channels. */
export const TIMER_CHANNELS: readonly TimerChannelName[] = Object.freeze([
  'timer:create',
  'timer:close',
  'timer-instance:open',
  'timer-instance:start',
  'timer-instance:stop',
  'timer-instance:close',
  'timer-instance:overrun',
  'timer-instance:end',
  'timer-instance:error',
] as const);

/**
 * The name of a channel of node:diagnostics_channel; its messages are {@link TimerMessages}.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * import { type TimerMessages, timerChannel, UserTimer } from 'alsa-utimer';
 *
 * subscribe(timerChannel('timer:create'), (message) => {
 *   const timer = (message as TimerMessages['timer:create']).timer;
 *   console.log(timer.timerSource); // -1.4.0
 * });
 * UserTimer.create({ resolutionNs: 10_000_000n }).close();
 */
export function timerChannel<Name extends TimerChannelName>(name: Name): `alsa-utimer:${Name}` {
  return channelName(name);
}

export const timerChannels = new Channels<TimerMessages>(TIMER_CHANNELS);
