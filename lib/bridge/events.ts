/** What a bridge tells: typed events, which are channels of node:diagnostics_channel and lines of JSON as well. */
import { channelName } from '../channels.js';
import type { AlsaError } from '../errors.js';
import type { ClockedLoopbackStats } from '../loopback/events.js';
import type { ListenerMismatch } from '../loopback/mismatch.js';
import type { SubstreamHolder } from '../pcm/holder.js';
import type { ContradictionEvent } from '../rtp/jitter-buffer/contradictions.js';
import type { DiscontinuityEvent, LossEvent, StreamStartEvent } from '../rtp/jitter-buffer/events.js';
import type { ClockEvent } from '../rtp/playout/events.js';
import type { RtpReceiverStats } from '../rtp/receiver-events.js';
import type { RefusalEvent } from '../rtp/refusals.js';

/** Counters since the bridge was opened. */
export interface BridgeStats {
  readonly receiver: RtpReceiverStats;
  readonly loopback: ClockedLoopbackStats;
  /** Frames that are kept for a listener (unheard 'wait'). */
  readonly framesWaiting: number;
  /** Frames that were kept for a listener, and dropped for newer ones or at the end. */
  readonly framesDropped: number;
  /** Frames of silence that completed a period which the stream had begun when it fell silent (idle 'stall'). */
  readonly framesCompleted: number;
  /**
   * Of the frames that the receiver filled in, those that were left out, since silence stands for them: what the cable inserted
   * (idle 'silence'), or what completed a period (idle 'stall').
   */
  readonly framesCovered: number;
  /** Events that were not told, since this process was too busy to take them. */
  readonly eventsDropped: number;
}

/** One thing that happened. */
export type BridgeEvent =
  /** A stream began, or began anew. */
  | ({ readonly type: 'stream' } & StreamStartEvent)
  /** Lost frames were filled in. */
  | ({ readonly type: 'loss' } & LossEvent)
  /** Frames were filled in that the sender has left out. */
  | ({ readonly type: 'discontinuity' } & DiscontinuityEvent)
  /** Packets are refused: once a reason. */
  | ({ readonly type: 'refusal' } & RefusalEvent)
  /** Many packets contradict what was described: once. */
  | ({ readonly type: 'contradiction' } & ContradictionEvent)
  /** The clock that the stream is played by, or the thread that plays it. */
  | ({ readonly type: 'clock' } & ClockEvent)
  /** No packet of the stream came for `silenceMs`. */
  | { readonly type: 'silence' }
  /** Somebody began to capture at the other end of the cable, or ended. */
  | {
      readonly type: 'listener';
      readonly running: boolean;
      /** Who, while it has the substream open. */
      readonly holder: SubstreamHolder | undefined;
    }
  /** Somebody tried to capture there and cannot: its access, or another parameter, is not the cable's. */
  | ({ readonly type: 'mismatch' } & ListenerMismatch)
  | ({ readonly type: 'stats' } & BridgeStats)
  /** The bridge failed, and is closing. */
  | { readonly type: 'error'; readonly error: Error }
  /** The bridge is closed; its last counters. */
  | ({ readonly type: 'close' } & BridgeStats);

export type BridgeEventName = BridgeEvent['type'];

export const BRIDGE_EVENTS: readonly BridgeEventName[] = Object.freeze([
  ...(['stream', 'loss', 'discontinuity', 'refusal', 'contradiction', 'clock', 'silence'] as const),
  ...(['listener', 'mismatch', 'stats', 'error', 'close'] as const),
]);

/** The name of a channel of node:diagnostics_channel; its messages are {@link BridgeMessage}. */
export function bridgeChannel<Name extends BridgeEventName>(name: Name): `alsa-utimer:bridge:${Name}` {
  return channelName(`bridge:${name}`);
}

/**
 * An event as one line of JSON, without its newline. An error gives its name, message, code, errno, syscall, path, hint and help.
 *
 * @example
 * console.log(toJsonLine({ type: 'loss', timestamp: 4800, frames: 48 })); // {"type":"loss","timestamp":4800,"frames":48}
 */
export function toJsonLine(event: BridgeEvent): string {
  if (event.type !== 'error') return JSON.stringify(event);
  const { name, message } = event.error;
  const { code, errno, syscall, path, hint, help } = event.error as Error & Partial<AlsaError>;
  return JSON.stringify({ type: event.type, name, message, code, errno, syscall, path, hint, help });
}
