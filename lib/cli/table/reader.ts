/** What the value of an option may be: how help calls it, what shells suggest, and how it is read. */

import { didYouMean } from '../../suggestion.js';
import { mustBe, quoted, UsageError } from './usage-error.js';

export interface Reader<T> {
  /** 'N', 'TIME', 'silence|stall'. */
  readonly placeholder: string;
  /** What is taken, where the placeholder does not say it: '1..64'. */
  readonly range?: string;
  readonly suggests?: Suggested;
  /** What suggested words stand for, where a shell shows that. */
  readonly meanings?: Readonly<Record<string, string>>;
  /**
   * @param name what the error calls the option
   * @throws UsageError
   */
  read(text: string, name: string): T;
}

/** What shells suggest: words, or what exists on the machine. */
export type Suggested =
  | readonly string[]
  | 'card'
  | 'command'
  | 'file'
  | 'interface'
  | 'timer'
  | 'user-timer';

/** A whole number, in decimal digits. */
export function whole(min: number, max: number, placeholder = 'N'): Reader<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min}..${max}`;
  return {
    placeholder,
    range,
    read(text, name) {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw mustBe(name, `a whole number of ${range}`, text);
    },
  };
}

/** 32 bits, as a whole number or in hexadecimal. */
export const word32: Reader<number> = {
  placeholder: 'N',
  range: '0..4294967295, or 0x and hexadecimal',
  read(text, name) {
    const value = /^(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
    if (value < 2 ** 32) return value;
    throw mustBe(name, this.range as string, text);
  },
};

/** A number of bytes: '8000000', '512KiB', '2MiB'. */
export function bytes(min: number, max: number): Reader<number> {
  return {
    placeholder: 'BYTES',
    read(text, name) {
      const [, digits, unit] = /^(\d+)(KiB|MiB)?$/i.exec(text) ?? [];
      const factor = unit === undefined ? 1 : /^k/i.test(unit) ? 2 ** 10 : 2 ** 20;
      const value = Number(digits) * factor;
      if (value >= min && value <= max) return value;
      throw mustBe(name, `${min}..${max} bytes, as 1000000, 512KiB or 2MiB`, text);
    },
  };
}

/** A sample rate: '48000', '48k', '44.1kHz'. */
export function rate(max: number): Reader<number> {
  return {
    placeholder: 'HZ',
    read(text, name) {
      const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) *(k|Hz|kHz)?$/i.exec(text.trim()) ?? [];
      const value = Math.round(Number(digits) * (/^k/i.test(unit) ? 1e6 : 1e3)) / 1e3;
      if (value >= 1 && value <= max && Number.isInteger(value)) return value;
      throw mustBe(name, `a rate of 1..${max} Hz, as 48000, 48k or 44.1kHz`, text);
    },
  };
}

/** One of several words. */
export function words<const T extends string>(...known: readonly T[]): Reader<T> {
  const all = known.join('|');
  return {
    ...(all.length <= 16 ? { placeholder: all } : { placeholder: 'WORD', range: listed(known) }),
    suggests: known,
    read(text, name) {
      const found = known.find((word) => word === text);
      if (found !== undefined) return found;
      throw new UsageError(`${name} must be ${listed(known)}, not ${quoted(text)}${didYouMean(text, known)}`);
    },
  };
}

/** One of several words, by what each stands for. */
export function describedWords<const T extends string>(meanings: Readonly<Record<T, string>>): Reader<T> {
  return { ...words(...(Object.keys(meanings) as T[])), meanings };
}

/** 'a, b or c'. */
const listed = (known: readonly string[]) =>
  [known.slice(0, -1).join(', '), ...known.slice(-1)].filter((part) => part !== '').join(' or ');

/** Several of the known words, separated by commas. */
export function wordList<const T extends string>(...known: readonly T[]): Reader<readonly T[]> {
  const one = words(...known);
  return {
    placeholder: 'LIST',
    range: listed(known),
    suggests: known,
    read: (text, name) => text.split(',').map((word) => one.read(word, name)),
  };
}

/** Addresses, separated by commas: the library reads them. */
export const addresses: Reader<readonly string[]> = {
  placeholder: 'LIST',
  read: (text) => text.split(','),
};

/** What the library reads, or nobody. */
export function text(placeholder: string, suggests?: Suggested): Reader<string> {
  return { placeholder, ...(suggests && { suggests }), read: (given) => given };
}

/** A file, or '-' for a standard stream. */
export const file = text('FILE', 'file');
