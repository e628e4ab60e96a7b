/** What a ClockedLoopback is opened with. */
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  type OptionNames,
  rangeError,
  typeError,
  valueError,
} from '../arguments.js';
import { checkParameters, PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import { USER_TIMER_COUNT } from '../timer/id.js';
import { periodDuration, periodResolution } from '../timer/resolution.js';
import { checkUnclaimed, UserTimer } from '../timer/user-timer.js';
import { LoopbackCard } from './card.js';

export interface ClockedLoopbackOptions extends PcmParameters {
  /** The card, or its number or id; the first loopback card when it is left out. */
  readonly card?: LoopbackCard | number | string;
  /** The device to play on: 0 (default) or 1. Listeners capture on the other one. */
  readonly device?: 0 | 1;
  /** 0..7; 0 when it is left out. 'free' takes the first whose cable nobody has open at either end. */
  readonly substream?: number | 'free';
  /**
   * Hold this id for the timer, 0..127: where an administrator has set `timer_source` for good. Without the right to point
   * the card elsewhere one cable of it can be open then, since a timer clocks one: for a second one the id is taken.
   */
  readonly timerId?: number;
  /**
   * A timer that exists, with the {@link periodResolution} of the period: for listeners that come before the loopback does,
   * where `timer_source` names it. It must not clock another cable. While the loopback is open nobody else triggers it. The
   * loopback does not close it: close it yourself, after the loopback and its listeners.
   */
  readonly timer?: UserTimer;
  /**
   * What the listener gets while nothing is written. 'stall' (default): nothing; a blocking read fails with EIO after 100 ms
   * or 1.1 buffers, whichever is longer. 'silence': periods of silence at the cable's own pace, moved by a thread, until
   * frames come again; they come whole and none is lost. It begins when the loopback is opened, and again with the next write
   * after {@link ClockedLoopback.flush}, which stops it, as the end of a stream into it does.
   */
  readonly idle?: 'stall' | 'silence';
  /**
   * With idle 'silence' only: how long after a period was due the first silent one is moved, 0..3600000 ms. 2 periods by
   * default. After N periods that were written at once, or in a row, the next one is due N periods later. Sooner, after three
   * quarters of the listener's wait, where it would give up.
   */
  readonly graceMs?: number;
  /** Keep a histogram of what triggers cost, see {@link ClockedLoopbackStats}. false by default. */
  readonly measure?: boolean;
  /** Ends the wait of {@link ClockedLoopback.open}, and nothing later. */
  readonly signal?: AbortSignal;
}

/** What {@link ClockedLoopback.openSync} takes, which waits for nobody. */
export type ClockedLoopbackSyncOptions = Omit<ClockedLoopbackOptions, 'signal'>;

const SYNC_OPTIONS: OptionNames<ClockedLoopbackSyncOptions> = {
  ...PCM_PARAMETERS,
  card: true,
  device: true,
  substream: true,
  timerId: true,
  timer: true,
  idle: true,
  graceMs: true,
  measure: true,
};

const OPEN_OPTIONS: OptionNames<ClockedLoopbackOptions> = { ...SYNC_OPTIONS, signal: true };

/** What starts a stream: sound/core/timer.c refuses shorter ticks, at START only. */
const MIN_RESOLUTION = 100_000n;

/** How late a period must be before silence takes its place, in periods. */
const GRACE_PERIODS = 2n;

/** Nanoseconds: of a period, and how late it must be. */
export interface KeepAlive {
  readonly period: bigint;
  readonly grace: bigint;
}

/** With its defaults filled in. */
export interface CheckedClockedLoopbackOptions {
  readonly card: LoopbackCard;
  readonly parameters: Required<PcmParameters>;
  readonly device: 0 | 1;
  readonly substream: number | 'free';
  readonly timerId: number | undefined;
  readonly timer: UserTimer | undefined;
  /** With idle 'silence'. */
  readonly keepAlive: KeepAlive | undefined;
  readonly measure: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * @param mayWait whether there may be a signal, which ends that
 * @throws TypeError, RangeError; AlsaError ERR_NO_LOOPBACK_CARD, ERR_CLOSED, ERR_TIMER_IN_USE
 */
export function checkClockedLoopbackOptions(
  options: ClockedLoopbackOptions,
  mayWait: boolean,
): CheckedClockedLoopbackOptions {
  const given: ClockedLoopbackOptions = mayWait
    ? checkOptions('options', options, OPEN_OPTIONS)
    : checkOptions('options', options, SYNC_OPTIONS);
  const signal = checkSignal('signal', given.signal);
  const parameters = checkParameters(given);
  const { rate, periodFrames } = parameters;
  const period = checkPeriod(rate, periodFrames);
  const { timerId } = given;
  if (timerId !== undefined) checkInteger('timerId', timerId, 0, USER_TIMER_COUNT - 1);
  const timer = checkTimer(given, rate, periodFrames);
  const device = checkInteger('device', given.device ?? 0, 0, 1) as 0 | 1;
  const substream = checkSubstream('substream', given.substream ?? 0);
  const idle = checkOneOf('idle', given.idle ?? 'stall', ['stall', 'silence']);
  const measure = checkBoolean('measure', given.measure ?? false);
  const late = checkGrace('graceMs', given.graceMs, idle);
  const grace = late === undefined ? GRACE_PERIODS * period : BigInt(late) * 1_000_000n;
  const keepAlive = idle === 'silence' ? { period, grace } : undefined;
  const card = given.card instanceof LoopbackCard ? given.card : LoopbackCard.find(given.card);
  return { card, parameters, device, substream, timerId, timer, keepAlive, measure, signal };
}

/** The number of a substream, or 'free'. */
export function checkSubstream(name: string, substream: unknown): number | 'free' {
  if (substream === 'free') return substream;
  if (typeof substream === 'string') throw valueError(name, "0..7, or 'free'", substream);
  return checkInteger(name, substream, 0, 7);
}

/** Milliseconds, or undefined for the default: where silence is inserted only. */
export function checkGrace(name: string, grace: unknown, idle: 'stall' | 'silence'): number | undefined {
  if (grace === undefined) return undefined;
  const checked = checkInteger(name, grace, 0, 3_600_000);
  if (idle === 'silence') return checked;
  throw valueError(name, "left out with idle 'stall', which inserts no silence", grace);
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
  { timer, timerId }: ClockedLoopbackOptions,
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
