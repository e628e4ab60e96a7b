/** What pacers and pacings are made with. */
import {
  checkBigInt,
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  rangeError,
  typeError,
  valueError,
} from '../arguments.js';
import { closedError } from '../errors.js';
import type {
  ArrivalsHandle,
  ClockHandle,
  PacerSchedulingNative,
  PacingParametersNative,
  PacingPolicyNative,
} from '../native/binding.js';
import { handleOf } from '../native/lifetime.js';
import { PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import { periodDuration } from '../timer/resolution.js';
import { ArrivalClock } from './arrival-clock.js';
import { Clock } from './clock.js';

export interface PacerOptions {
  /** Of SCHED_FIFO, 1..99. Without it the thread is one among others (SCHED_OTHER). */
  readonly priority?: number;
  /** The CPU that the thread runs on, 0..1023. Without it any. */
  readonly cpu?: number;
  /** Whether the stack of the thread and the addon stay in memory: mlock(2), some 1 MiB. false by default. */
  readonly lockMemory?: boolean;
}

const PACER_OPTIONS: OptionNames<PacerOptions> = { priority: true, cpu: true, lockMemory: true };

export interface PacingOptions {
  /** Hz, 1..2^32-1. */
  readonly rate: number;
  /** Frames a period, which takes 100 us..1 h. */
  readonly periodFrames: number;
  /**
   * The clock of the schedule; CLOCK_MONOTONIC when it is left out. Its frequency and its phase are followed, and so is a step of it:
   * ends that it leaps over are late, and where it is set back, the phase is kept. It may be closed meanwhile.
   */
  readonly clock?: Clock;
  /**
   * When the first period begins, which moves at its end. 'now' is the default. 'aligned': ends are at multiples of the period
   * since the epoch of the clock, so that pacings of one rate and period are in phase, also those of other processes. Nanoseconds of the clock,
   * 0..2^62: the future waits, the past gives a phase.
   */
  readonly start?: 'now' | 'aligned' | bigint;
  /**
   * What becomes of the ends of periods that are late by a period or more. 'catch-up' (default): they move at once, one after the
   * other, so that the count stays exact; of more than `maxBurst` the earliest are missed. 'skip': only the last one moves.
   */
  readonly late?: 'catch-up' | 'skip';
  /** With late 'catch-up' only: periods that may move at once, 1..1000000. 1000 by default. */
  readonly maxBurst?: number;
  /** By how much the rate is higher, in parts per billion: -500000000..500000000. 0 by default. */
  readonly ppb?: number;
}

/** Of a loopback or a capture, which have a rate and a period. */
export interface CablePacingOptions extends Omit<PacingOptions, 'rate' | 'periodFrames'> {
  /**
   * How much may be written ahead of when it moves, or move ahead of when it is read: 1..3600000 ms, rounded up to whole periods,
   * 256 MiB at most. 500 by default.
   */
  readonly aheadMs?: number;
}

/** Of what is no public target, and of clocks that are none. */
export interface PreparedPacingOptions extends Omit<PacingOptions, 'clock'> {
  readonly clock?: Clock | ArrivalClock;
}

/** Of what follows a source, which has the time. */
export type FollowingOptions = Pick<PacingOptions, 'late' | 'maxBurst'>;

/** The same, of a cable. */
export type CableFollowingOptions = FollowingOptions & Pick<CablePacingOptions, 'aheadMs'>;

export interface FollowerOptions {
  /** Frames a period, 1..2^31-1. */
  readonly periodFrames: number;
}

/** Of a cable, which has a period. */
export type CableFollowerOptions = Pick<CablePacingOptions, 'aheadMs'>;

const PACING_OPTIONS: OptionNames<PacingOptions> = {
  rate: true,
  periodFrames: true,
  clock: true,
  start: true,
  late: true,
  maxBurst: true,
  ppb: true,
};

const CABLE_PACING_OPTIONS: OptionNames<CablePacingOptions> = {
  clock: true,
  start: true,
  late: true,
  maxBurst: true,
  ppb: true,
  aheadMs: true,
};

const FOLLOWING_OPTIONS: OptionNames<FollowingOptions> = { late: true, maxBurst: true };

const CABLE_FOLLOWING_OPTIONS: OptionNames<CableFollowingOptions> = {
  ...FOLLOWING_OPTIONS,
  aheadMs: true,
};

const MAX_UINT32 = 0xffff_ffff;
const MAX_PPB = 500_000_000;
const MAX_START = 2n ** 62n;

/** A thread that moves periods without a pause would have no time for anything else. */
const MIN_PERIOD = 100_000n;
const MAX_PERIOD = 3_600_000_000_000n;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function checkPacerOptions(options: PacerOptions): PacerSchedulingNative {
  const { priority, cpu, lockMemory = false } = checkOptions('options', options, PACER_OPTIONS);
  return {
    priority: priority === undefined ? 0 : checkInteger('priority', priority, 1, 99),
    cpu: cpu === undefined ? -1 : checkInteger('cpu', cpu, 0, 1023),
    lockMemory: checkBoolean('lockMemory', lockMemory),
  };
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function checkPacingOptions(options: PacingOptions): PacingParametersNative {
  return parametersOf(checkOptions('options', options, PACING_OPTIONS, PCM_PARAMETERS));
}

/** @throws as {@link checkPacingOptions} */
export function checkCablePacingOptions(
  { rate, periodFrames }: PcmParameters,
  options: CablePacingOptions,
): { parameters: PacingParametersNative; aheadMs: number } {
  const { aheadMs = 500, ...given } = checkOptions('options', options, CABLE_PACING_OPTIONS, PCM_PARAMETERS);
  for (const [name, own] of Object.entries({ rate, periodFrames })) {
    const other = (options as Partial<PcmParameters>)[name as 'rate' | 'periodFrames'];
    if (other !== undefined && other !== own)
      throw valueError(name, `left out, or ${own} as of the cable`, other);
  }
  return { parameters: parametersOf({ ...given, rate, periodFrames }), aheadMs: checkAhead(aheadMs) };
}

/**
 * @param isCable whether something is written ahead
 * @throws as {@link checkPacingOptions}
 */
export function checkFollowingOptions(
  options: CableFollowingOptions,
  isCable: boolean,
): { policy: PacingPolicyNative; aheadMs: number } {
  const { aheadMs = 500, ...given } = isCable
    ? checkOptions('options', options, CABLE_FOLLOWING_OPTIONS)
    : checkFollowing(options);
  return { policy: policyOf(given), aheadMs: checkAhead(aheadMs) };
}

/**
 * @param parameters of a cable
 * @throws as {@link checkPacingOptions}
 */
export function checkFollowerOptions(
  options: FollowerOptions | CableFollowerOptions,
  parameters: PcmParameters | undefined,
): { periodFrames: number; aheadMs: number } {
  if (parameters) {
    const { aheadMs = 500 } = checkOptions('options', options as CableFollowerOptions, { aheadMs: true });
    return { periodFrames: parameters.periodFrames, aheadMs: checkAhead(aheadMs) };
  }
  const { periodFrames } = checkOptions(
    'options',
    options as FollowerOptions,
    { periodFrames: true },
    PCM_PARAMETERS,
  );
  return { periodFrames: checkInteger('periodFrames', periodFrames, 1, 0x7fff_ffff), aheadMs: 0 };
}

function checkFollowing(options: FollowingOptions): CableFollowingOptions {
  return checkOptions('options', options, FOLLOWING_OPTIONS);
}

function checkAhead(aheadMs: unknown): number {
  return checkInteger('aheadMs', aheadMs, 1, 3_600_000);
}

function policyOf(given: FollowingOptions): PacingPolicyNative {
  const late = checkOneOf('late', given.late ?? 'catch-up', ['catch-up', 'skip']);
  if (late === 'skip' && given.maxBurst !== undefined) {
    throw valueError('maxBurst', "left out with late 'skip', which moves one period", given.maxBurst);
  }
  const maxBurst = checkInteger('maxBurst', given.maxBurst ?? 1_000, 1, 1_000_000);
  return { skip: late === 'skip', maxBurst };
}

function parametersOf(given: PacingOptions): PacingParametersNative {
  const rate = checkInteger('rate', given.rate, 1, MAX_UINT32);
  const periodFrames = checkInteger('periodFrames', given.periodFrames, 1, MAX_UINT32);
  const period = periodDuration(rate, periodFrames);
  if (period < MIN_PERIOD || period > MAX_PERIOD) {
    const frames = `${Math.ceil(rate / 10_000)}..${3_600 * rate}`;
    throw rangeError('periodFrames', `${frames} at ${rate} Hz (100 us..1 h)`, periodFrames);
  }
  return {
    rate,
    periodFrames,
    origin: checkStart(given.start ?? 'now'),
    ppb: checkPpb(given.ppb ?? 0),
    ...policyOf(given),
  };
}

/**
 * The clock of a schedule; null for CLOCK_MONOTONIC.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE; AlsaError ERR_CLOSED
 */
export function checkClock(clock: unknown): ClockHandle | ArrivalsHandle | null {
  if (clock === undefined) return null;
  if (clock instanceof ArrivalClock) return clock.handle;
  if (!(clock instanceof Clock)) throw typeError('clock', 'a Clock', clock);
  if (clock.closed) throw closedError(`Clock ${clock.name}`);
  return handleOf<ClockHandle>(clock);
}

export function checkPpb(ppb: unknown): number {
  return checkInteger('ppb', ppb, -MAX_PPB, MAX_PPB);
}

function checkStart(start: unknown): bigint | null {
  if (typeof start === 'bigint') return checkBigInt('start', start, 0n, MAX_START);
  if (typeof start !== 'string') throw typeError('start', "'now', 'aligned' or a bigint", start);
  return checkOneOf('start', start, ['now', 'aligned']) === 'now' ? null : 0n;
}
