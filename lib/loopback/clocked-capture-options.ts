/** What a ClockedCapture is opened with. */
import { checkOneOf, checkOptions, checkSignal, type OptionNames } from '../arguments.js';
import { PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import { DEFAULT_PERIODS } from './capture-options.js';
import {
  type CheckedClockOptions,
  CLOCK_OPTIONS,
  type ClockOptions,
  checkClockOptions,
  findCard,
} from './clock-options.js';

export interface ClockedCaptureOptions extends Omit<PcmParameters, 'fillWithSilence'>, ClockOptions {
  /** The device to capture on: 1 (default) or 0. Players play on the other one. */
  readonly device?: 0 | 1;
  /** Periods of the kernel's buffer, 2..1024. 16 by default, or less where 2 MiB hold no more. */
  readonly periods?: number;
  /**
   * What comes while nobody plays, and while a player has paused. 'silence' (default): a read gives as many periods as it asks for,
   * and a `Pacer` moves one at each end of a period, of silence. 'stall': nothing; a read gives fewer periods, or none.
   */
  readonly idle?: 'silence' | 'stall';
}

/** What {@link ClockedCapture.openSync} takes, which waits for nobody. */
export type ClockedCaptureSyncOptions = Omit<ClockedCaptureOptions, 'signal'>;

const { fillWithSilence: _, ...PARAMETERS } = PCM_PARAMETERS;
const SYNC_OPTIONS: OptionNames<ClockedCaptureSyncOptions> = {
  ...PARAMETERS,
  ...CLOCK_OPTIONS,
  device: true,
  idle: true,
};
const OPEN_OPTIONS: OptionNames<ClockedCaptureOptions> = { ...SYNC_OPTIONS, signal: true };

/** With its defaults filled in. */
export interface CheckedClockedCaptureOptions extends CheckedClockOptions {
  /** With idle 'stall'. */
  readonly stalls: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * @param mayWait whether there may be a signal, which ends that
 * @throws TypeError, RangeError; AlsaError ERR_NO_LOOPBACK_CARD, ERR_CLOSED, ERR_TIMER_IN_USE
 */
export function checkClockedCaptureOptions(
  options: ClockedCaptureOptions,
  mayWait: boolean,
): CheckedClockedCaptureOptions {
  // The parameters of another end fit, too.
  const given: ClockedCaptureOptions = mayWait
    ? checkOptions('options', options, OPEN_OPTIONS, PCM_PARAMETERS)
    : checkOptions('options', options, SYNC_OPTIONS, PCM_PARAMETERS);
  const signal = checkSignal('signal', given.signal);
  const { period: _period, ...checked } = checkClockOptions(given, 1, DEFAULT_PERIODS);
  const stalls = checkOneOf('idle', given.idle ?? 'silence', ['silence', 'stall']) === 'stall';
  return { ...checked, card: findCard(given.card), stalls, signal };
}
