/** What a Pcm is opened with. */
import { checkCardNumber, checkInteger, checkOneOf, checkOptions, type OptionNames } from '../arguments.js';
import { checkParameters, PCM_PARAMETERS, type PcmParameters } from './parameters.js';

export type PcmDirection = 'playback' | 'capture';

export interface PcmOptions extends PcmParameters {
  /** The number of the card, 0..255. */
  readonly card: number;
  /** The number of the device: 0 or 1 on a loopback card. */
  readonly device: number;
  /** The number of the substream; the first free one when it is left out. */
  readonly substream?: number;
  readonly direction: PcmDirection;
}

const PCM_OPTIONS: OptionNames<PcmOptions> = {
  ...PCM_PARAMETERS,
  card: true,
  device: true,
  substream: true,
  direction: true,
};

/** With its defaults filled in. */
export interface CheckedPcmOptions {
  readonly card: number;
  readonly device: number;
  /** -1 for the first free one. */
  readonly substream: number;
  readonly direction: PcmDirection;
  readonly parameters: Required<PcmParameters>;
}

/** @throws TypeError, RangeError */
export function checkPcmOptions(options: PcmOptions): CheckedPcmOptions {
  checkOptions('options', options, PCM_OPTIONS);
  const card = checkCardNumber('card', options.card);
  const device = checkInteger('device', options.device, 0, 31);
  const substream =
    options.substream === undefined ? -1 : checkInteger('substream', options.substream, 0, 127);
  const direction = checkOneOf('direction', options.direction, ['playback', 'capture']);
  return { card, device, substream, direction, parameters: checkParameters(options) };
}
