/** What a jitter buffer is given. Options are checked once, here; the other files take what was checked. */
import {
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  type OptionNames,
  typeError,
} from '../../arguments.js';
import {
  AUDIO_FORMAT,
  checkAudioFormat,
  defaultPcmFormat,
  type RtpAudioFormat,
  type RtpPcmFormat,
} from '../format.js';
import { type PayloadEncoding, PayloadTypes } from '../payload-types.js';
import type { RefusalEvent } from '../refusals.js';
import type { ContradictionEvent } from './contradictions.js';
import type { DiscontinuityEvent, LossEvent, StreamStartEvent } from './events.js';

/** Where frames go. Both functions must be done with the bytes when they return: they are used again. */
export interface FrameSink {
  write(bytes: Uint8Array): unknown;
  /** Takes what stands where frames were lost or left out. Default: `write`. */
  writeFill?(bytes: Uint8Array): unknown;
}

/** What stands where frames were lost: silence, or the last packet over again for up to 20 ms, then silence. */
export type LossFill = 'silence' | 'repeat';

export interface JitterBufferOptions extends RtpAudioFormat {
  readonly sink: FrameSink;
  /**
   * Format of the frames that the sink gets, which holds `encoding` whole. Default: S16_LE where that is L16, S24_3LE where it
   * is L24.
   */
  readonly format?: RtpPcmFormat;
  /** 0..127. Packets of other types are counted, told once and ignored, but for `alternatives`. */
  readonly payloadType: number;
  /**
   * Other payload types that packets may have, each with its encoding, from packet to packet (RFC 8866, section 5.14): what
   * `parseSdp` gives. All are converted to `format`; where that has fewer bits than one of them, the least significant bits
   * of its samples are dropped.
   */
  readonly alternatives?: readonly PayloadEncoding[];
  /** Take packets of this source only, 0..2^32-1. Default: the first that comes, and then one that outlives it. */
  readonly ssrc?: number;
  /** Packets that may wait for an earlier one, 0..1024. Default 8. */
  readonly reorderPackets?: number;
  /** Milliseconds that a packet may wait for an earlier one, 0..10000, also fractions. Default 20. See `expire`. */
  readonly reorderMs?: number;
  /**
   * The longest gap that is filled, and the longest lateness that is believed, in frames, 1..2^28. Default: one second.
   * Beyond, the stream begins anew.
   */
  readonly maxGapFrames?: number;
  /**
   * Packets that have to agree before another source, a jump of the timestamp or a gap longer than the reorder window is
   * believed, 1..64. Default 3. None of them is lost. One stray packet thus changes nothing. Another source must outlive the
   * current one besides.
   */
  readonly confirmPackets?: number;
  /**
   * Milliseconds that the current source must be quiet, while another one sends, before the other one is followed, 0..10000;
   * four packets of the current source where those are longer. Default 200. The packets of the other one are kept until then.
   * Of several sources the one that came first is followed, but for those that have fallen quiet while another goes on.
   *
   * Another transport address with the same source identifier is another source too (RFC 3550, section 8.2), unless its packets
   * are those of the stream: sequence number and timestamp as far on as the current one's, as on the two ways of ST 2022-7.
   */
  readonly takeoverMs?: number;
  /** Default 'silence'. */
  readonly fill?: LossFill;
  /** Called when a stream begins, before its first frame is written. Must not throw. */
  readonly onStream?: (event: StreamStartEvent) => void;
  /** Called when lost frames were filled. Must not throw. */
  readonly onLoss?: (event: LossEvent) => void;
  /** Called when frames were filled that the sender left out. Must not throw. */
  readonly onDiscontinuity?: (event: DiscontinuityEvent) => void;
  /** Called once for each reason that packets are refused for. Must not throw. */
  readonly onRefusal?: (event: RefusalEvent) => void;
  /** Called once when many packets contradict what was described. Must not throw. */
  readonly onContradiction?: (event: ContradictionEvent) => void;
}

/** The options without the functions that take events. */
export const JITTER_BUFFER_PARAMETERS = {
  ...AUDIO_FORMAT,
  sink: true,
  format: true,
  payloadType: true,
  alternatives: true,
  ssrc: true,
  reorderPackets: true,
  reorderMs: true,
  maxGapFrames: true,
  confirmPackets: true,
  takeoverMs: true,
  fill: true,
} as const;

export const JITTER_BUFFER_OPTIONS: OptionNames<JitterBufferOptions> = {
  ...JITTER_BUFFER_PARAMETERS,
  onStream: true,
  onLoss: true,
  onDiscontinuity: true,
  onRefusal: true,
  onContradiction: true,
};

type Given =
  | 'channels'
  | 'rate'
  | 'sink'
  | 'reorderPackets'
  | 'maxGapFrames'
  | 'confirmPackets'
  | 'takeoverMs'
  | 'fill';
type MayBeMissing = 'ssrc' | 'onStream' | 'onLoss' | 'onDiscontinuity' | 'onRefusal' | 'onContradiction';

/** Options in their ranges, with defaults, and in the unit that a jitter buffer counts in. */
export type CheckedJitterBufferOptions = {
  readonly [Name in Given]-?: NonNullable<JitterBufferOptions[Name]>;
} & {
  readonly [Name in MayBeMissing]-?: JitterBufferOptions[Name] | undefined;
} & {
  readonly types: PayloadTypes;
  readonly reorderNs: bigint;
};

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function checkJitterBufferOptions(options: JitterBufferOptions): CheckedJitterBufferOptions {
  const { encoding, rate, channels } = checkAudioFormat(
    'options',
    checkOptions('options', options, JITTER_BUFFER_OPTIONS),
  );
  if (typeof options.sink?.write !== 'function') {
    throw typeError('sink', 'an object with a write function', options.sink);
  }
  checkFunction('sink.writeFill', options.sink.writeFill);
  const { ssrc, reorderPackets = 8, reorderMs = 20, maxGapFrames = rate } = options;
  const { confirmPackets = 3, takeoverMs = 200, fill = 'silence' } = options;
  return Object.freeze({
    channels,
    rate,
    sink: options.sink,
    types: new PayloadTypes(options, options.format ?? defaultPcmFormat(encoding)),
    ssrc: ssrc === undefined ? undefined : checkInteger('ssrc', ssrc, 0, 2 ** 32 - 1),
    reorderPackets: checkInteger('reorderPackets', reorderPackets, 0, 1024),
    reorderNs: BigInt(Math.round(checkNumber('reorderMs', reorderMs, 0, 10_000) * 1e6)),
    maxGapFrames: checkInteger('maxGapFrames', maxGapFrames, 1, 2 ** 28),
    confirmPackets: checkInteger('confirmPackets', confirmPackets, 1, 64),
    fill: checkOneOf('fill', fill, ['silence', 'repeat'] as const),
    onStream: checkFunction('onStream', options.onStream),
    onLoss: checkFunction('onLoss', options.onLoss),
    onDiscontinuity: checkFunction('onDiscontinuity', options.onDiscontinuity),
    onContradiction: checkFunction('onContradiction', options.onContradiction),
    onRefusal: checkFunction('onRefusal', options.onRefusal),
    takeoverMs: checkInteger('takeoverMs', takeoverMs, 0, 10_000),
  });
}

function checkFunction<T>(name: string, value: T): T {
  if (value !== undefined && typeof value !== 'function') throw typeError(name, 'a function', value);
  return value;
}
