/** What the timestamps of a stream count from: RFC 7273, section 5. */
import { checkInteger, checkOneOf, checkString, rangeError } from '../../arguments.js';

export type MediaClock =
  /** The timestamp is `offset` at the epoch of the reference clock, 0..2^32-1. */
  | { readonly kind: 'direct'; readonly offset: number | undefined }
  /** The sender counts by a clock of its own. */
  | { readonly kind: 'sender' }
  | { readonly kind: 'other'; readonly value: string };

/** Reads what follows `a=mediaclk:`. What it says besides the offset, a rate for instance, changes nothing for a receiver. */
export function readMediaClock(value: string): MediaClock {
  if (/^sender$/i.test(value)) return { kind: 'sender' };
  const [, digits] = /^direct(?:\s*=\s*(\d+))?(?:\s.*)?$/i.exec(value) ?? [];
  if (digits !== undefined && Number(digits) < 2 ** 32) return { kind: 'direct', offset: Number(digits) };
  return /^direct$/i.test(value) ? { kind: 'direct', offset: undefined } : { kind: 'other', value };
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function writeMediaClock(clock: MediaClock): string {
  checkOneOf('mediaClock.kind', clock.kind, ['direct', 'sender', 'other']);
  if (clock.kind === 'sender') return 'sender';
  if (clock.kind === 'other') return checkLine('mediaClock.value', clock.value);
  if (clock.offset === undefined) return 'direct';
  return `direct=${checkInteger('mediaClock.offset', clock.offset, 0, 2 ** 32 - 1)}`;
}

export function checkLine(name: string, value: string): string {
  if (/[\r\n]/.test(checkString(name, value))) throw rangeError(name, 'one line', value);
  return value;
}
