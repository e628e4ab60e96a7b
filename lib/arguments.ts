/** Checks of what callers pass, made before any system call. The codes are Node's own. */
import { inspect, types } from 'node:util';

type Coded<E extends Error> = E & { code: string };

function coded<E extends Error>(error: E, code: string): Coded<E> {
  return Object.assign(error, { code });
}

/** TypeError ERR_INVALID_ARG_TYPE. */
export function typeError(name: string, expected: string, value: unknown): Coded<TypeError> {
  return coded(
    new TypeError(`${name} must be ${expected}, not ${inspect(value, { depth: 0 })}`),
    'ERR_INVALID_ARG_TYPE',
  );
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

/** A plain object of options. */
export function checkOptions<T extends object>(name: string, value: T): T {
  if (typeof value !== 'object' || value === null) throw typeError(name, 'an object', value);
  return value;
}

/**
 * A Uint8Array (a Buffer is one), of whatever realm: node:vm and test runners make others. Its memory is there: that of a buffer
 * which was transferred looks empty.
 */
export function checkBytes(name: string, value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) throw typeError(name, 'a Uint8Array', value);
  if (value.length === 0 && isGone(value)) {
    throw stateError(
      `${name} must have memory: its ArrayBuffer was transferred, or resized to less than where it begins`,
    );
  }
  return value;
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

/** An AbortSignal, or nothing. */
export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) throw typeError(name, 'an AbortSignal', value);
  return value;
}
