/** Checks of what callers pass, made before any system call. The codes are Node's own. */
import { inspect, types } from 'node:util';
import { didYouMean } from './suggestion.js';

type Coded<E extends Error> = E & { code: string };

function coded<E extends Error>(error: E, code: string): Coded<E> {
  return Object.assign(error, { code });
}

/** TypeError ERR_INVALID_ARG_TYPE. */
export function typeError(name: string, expected: string, value: unknown): Coded<TypeError> {
  return coded(new TypeError(`${name} must be ${expected}, not ${shown(value)}`), 'ERR_INVALID_ARG_TYPE');
}

/** A value of a wrong type, which may be large. */
function shown(value: unknown): string {
  return inspect(value, { depth: 0, maxArrayLength: 0, maxStringLength: 100 });
}

/** RangeError ERR_OUT_OF_RANGE. */
export function rangeError(name: string, expected: string, value: unknown): Coded<RangeError> {
  return coded(new RangeError(`${name} must be ${expected}, not ${inspect(value)}`), 'ERR_OUT_OF_RANGE');
}

/** TypeError ERR_INVALID_ARG_VALUE: the right type, but not a value that means anything here. */
export function valueError(name: string, expected: string, value: unknown): Coded<TypeError> {
  return coded(new TypeError(`${name} must be ${expected}, not ${inspect(value)}`), 'ERR_INVALID_ARG_VALUE');
}

/** TypeError ERR_INVALID_STATE: what was passed is no longer what it was. */
export function stateError(message: string): Coded<TypeError> {
  return coded(new TypeError(message), 'ERR_INVALID_STATE');
}

/** An integer of min..max. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw typeError(name, 'a number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(name, `an integer of ${min}..${max}`, value);
  }
  return value;
}

/** A number of min..max, fractions included. */
export function checkNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw typeError(name, 'a number', value);
  if (!(value >= min && value <= max)) throw rangeError(name, `${min}..${max}`, value);
  return value;
}

/** A bigint of min..max. */
export function checkBigInt(name: string, value: unknown, min: bigint, max: bigint): bigint {
  if (typeof value !== 'bigint') throw typeError(name, 'a bigint', value);
  if (value < min || value > max) throw rangeError(name, `${min}..${max}`, value);
  return value;
}

/** The number of a card: a kernel has CONFIG_SND_MAX_CARDS of them, 32 mostly and 256 at most. */
export function checkCardNumber(name: string, value: unknown): number {
  return checkInteger(name, value, 0, 255);
}

/** One of a set of strings. */
export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value !== 'string') throw typeError(name, 'a string', value);
  if (!allowed.includes(value as T)) throw valueError(name, `one of ${allowed.join(', ')}`, value);
  return value as T;
}

/** A boolean. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(name, 'a boolean', value);
  return value;
}

/** A string without NUL characters, since it becomes a path or a line for the kernel. */
export function checkString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw typeError(name, 'a string', value);
  if (value === '' || value.includes('\0'))
    throw valueError(name, 'a non-empty string without NUL characters', value);
  return value;
}

/** An object. */
export function checkObject<T extends object>(name: string, value: T): T {
  if (typeof value !== 'object' || value === null) throw typeError(name, 'an object', value);
  return value;
}

type KeysOf<T> = T extends unknown ? keyof T : never;

/** Every option of `T`, by name: the compiler refuses one too few, and one too many. */
export type OptionNames<T> = { readonly [Name in KeysOf<T>]-?: true };

/**
 * An object of options, none of which is unknown: a name that is misspelt would be an option that is not given.
 *
 * @param unused names that say nothing here, of objects that are given whole: the parameters of a stream, for instance
 */
export function checkOptions<T extends object>(
  name: string,
  value: T,
  names: OptionNames<T>,
  unused: Readonly<Record<string, true>> = {},
): T {
  checkObject(name, value);
  for (const [option, given] of Object.entries(value)) {
    if (given === undefined || Object.hasOwn(names, option) || Object.hasOwn(unused, option)) continue;
    const known = Object.keys(names);
    const instead = didYouMean(option, known) || `; the options are ${known.join(', ')}`;
    throw coded(new TypeError(`${name}.${option} is no option${instead}`), 'ERR_INVALID_ARG_VALUE');
  }
  return value;
}

/** Of an object of options, those of these names. */
export function pickOptions<T extends object, Name extends keyof T>(
  value: T,
  names: Readonly<Record<Name, true>>,
): Pick<T, Name> {
  const given = Object.entries(value).filter(
    ([name, one]) => one !== undefined && Object.hasOwn(names, name),
  );
  return Object.fromEntries(given) as Pick<T, Name>;
}

export function checkIterable(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = value as Partial<
      AsyncIterable<unknown> & Iterable<unknown>
    >;
    if (typeof (later ?? now) === 'function') return;
  }
  throw typeError(name, 'an iterable or an async iterable', value);
}

/**
 * A Uint8Array (a Buffer is one), of whatever realm: node:vm and test runners make others. Its memory is there: that of a buffer
 * which was transferred looks empty.
 */
export function checkBytes(name: string, value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) throw typeError(name, `a Uint8Array${bytesOf(name, value)}`, value);
  if (value.length === 0 && isGone(value)) {
    throw stateError(
      `${name} must have memory: its ArrayBuffer was transferred, or resized to less than where it begins`,
    );
  }
  return value;
}

/** How to get the bytes of memory that is seen in another way. */
function bytesOf(name: string, value: unknown): string {
  if (types.isAnyArrayBuffer(value)) return ` (its bytes are new Uint8Array(${name}))`;
  if (!ArrayBuffer.isView(value)) return '';
  return ` (its bytes are new Uint8Array(${name}.buffer, ${name}.byteOffset, ${name}.byteLength))`;
}

/** Whether a typed array is detached, or out of the bounds of its buffer. */
function isGone(bytes: Uint8Array): boolean {
  try {
    bytes.at(0);
    return false;
  } catch {
    return true;
  }
}

/** What follows a signal of another realm: one for all calls that it is given to, so that it keeps one handler. */
const followers = new WeakMap<object, AbortSignal>();

/**
 * An AbortSignal, or nothing. One of another realm, or of a library, counts as well, as it does for Node: what is returned
 * follows it, and is one of this realm.
 */
export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  if (!isSignal(value)) throw typeError(name, 'an AbortSignal', value);
  const known = followers.get(value);
  if (known?.aborted === value.aborted) return known;
  const controller = new AbortController();
  followers.set(value, controller.signal);
  if (value.aborted) controller.abort(value.reason);
  else value.addEventListener('abort', () => controller.abort(value.reason), { once: true });
  return controller.signal;
}

function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null || !('aborted' in value)) return false;
  return 'addEventListener' in value && typeof value.addEventListener === 'function';
}

export interface WaitOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** The signal of a wait that begins now; throws its reason where it is aborted already. */
export function checkWait(name: string, options: WaitOptions): AbortSignal | undefined {
  checkOptions(name, options, { signal: true });
  const signal = checkSignal('signal', options.signal);
  signal?.throwIfAborted();
  return signal;
}
