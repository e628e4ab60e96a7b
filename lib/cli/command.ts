/** What the subcommands of `utimer` have in common. */
import { once } from 'node:events';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { rangeError, valueError } from '../arguments.js';

export interface Command {
  /** One line for `utimer --help`. */
  readonly summary: string;
  /** For `utimer NAME --help`. */
  readonly help: string;
  /** @returns the exit code */
  run(args: readonly string[], io: Io): Promise<number>;
}

export interface Io {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
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

/** As parseArgs of node:util, but what begins like a timer, `-1.4.0`, is one, and a mistake is a UsageError. */
export function parse<const T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const isTimer = (arg: string) => /^-\d+([.,]|$)/.test(arg);
  try {
    const { values, positionals } = parseArgs({
      args: args.filter((arg) => !isTimer(arg)),
      options: options as Options,
      allowPositionals: true,
    });
    return {
      values: values as Parsed<T>['values'],
      positionals: [...args.filter(isTimer), ...positionals],
    };
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

/** Prints a line, and waits while whoever reads it is behind. */
export async function print({ stdout }: Io, line: string): Promise<void> {
  if (!stdout.write(`${line}\n`)) await once(stdout, 'drain');
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
