/** What an end of a cable is opened with that is to be the cable's clock. */
import { checkInteger, type OptionNames, rangeError, typeError, valueError } from '../arguments.js';
import { checkParameters, type PcmParameters } from '../pcm/parameters.js';
import { USER_TIMER_COUNT } from '../timer/id.js';
import { periodDuration, periodResolution } from '../timer/resolution.js';
import { checkUnclaimed, UserTimer } from '../timer/user-timer.js';
import { LoopbackCard } from './card.js';

export interface ClockOptions {
  /** The card, or its number or id; the first loopback card when it is left out. */
  readonly card?: LoopbackCard | number | string;
  /**
   * 0..7; 0 when it is left out. 'free' takes the first whose cable nobody has open at either end: ERR_NO_FREE_SUBSTREAM where
   * there is none.
   */
  readonly substream?: number | 'free';
  /**
   * Hold this id for the timer, 0..127: where an administrator has set `timer_source` for good. Without the right to point
   * the card elsewhere one cable of it can be open then, since a timer clocks one: for a second one the id is taken
   * (ERR_TIMER_ID_TAKEN).
   */
  readonly timerId?: number;
  /**
   * A timer that exists, with the {@link periodResolution} of the period: for programs that open the other end of the cable
   * first, where `timer_source` names it. Another resolution is a RangeError. It must neither be closed (ERR_CLOSED) nor clock
   * another cable (ERR_TIMER_IN_USE). While this end is open nobody else triggers it. It is not closed with this end: close it
   * yourself, after both ends.
   */
  readonly timer?: UserTimer;
  /**
   * Ends the wait of `open`, and nothing later. Processes that open cables of one card take turns of some milliseconds, by flock
   * on its control device. The promise waits for them, and for five seconds at the most for a process that keeps the lock.
   */
  readonly signal?: AbortSignal;
}

export const CLOCK_OPTIONS: OptionNames<Omit<ClockOptions, 'signal'>> = {
  card: true,
  substream: true,
  timerId: true,
  timer: true,
};

/** What starts a stream: sound/core/timer.c refuses shorter ticks, at START only. */
const MIN_RESOLUTION = 100_000n;

/** With its defaults filled in. */
export interface CheckedClockOptions {
  readonly card: LoopbackCard;
  readonly parameters: Required<PcmParameters>;
  /** The device of this end. */
  readonly device: 0 | 1;
  readonly substream: number | 'free';
  readonly timerId: number | undefined;
  readonly timer: UserTimer | undefined;
}

type Given = ClockOptions & PcmParameters & { readonly device?: 0 | 1 };

/**
 * All but the card, which is looked for once every option is known to be right.
 *
 * @param device where none is given
 * @param periods of a buffer, where they are not given
 * @throws TypeError, RangeError; AlsaError ERR_CLOSED, ERR_TIMER_IN_USE
 */
export function checkClockOptions(
  given: Given,
  device: 0 | 1,
  periods?: number,
): Omit<CheckedClockOptions, 'card'> & { readonly period: bigint } {
  const parameters = checkParameters(given, periods);
  const { rate, periodFrames } = parameters;
  const period = checkPeriod(rate, periodFrames);
  const { timerId } = given;
  if (timerId !== undefined) checkInteger('timerId', timerId, 0, USER_TIMER_COUNT - 1);
  return {
    parameters,
    period,
    timerId,
    timer: checkTimer(given, rate, periodFrames),
    device: checkInteger('device', given.device ?? device, 0, 1) as 0 | 1,
    substream: checkSubstream('substream', given.substream ?? 0),
  };
}

/** @throws TypeError, RangeError; AlsaError ERR_NO_LOOPBACK_CARD */
export function findCard(card: ClockOptions['card']): LoopbackCard {
  return card instanceof LoopbackCard ? card : LoopbackCard.find(card);
}

/** The number of a substream, or 'free'. */
export function checkSubstream(name: string, substream: unknown): number | 'free' {
  if (substream === 'free') return substream;
  if (typeof substream === 'string') throw valueError(name, "0..7, or 'free'", substream);
  return checkInteger(name, substream, 0, 7);
}

/** Nanoseconds of a period that the kernel starts. */
function checkPeriod(rate: number, periodFrames: number): bigint {
  const period = periodDuration(rate, periodFrames);
  if (period < MIN_RESOLUTION) {
    const least = Math.ceil(rate / 10_000);
    throw rangeError('periodFrames', `at least ${least} at ${rate} Hz (100 us)`, periodFrames);
  }
  if (periodResolution(rate, periodFrames) < MIN_RESOLUTION) {
    throw rangeError(
      'periodFrames',
      `some frames more or less: of ${period} ns the kernel keeps 32 bits, which are less than 100 us`,
      periodFrames,
    );
  }
  return period;
}

/** The timer that was given, which fits the period and clocks nothing yet. */
function checkTimer(
  { timer, timerId }: ClockOptions,
  rate: number,
  periodFrames: number,
): UserTimer | undefined {
  if (timer === undefined) return undefined;
  if (!(timer instanceof UserTimer)) throw typeError('timer', 'a UserTimer', timer);
  if (timerId !== undefined) throw valueError('timerId', 'left out with a timer, which has an id', timerId);
  const resolution = periodResolution(rate, periodFrames);
  if (timer.resolutionNs !== resolution) {
    const period = `${periodFrames} frames at ${rate} Hz`;
    throw rangeError('timer.resolutionNs', `${resolution}n, for periods of ${period}`, timer.resolutionNs);
  }
  checkUnclaimed(timer);
  return timer;
}
