/**
 * A stream from the network into a cable of snd-aloop.
 *
 * @module alsa-utimer/bridge
 */

export { Bridge, type BridgeEvents, type BridgeMessage } from './bridge.js';
export {
  BRIDGE_EVENTS,
  type BridgeEvent,
  type BridgeEventName,
  type BridgeStats,
  bridgeChannel,
  toJsonLine,
} from './events.js';
export type { BridgeInfo } from './messages.js';
export type { BridgeOptions } from './options.js';
