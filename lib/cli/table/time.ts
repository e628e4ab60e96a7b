/** Times on the command line: '1s', '500ms', '125us'; a number alone is of milliseconds. */
import type { Reader } from './reader.js';
import { mustBe } from './usage-error.js';

/** Nanoseconds. */
const UNITS = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
} as const;

type Unit = keyof typeof UNITS;

/** Nanoseconds of a time, or undefined where it is none, or has a part of a nanosecond. */
export function readTime(text: string): bigint | undefined {
  const [, whole = '', fraction = '', unit = 'ms'] =
    /^(\d+)(?:\.(\d+))?(ns|us|ms|s|min|h)?$/.exec(text.replace(/[µμ]s$/, 'us')) ?? [];
  if (whole === '') return undefined;
  const scaled = BigInt(whole + fraction) * UNITS[unit as Unit];
  const scale = 10n ** BigInt(fraction.length);
  return scaled % scale === 0n ? scaled / scale : undefined;
}

/** A time as one would write it: the largest unit of which it is a whole number. */
export function formatTime(ns: bigint): string {
  if (ns === 0n) return '0';
  const [unit, size] = (Object.entries(UNITS) as [Unit, bigint][]).findLast(
    ([, each]) => ns % each === 0n,
  ) ?? ['ns', 1n];
  return `${ns / size}${unit}`;
}

export interface TimeOptions {
  readonly min: string;
  readonly max: string;
  /** The smallest part that counts. */
  readonly step?: Unit;
  /** What 0 stands for, though it is less than `min`. */
  readonly zero?: string;
}

/** A time in milliseconds. */
export function time(options: TimeOptions): Reader<number> {
  const inNanoseconds = nanoseconds(options);
  return { ...inNanoseconds, read: (text, name) => Number(inNanoseconds.read(text, name)) / 1e6 };
}

/** A time in nanoseconds. */
export function nanoseconds({ min, max, step = 'ns', zero }: TimeOptions): Reader<bigint> {
  const [least, most] = [min, max].map((text) => readTime(text) ?? 0n) as [bigint, bigint];
  const limits = `${formatTime(least)}..${formatTime(most)}`;
  const range = zero === undefined ? limits : `${limits}, or 0: ${zero}`;
  return {
    placeholder: 'TIME',
    range,
    read(text, name) {
      const ns = readTime(text);
      if (ns === 0n && zero !== undefined) return ns;
      if (ns === undefined) throw mustBe(name, 'a time, as 1s, 500ms or 20 (ms)', text);
      if (ns < least || ns > most) {
        throw mustBe(name, `${zero === undefined ? '' : '0 or '}a time of ${limits}`, withUnit(text));
      }
      if (ns % UNITS[step] !== 0n) throw mustBe(name, `a whole number of ${step}`, withUnit(text));
      return ns;
    },
  };
}

/** The number alone with its unit, so that the message says what was understood. */
const withUnit = (text: string) => (/\d$/.test(text) ? `${text}ms` : text);
