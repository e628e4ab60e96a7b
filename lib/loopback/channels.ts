/** What happens to the ends of cables, on channels of node:diagnostics_channel. */
import { Channels, channelName } from '../channels.js';
import type { LoopbackCapture } from './capture.js';
import type { ClockedCapture } from './clocked-capture.js';
import type { ClockedLoopback } from './clocked-loopback.js';
import type { ListenerEvent } from './listener.js';
import type { ListenerMismatch } from './mismatch.js';
import type { PlayerMismatch } from './player-mismatch.js';
import type { WriterState } from './writer.js';

/**
 * The messages, by the names of their channels. Periods have none: they come by the hundred. A loopback or capture that is
 * opened while 'loopback:listener', 'loopback:mismatch', 'capture:writer', 'clocked-capture:player' or 'clocked-capture:mismatch' have
 * subscribers watches for them without handlers, too, which does not keep the process alive.
 */
export interface LoopbackMessages {
  'loopback:open': { readonly loop: ClockedLoopback };
  'loopback:close': { readonly loop: ClockedLoopback };
  /** Xruns and suspends that a write, or the thread of silence, has recovered from: as many as `stats` counts. */
  'loopback:xrun': { readonly loop: ClockedLoopback; readonly xruns: number };
  /** Somebody began to capture at the other end, or stopped. */
  'loopback:listener': { readonly loop: ClockedLoopback; readonly event: ListenerEvent };
  /** Somebody tried to, and cannot. */
  'loopback:mismatch': { readonly loop: ClockedLoopback; readonly mismatch: ListenerMismatch };
  /** Watching failed, or no more silence can be inserted. */
  'loopback:error': { readonly loop: ClockedLoopback; readonly error: unknown };
  'capture:open': { readonly capture: LoopbackCapture };
  'capture:close': { readonly capture: LoopbackCapture };
  /** An overrun (EPIPE), or a suspend of the system (ESTRPIPE): thrown then, or recovered from. */
  'capture:interruption': { readonly capture: LoopbackCapture; readonly error: unknown };
  /** Who plays has started, stopped or changed. */
  'capture:writer': { readonly capture: LoopbackCapture; readonly state: WriterState };
  /** Watching the writer failed. */
  'capture:error': { readonly capture: LoopbackCapture; readonly error: unknown };
  'clocked-capture:open': { readonly capture: ClockedCapture };
  'clocked-capture:close': { readonly capture: ClockedCapture };
  /** Overruns and suspends that a read has recovered from: as many as `stats` counts. */
  'clocked-capture:xrun': { readonly capture: ClockedCapture; readonly xruns: number };
  /** Who plays has started, stopped or changed. */
  'clocked-capture:player': { readonly capture: ClockedCapture; readonly state: WriterState };
  /** Somebody plays who cannot be captured. */
  'clocked-capture:mismatch': { readonly capture: ClockedCapture; readonly mismatch: PlayerMismatch };
  /** So many periods were lost before what is read now. */
  'clocked-capture:overrun': { readonly capture: ClockedCapture; readonly periods: number };
  /** Watching the player failed. */
  'clocked-capture:error': { readonly capture: ClockedCapture; readonly error: unknown };
}

export type LoopbackChannelName = keyof LoopbackMessages;

/** The names of all channels. */
export const LOOPBACK_CHANNELS: readonly LoopbackChannelName[] = Object.freeze([
  'loopback:open',
  'loopback:close',
  'loopback:xrun',
  'loopback:listener',
  'loopback:mismatch',
  'loopback:error',
  'capture:open',
  'capture:close',
  'capture:interruption',
  'capture:writer',
  'capture:error',
  'clocked-capture:open',
  'clocked-capture:close',
  'clocked-capture:xrun',
  'clocked-capture:player',
  'clocked-capture:mismatch',
  'clocked-capture:overrun',
  'clocked-capture:error',
] as const);

/**
 * The name of a channel of node:diagnostics_channel; its messages are {@link LoopbackMessages}.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * import { ClockedLoopback, loopbackChannel, type LoopbackMessages } from 'alsa-utimer/loopback';
 *
 * subscribe(loopbackChannel('loopback:open'), (message) => {
 *   const loop = (message as LoopbackMessages['loopback:open']).loop;
 *   console.log(loop.listenerName); // hw:0,1,0
 * });
 * (await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 })).close();
 */
export function loopbackChannel<Name extends LoopbackChannelName>(name: Name): `alsa-utimer:${Name}` {
  return channelName(name);
}

export const loopbackChannels = new Channels<LoopbackMessages>(LOOPBACK_CHANNELS);
