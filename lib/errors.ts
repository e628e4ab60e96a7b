/** AlsaError: what failed, why, and what to do about it. */
import { getSystemErrorMap } from 'node:util';
import { type Called, helpFor, hintFor } from './hints.js';
import type { NativeErrnos, NativeError } from './native/binding.js';

export interface AlsaErrorOptions {
  readonly code: string;
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A failure of the kernel, the device or the order of calls.
 *
 * @example
 * try {
 *   UserTimer.create({ resolutionNs: 10_000_000n }).close();
 * } catch (error) {
 *   if (error instanceof AlsaError && error.code === 'ENOTTY') console.error(error.hint);
 * }
 */
export class AlsaError extends Error {
  override readonly name = 'AlsaError';
  /** The name of the errno ('ENODEV') or this library's own code ('ERR_CLOSED'). */
  readonly code: string;
  /** As in Node's own system errors, the negated errno; undefined for codes that begin with ERR_. */
  declare readonly errno: number | undefined;
  /** The call that failed, for instance 'ioctl SNDRV_TIMER_IOCTL_CREATE'. */
  declare readonly syscall: string | undefined;
  /** The file, or the address, that the call was made on. */
  declare readonly path: string | undefined;
  /** The likely cause in this field, and what to do. */
  declare readonly hint: string | undefined;
  /** Where the documents of the package say more: a path, and the anchor of this very failure. */
  declare readonly help: string | undefined;

  constructor(message: string, options: AlsaErrorOptions) {
    const { code, errno, syscall, path, hint, cause } = options;
    super(hint ? `${message}. ${hint}` : message, cause === undefined ? undefined : { cause });
    this.code = code;
    const help = helpFor(code, syscall, path);
    // An error has no property for what it does not know, so that nothing prints `undefined`.
    const known = Object.entries({ errno, syscall, path, hint, help }).filter(
      ([, value]) => value !== undefined,
    );
    Object.assign(this, Object.fromEntries(known));
  }
}

/** What the errnos that Node has no names for say. */
const ALSA_ERRNOS: Readonly<Record<keyof NativeErrnos, string>> = {
  EBADFD: 'file descriptor in bad state',
  ESTRPIPE: 'streams pipe error',
};
/** Those by number, once the addon has told the numbers of this machine. */
const named = new Map<number, [name: string, text: string]>();

/** For whoever loads the addon. */
export function nameErrnos(errnos: NativeErrnos): void {
  for (const name of Object.keys(ALSA_ERRNOS) as (keyof NativeErrnos)[]) {
    named.set(errnos[name], [name, ALSA_ERRNOS[name]]);
  }
}

function describe(errno: number): [name: string, text: string] {
  return (
    named.get(errno) ?? getSystemErrorMap().get(-errno) ?? [`E${errno}`, `unknown system error ${errno}`]
  );
}

/** The AlsaError for a failed system call. `errno` is positive. */
export function systemError(errno: number, syscall: string, path?: string, hint?: string): AlsaError {
  const [code, text] = describe(errno);
  const where = path ? ` on ${path}` : '';
  return new AlsaError(`${syscall} failed${where}: ${code}, ${text}`, {
    code,
    errno: -errno,
    syscall,
    path,
    hint: hint ?? hintFor(code, syscall, path),
  });
}

/** The same error with one more sentence in its hint. */
export function withHint(error: AlsaError, sentence: string): AlsaError {
  return hinted(error, error.hint ? `${error.hint} ${sentence}` : sentence, withHint);
}

/** The same error for whoever called an object of another class than `Pcm`, whose methods its hint may name. */
export function calledOn(called: Called, error: unknown): unknown {
  if (!(error instanceof AlsaError) || error.syscall === undefined) return error;
  const { code, syscall, path } = error;
  const hint = hintFor(code, syscall, path, called);
  const general = hintFor(code, syscall, path);
  // What a hint of another origin says, it says of all.
  if (hint === undefined || general === undefined || !error.hint?.startsWith(general)) return error;
  return hinted(error, hint + error.hint.slice(general.length), calledOn);
}

/** @param by what is not told in the stack, of which there is room for the first ten calls */
function hinted(error: AlsaError, hint: string, by: (...given: never[]) => unknown): AlsaError {
  const { code, errno, syscall, path, cause } = error;
  const [message] = error.hint ? error.message.split(`. ${error.hint}`) : [error.message];
  const same = new AlsaError(message ?? error.message, { code, errno, syscall, path, cause, hint });
  Error.captureStackTrace(same, by);
  return same;
}

/** What only helps to explain an error, and must not take its place: undefined where it cannot be had, for whatever reason. */
export function forExplanation<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** The AlsaError for a call on something that was closed before. */
export function closedError(what: string): AlsaError {
  return new AlsaError(`${what} is closed`, { code: 'ERR_CLOSED' });
}

/** What `body` returns; what the addon throws in it, as {@link fromNative} explains it. */
export function callNative<T>(what: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw fromNative(error, what);
  }
}

/** Turns what the addon threw into what a person can use; `what` names the object that was called. */
export function fromNative(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof AlsaError) return error;
  const { code, errno, syscall, path } = error as NativeError;
  if (code === 'ERR_CLOSED') return closedError(what);
  if (errno !== undefined && syscall !== undefined) return systemError(errno, syscall, path);
  return error;
}
