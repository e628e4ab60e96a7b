/** What a LoopbackCapture is opened with. */
import { checkInteger, checkOneOf, checkOptions, type OptionNames } from '../arguments.js';
import { checkParameters, PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import { LoopbackCard } from './card.js';

/** Of a buffer, where the caller does not say. */
export const DEFAULT_PERIODS = 16;

export interface CaptureOptions {
  /** Periods of the buffer, 2..1024: how far the reader may lag. 16 by default, or less where 2 MiB hold no more. */
  readonly periods?: number;
  /**
   * What an overrun does, when frames were not read in time and are lost, and what a suspend of the system does.
   * 'error' (default): reading fails with EPIPE or ESTRPIPE. 'restart': the capture starts again with the frames that come
   * next, and counts it in `stats`.
   */
  readonly onInterruption?: 'error' | 'restart';
}

export const CAPTURE_OPTIONS: OptionNames<CaptureOptions> = { periods: true, onInterruption: true };

export interface LoopbackCaptureOptions extends Omit<PcmParameters, 'fillWithSilence'>, CaptureOptions {
  /** The card, or its number or id; the first loopback card when it is left out. */
  readonly card?: LoopbackCard | number | string;
  /** The device to capture on: 1 (default), or 0. */
  readonly device?: 0 | 1;
  /** 0..7; 0 when it is left out. */
  readonly substream?: number;
}

const LOOPBACK_CAPTURE_OPTIONS: OptionNames<LoopbackCaptureOptions> = {
  format: true,
  rate: true,
  channels: true,
  periodFrames: true,
  access: true,
  ...CAPTURE_OPTIONS,
  card: true,
  device: true,
  substream: true,
};

/** With its defaults filled in. */
export interface CheckedCaptureOptions {
  readonly card: LoopbackCard;
  readonly parameters: Required<PcmParameters>;
  readonly device: number;
  readonly substream: number;
  readonly onInterruption: 'error' | 'restart';
}

/** @throws TypeError, RangeError; AlsaError ERR_NO_LOOPBACK_CARD */
export function checkCaptureOptions(options: LoopbackCaptureOptions): CheckedCaptureOptions {
  // The parameters of the other end fit, too.
  const given = checkOptions('options', options, LOOPBACK_CAPTURE_OPTIONS, PCM_PARAMETERS);
  const { format, rate, channels, periodFrames, periods, access } = given;
  const wanted = { format, rate, channels, periodFrames, ...(access === undefined ? {} : { access }) };
  const parameters = checkParameters(
    periods === undefined ? wanted : { ...wanted, periods },
    DEFAULT_PERIODS,
  );
  const onInterruption = checkOneOf('onInterruption', given.onInterruption ?? 'error', ['error', 'restart']);
  const device = checkInteger('device', given.device ?? 1, 0, 1);
  const substream = checkInteger('substream', given.substream ?? 0, 0, 7);
  const card = given.card instanceof LoopbackCard ? given.card : LoopbackCard.find(given.card);
  return { card, parameters, device, substream, onInterruption };
}
