/** What a bridge and its thread say to each other. */
import type { PcmAccess } from '../pcm/access.js';
import type { PcmFormat } from '../pcm/format.js';
import type { TransferredError } from './error-transfer.js';
import type { BridgeEvent, BridgeStats } from './events.js';

/** What a bridge is set to, defaults filled in. */
export interface BridgeInfo {
  /** Where packets are listened for. */
  readonly address: string;
  readonly port: number;
  /** Bytes that the kernel gave the socket for packets that wait, and that were asked for. */
  readonly receiveBufferBytes: { readonly given: number; readonly asked: number };
  /** The number of the loopback card. */
  readonly card: number;
  /** The device that is played on. */
  readonly device: number;
  /** Of the cable: the one that was free, for instance. */
  readonly substream: number;
  /** What a listener opens, in ALSA's notation, for instance 'hw:0,1,0', and how. */
  readonly listenerName: string;
  readonly format: PcmFormat;
  readonly rate: number;
  readonly channels: number;
  readonly periodFrames: number;
  readonly access: PcmAccess;
  /** What frames are played by: 'packets', or a clock, and how long after their media time. */
  readonly clock: string;
  readonly linkOffsetMs: number | undefined;
  /** The id of the cable's timer. */
  readonly timerId: number;
}

/** Events as they cross: an error is the last, and goes with 'closed'. */
export type ThreadEvent = Exclude<BridgeEvent, { type: 'error' | 'close' }>;

export type FromThread =
  | { readonly kind: 'open'; readonly info: BridgeInfo; readonly stats: BridgeStats }
  /** Opening failed, and nothing is open. */
  | { readonly kind: 'failed'; readonly error: TransferredError }
  /** To be answered by 'acknowledge': no more come before that. */
  | { readonly kind: 'events'; readonly events: readonly ThreadEvent[] }
  | { readonly kind: 'sample'; readonly stats: BridgeStats }
  | { readonly kind: 'closed'; readonly stats: BridgeStats; readonly error: TransferredError | undefined };

export type ToThread = { readonly kind: 'acknowledge' | 'sample' | 'close' };
