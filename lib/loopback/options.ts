/** What a ClockedLoopback is opened with. */
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  type OptionNames,
  valueError,
} from '../arguments.js';
import { PCM_PARAMETERS, type PcmParameters } from '../pcm/parameters.js';
import {
  type CheckedClockOptions,
  CLOCK_OPTIONS,
  type ClockOptions,
  checkClockOptions,
  findCard,
} from './clock-options.js';

export interface ClockedLoopbackOptions extends PcmParameters, ClockOptions {
  /** The device to play on: 0 (default) or 1. Listeners capture on the other one. */
  readonly device?: 0 | 1;
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
}

/** What {@link ClockedLoopback.openSync} takes, which waits for nobody. */
export type ClockedLoopbackSyncOptions = Omit<ClockedLoopbackOptions, 'signal'>;

const SYNC_OPTIONS: OptionNames<ClockedLoopbackSyncOptions> = {
  ...PCM_PARAMETERS,
  ...CLOCK_OPTIONS,
  device: true,
  idle: true,
  graceMs: true,
  measure: true,
};

const OPEN_OPTIONS: OptionNames<ClockedLoopbackOptions> = { ...SYNC_OPTIONS, signal: true };

/** How late a period must be before silence takes its place, in periods. */
const GRACE_PERIODS = 2n;

/** Nanoseconds: of a period, and how late it must be. */
export interface KeepAlive {
  readonly period: bigint;
  readonly grace: bigint;
}

/** With its defaults filled in. */
export interface CheckedClockedLoopbackOptions extends CheckedClockOptions {
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
  const { period, ...checked } = checkClockOptions(given, 0);
  const idle = checkOneOf('idle', given.idle ?? 'stall', ['stall', 'silence']);
  const measure = checkBoolean('measure', given.measure ?? false);
  const late = checkGrace('graceMs', given.graceMs, idle);
  const grace = late === undefined ? GRACE_PERIODS * period : BigInt(late) * 1_000_000n;
  const keepAlive = idle === 'silence' ? { period, grace } : undefined;
  return { ...checked, card: findCard(given.card), keepAlive, measure, signal };
}

/** Milliseconds, or undefined for the default: where silence is inserted only. */
export function checkGrace(name: string, grace: unknown, idle: 'stall' | 'silence'): number | undefined {
  if (grace === undefined) return undefined;
  const checked = checkInteger(name, grace, 0, 3_600_000);
  if (idle === 'silence') return checked;
  throw valueError(name, "left out with idle 'stall', which inserts no silence", grace);
}
