/** What happens to pacers, on channels of node:diagnostics_channel. */
import { Channels, channelName } from '../channels.js';
import type { LateEvent, StateEvent, StepEvent } from './events.js';
import type { Pacer } from './pacer.js';
import type { Pacing } from './pacing.js';

/** The messages, by the names of their channels. Ticks have none: they come by the thousand. */
export interface ClockMessages {
  'pacer:open': { readonly pacer: Pacer };
  'pacer:close': { readonly pacer: Pacer };
  'pacing:start': { readonly pacing: Pacing };
  'pacing:close': { readonly pacing: Pacing };
  'pacing:late': { readonly pacing: Pacing; readonly event: LateEvent };
  'pacing:state': { readonly pacing: Pacing; readonly event: StateEvent };
  'pacing:step': { readonly pacing: Pacing; readonly event: StepEvent };
  /** The source that it follows has ended, which has closed it. */
  'pacing:end': { readonly pacing: Pacing };
  /** What has ended it. */
  'pacing:error': { readonly pacing: Pacing; readonly error: unknown };
}

export type ClockChannelName = keyof ClockMessages;

/** The names of all channels. */
export const CLOCK_CHANNELS: readonly ClockChannelName[] = Object.freeze([
  'pacer:open',
  'pacer:close',
  'pacing:start',
  'pacing:close',
  'pacing:late',
  'pacing:state',
  'pacing:step',
  'pacing:end',
  'pacing:error',
] as const);

/**
 * The name of a channel of node:diagnostics_channel; its messages are {@link ClockMessages}.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * import { type ClockMessages, clockChannel, Pacer } from 'alsa-utimer/clock';
 *
 * subscribe(clockChannel('pacer:open'), (message) => {
 *   const pacer = (message as ClockMessages['pacer:open']).pacer;
 *   console.log(pacer.scheduling.policy); // other
 * });
 * Pacer.open().close();
 */
export function clockChannel<Name extends ClockChannelName>(name: Name): `alsa-utimer:${Name}` {
  return channelName(name);
}

export const clockChannels = new Channels<ClockMessages>(CLOCK_CHANNELS);
