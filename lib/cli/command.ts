/** What the subcommands of `utimer` have in common. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { checkOneOf, rangeError, valueError } from '../arguments.js';
import { MAX_RATE } from '../rtp/format.js';
import { userTimerIdOf } from '../timer/timer-source.js';
import type { WithoutReader } from './output.js';

export interface Command {
  /** One line for `utimer --help`. */
  readonly summary: string;
  /** For `utimer NAME --help`. */
  readonly help: string;
  /** Default 'end'; 'go on' where what it does matters more than what it tells. */
  readonly withoutReader?: WithoutReader;
  /** @returns the exit code */
  run(args: readonly string[], io: Io): Promise<number>;
}

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal;
}

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

interface Parsed<T extends Options> {
  readonly values: { [Name in keyof T]?: T[Name]['type'] extends 'boolean' ? boolean : string };
  readonly positionals: string[];
}

/**
 * As parseArgs of node:util, but what begins like a timer, `-1.4.0`, is one, or the value of the option before it; a mistake
 * is a UsageError, and so is an option that is given twice.
 */
export function parse<const T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const timers: string[] = [];
  const others: string[] = [];
  for (const arg of args) {
    const option = others.at(-1);
    if (!/^-\d+([.,]|$)/.test(arg)) others.push(arg);
    else if (option?.startsWith('--') && options[option.slice(2)]?.type === 'string')
      others.splice(-1, 1, `${option}=${arg}`);
    else timers.push(arg);
  }
  const { values, positionals, tokens } = understand(() =>
    parseArgs({ args: others, options: options as Options, allowPositionals: true, tokens: true }),
  );
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  return { values: values as Parsed<T>['values'], positionals: [...timers, ...positionals] };
}

function understand<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** An option that is a number of min..max. */
export function number(name: string, text: string | undefined, min: number, max: number, whole = true) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw valueError(`--${name}`, 'a number', text);
  if (value < min || value > max || (whole && !Number.isInteger(value))) {
    throw rangeError(`--${name}`, `${whole ? 'a whole number' : 'a number'} of ${min}..${max}`, value);
  }
  return value;
}

/** An option that is a sample rate in Hz: '48000', '48k', '44.1kHz'. */
export function rate(name: string, text: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) *(k|hz|khz)$/i.exec(text?.trim() ?? '') ?? [];
  const hertz =
    digits === undefined ? text : String(Math.round(Number(digits) * (/^k/i.test(unit ?? '') ? 1000 : 1)));
  return number(name, hertz, 1, MAX_RATE);
}

/** An option that is a userspace-driven timer: its id, or the timer_source that names it. */
export function userTimer(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const id = userTimerIdOf(text) ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  if (id === undefined) throw valueError(`--${name}`, "an id like 5, or a timer_source like '-1.4.5'", text);
  return number(name, String(id), 0, 127);
}

/** An option that is one of several words. */
export function oneOf<T extends string>(name: string, text: string | undefined, allowed: readonly T[]) {
  return text === undefined ? undefined : checkOneOf(`--${name}`, text, allowed);
}

/** Options that would change nothing are not understood: whoever gives them means something by it. */
export function refuse(
  values: Readonly<Record<string, unknown>>,
  names: readonly string[],
  because: string,
): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} ${because}`);
}

/** An option that is a time: '1s', '500ms', or 0. */
export function milliseconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? (text === '0' ? ['', '0', 's'] : []);
  const value = Number(digits) * (unit === 's' ? 1000 : 1);
  if (Number.isNaN(value)) throw valueError(`--${name}`, "a time like '1s' or '500ms'", text);
  if (value !== 0 && (value < 10 || value > 86_400_000))
    throw rangeError(`--${name}`, '0 or 10ms..86400s', text);
  return Math.round(value);
}

/** An option that is an address and a port: '239.0.0.1:5004', '[ff02::1]:5004'. */
export function endpoint(name: string, text: string, leastPort = 0): { address: string; port: number } {
  const [, six, four, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = six ?? four;
  if (address === undefined) throw valueError(`--${name}`, "like '239.0.0.1:5004' or '[ff02::1]:5004'", text);
  const port = Number(digits);
  if (port < leastPort || port > 65_535) {
    throw rangeError(`the port of --${name}`, `${leastPort}..65535`, port);
  }
  return { address, port };
}

/**
 * Calls the library. Its errors name the library's options: to the user they are those of the command line.
 *
 * @param names the words for them
 */
export async function naming<T>(
  names: Readonly<Record<string, string>>,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
      error.message = error.message.replace(
        /options\.(\w+)(\[\])?|^(\w+)(?= must be )|(?<=`)(\w+)(?=`)/g,
        (text, option, _, first, quoted) => names[option ?? first ?? quoted] ?? text,
      );
    }
    throw error;
  }
}

/** The options that were given. */
export function withoutUndefined<T extends object>(
  options: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Prints a line, and waits while whoever reads it is behind; not when the command is to end. */
export async function print({ stdout, signal }: Pick<Io, 'stdout' | 'signal'>, line: string): Promise<void> {
  if (stdout.write(`${line}\n`) || signal.aborted) return;
  try {
    await once(stdout, 'drain', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How long a command that was told to end waits for whoever reads it, ms. */
const READER_PATIENCE = 5_000;

/** Nobody takes what was printed: the command ends without it. */
export class UnreadError extends Error {
  override readonly name = 'UnreadError';
}

/**
 * Waits, at the end of a command that was told to end, until all that it printed is taken.
 *
 * @throws UnreadError when that takes too long
 */
export async function handOver({ stdout }: Pick<Io, 'stdout'>): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), READER_PATIENCE);
  try {
    await Promise.race([
      new Promise<void>((resolve) => stdout.write('', () => resolve())),
      once(late.signal, 'abort').then(() => {
        throw new UnreadError(
          `nobody reads standard output: its end was dropped after ${READER_PATIENCE / 1000} s`,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** An object as one line of JSON. Integers of 64 bits are strings, since few readers keep more than 53 of them. */
export function json(value: object): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member));
}

/** Nanoseconds for people: '10 ms', '23.219954 ms', '1 ns'. */
export function duration(ns: bigint): string {
  const [factor, unit] =
    ns >= 1_000_000_000n
      ? ([9, 's'] as const)
      : ns >= 1_000_000n
        ? ([6, 'ms'] as const)
        : ns >= 1_000n
          ? ([3, 'us'] as const)
          : ([0, 'ns'] as const);
  const digits = String(ns).padStart(factor + 1, '0');
  const whole = factor === 0 ? digits : digits.slice(0, -factor);
  const rest = factor === 0 ? '' : digits.slice(-factor).replace(/0+$/, '');
  return `${whole}${rest ? `.${rest}` : ''} ${unit}`;
}
