/** What a bridge is told, and what of it goes to its thread: plain values, since nothing else crosses. */
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  pickOptions,
  valueError,
} from '../arguments.js';
import { LoopbackCard } from '../loopback/card.js';
import { checkSubstream } from '../loopback/clock-options.js';
import { type ClockedLoopbackOptions, checkGrace } from '../loopback/options.js';
import { frameBytes } from '../pcm/format.js';
import { checkParameters } from '../pcm/parameters.js';
import { defaultPcmFormat, MAX_RATE, type RtpPcmFormat } from '../rtp/format.js';
import { checkJitterBufferOptions, JITTER_BUFFER_PARAMETERS } from '../rtp/jitter-buffer/options.js';
import { widestEncoding } from '../rtp/payload-types.js';
import { checkReceiverOptions, RECEIVER_OPTIONS, type RtpReceiverOptions } from '../rtp/receiver-options.js';
import { STREAM_PARAMETERS } from '../rtp/sdp/parse.js';

/**
 * A stream, a cable, and what to do when either is away. The parameters that `parseSdp` gives fit in here; so do the
 * options of RtpReceiver and, where they do not concern the format, of ClockedLoopback.
 */
export interface BridgeOptions
  extends Omit<RtpReceiverOptions, 'sink' | 'signal' | 'format'>,
    Pick<ClockedLoopbackOptions, 'card' | 'device' | 'substream' | 'timerId' | 'access'> {
  /**
   * Format of the frames in the cable, which holds `encoding` whole. Default: the one that holds all of `alternatives`, too:
   * S24_3LE where any of them is L24, else S16_LE.
   */
  readonly format?: RtpPcmFormat;
  /**
   * Frames a packet, where they are known; packets of all lengths are understood. Only the defaults of `periodFrames` and
   * `linkOffsetMs` follow from it. 1..768000.
   */
  readonly packetFrames?: number;
  /**
   * Frames a period of the cable, which a listener must use as well: 64 bytes..1 MiB of them. Default: 10 ms, or what is
   * nearest to it of the multiples of `packetFrames`, so that a period is complete with a packet.
   */
  readonly periodFrames?: number;
  /** Periods that the cable's own buffer holds, 2..1024, up to 2 MiB. Default 4. One is in use; the listener has its own. */
  readonly periods?: number;
  /**
   * What the listener gets while no packets come. 'silence' (default): silence at the cable's own pace, so that it stays
   * alive. 'stall': nothing, and every frame it gets is one of the stream, but for silence that completes a begun period: at the
   * end, and when no packet came for `silenceMs`.
   */
  readonly idle?: 'silence' | 'stall';
  /**
   * With idle 'silence' and clock 'packets': ms after a period was due until the first silent one, 0..3600000. Default: two periods.
   */
  readonly graceMs?: number;
  /**
   * With clock 'packets', while nobody listens: 'drop' (default) frames, so that a listener always hears what comes now; or 'wait' with up to
   * `maxWaitingFrames` of them for it, and give them as fast as it reads.
   */
  readonly unheard?: 'drop' | 'wait';
  /**
   * With unheard 'wait': frames that are kept, in memory of that size; older ones are dropped and counted. At least a period,
   * at most 2^24 and 1 GiB. Default: one second.
   */
  readonly maxWaitingFrames?: number;
  /** How often to tell 'stats', ms, 10..2^31-1; 0: never. Default 1000. */
  readonly statsMs?: number;
  /** Closes the bridge, as `close` does. */
  readonly signal?: AbortSignal;
}

/** What the thread of a bridge is started with. */
export interface BridgeConfiguration {
  readonly receiver: Omit<RtpReceiverOptions, 'sink' | 'signal'>;
  readonly loopback: ClockedLoopbackOptions;
  readonly unheard: 'drop' | 'wait';
  readonly maxWaitingFrames: number;
  readonly statsMs: number;
}

const { sink: _sink, signal: _signal, format: _format, ...OF_RECEIVER } = RECEIVER_OPTIONS;
const OF_LOOPBACK = {
  device: true,
  substream: true,
  timerId: true,
  access: true,
  periods: true,
  graceMs: true,
} as const;

const BRIDGE_OPTIONS: OptionNames<BridgeOptions> = {
  ...OF_RECEIVER,
  ...OF_LOOPBACK,
  card: true,
  format: true,
  packetFrames: true,
  periodFrames: true,
  idle: true,
  unheard: true,
  maxWaitingFrames: true,
  statsMs: true,
  signal: true,
};

const MAX_HOLD_BYTES = 2 ** 30;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function checkBridgeOptions(options: BridgeOptions): BridgeConfiguration {
  const { card, rate, channels } = checkOptions('options', options, BRIDGE_OPTIONS, STREAM_PARAMETERS);
  const stream = pickOptions({ ...options, sink: { write: () => {} } }, JITTER_BUFFER_PARAMETERS);
  checkJitterBufferOptions(stream);
  const format = options.format ?? defaultPcmFormat(widestEncoding(options));
  const packetFrames = checkInteger('packetFrames', options.packetFrames ?? 1, 1, MAX_RATE);
  const periodFrames = options.periodFrames ?? defaultPeriodFrames(rate, packetFrames);
  checkInteger('device', options.device ?? 0, 0, 1);
  checkSubstream('substream', options.substream ?? 0);
  checkInteger('timerId', options.timerId ?? 0, 0, 127);
  const idle = checkOneOf('idle', options.idle ?? 'silence', ['silence', 'stall']);
  checkGrace('graceMs', options.graceMs, idle);
  const loopback: ClockedLoopbackOptions = {
    ...pickOptions(options, OF_LOOPBACK),
    format,
    rate,
    channels,
    periodFrames,
    ...(card === undefined ? {} : { card: card instanceof LoopbackCard ? card.number : card }),
    idle,
  };
  checkParameters(loopback);
  if (checkReceiverOptions(options).playout) refuseUnused(options);
  const unheard = checkOneOf('unheard', options.unheard ?? 'drop', ['drop', 'wait']);
  const maxWaitingFrames = checkInteger(
    'maxWaitingFrames',
    options.maxWaitingFrames ?? Math.max(rate, periodFrames),
    periodFrames,
    Math.min(2 ** 24, Math.floor(MAX_HOLD_BYTES / frameBytes(format, channels))),
  );
  const statsMs =
    options.statsMs === 0 ? 0 : checkInteger('statsMs', options.statsMs ?? 1000, 10, 2 ** 31 - 1);
  const receiver = { ...pickOptions(options, OF_RECEIVER), format };
  return { receiver, loopback, unheard, maxWaitingFrames, statsMs };
}

/** What says nothing where a clock says when frames are heard. */
function refuseUnused({ graceMs, unheard, maxWaitingFrames }: BridgeOptions): void {
  if (graceMs !== undefined)
    throw valueError('graceMs', 'left out with a clock, which says when there is silence', graceMs);
  if (unheard === 'wait')
    throw valueError('unheard', "'drop' with a clock, by which frames are heard in their time", unheard);
  if (maxWaitingFrames !== undefined)
    throw valueError(
      'maxWaitingFrames',
      'left out with a clock: no frames wait for a listener',
      maxWaitingFrames,
    );
}

function defaultPeriodFrames(rate: number, packetFrames: number): number {
  const frames = Math.max(1, Math.round(rate / 100));
  return packetFrames > frames ? frames : Math.round(frames / packetFrames) * packetFrames;
}
