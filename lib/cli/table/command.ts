/** The table of a command. Parsing, help, completion, the man page and the names in errors come from it. */
import type { Io } from '../output/io.js';
import type { WithoutReader } from '../output/output.js';
import type { Reader } from './reader.js';

/** What help says of a row: a short phrase, which shells show beside a suggestion, and what is to be said besides. */
interface Row {
  readonly help: string;
  readonly more?: string;
  readonly reader?: Reader<unknown>;
  /** The library's option that gets the value; errors of the library name this row in its place. */
  readonly as?: string;
  /** Without it the command line is refused. */
  readonly needed?: boolean;
}

/** An option. Without a reader it is a flag. */
export interface OptionRow extends Row {
  /** What is read where nothing is given, as one would write it. */
  readonly default?: string;
  /** What applies where none is given and no value stands for it: '10 ms', 'what --sdp says'. */
  readonly otherwise?: string;
  /** It means something only beside one of these options. */
  readonly with?: readonly string[];
  /** It cannot be given beside this option. */
  readonly without?: string;
  /** It means something only while another option has this value, as it is written. */
  readonly when?: readonly [option: string, value: string];
}

/** An argument that is no option: the name in the table, in capitals, is its name in help. */
export interface ArgumentRow extends Row {
  readonly reader: Reader<unknown>;
  readonly example?: string;
}

/** Options under their headings. */
export type Sections = Readonly<Record<string, Readonly<Record<string, OptionRow>>>>;
export type Arguments = Readonly<Record<string, ArgumentRow>>;

type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never;
type Rows<S extends Sections, A extends Arguments> = Intersection<S[keyof S]> & A;
type ValueOf<R> = R extends { readonly reader: Reader<infer T> }
  ? T | (R extends { readonly default: unknown } | { readonly needed: true } ? never : undefined)
  : boolean;

/** What a command line gives: the value of each row by its name. */
export type Values<S extends Sections, A extends Arguments> = {
  readonly [Name in keyof Rows<S, A>]: ValueOf<Rows<S, A>[Name]>;
};

/** The values of rows that are the library's options, by the library's names; those that were given, or have a default. */
export type LibraryValues<S extends Sections, A extends Arguments> = {
  readonly [Name in keyof Rows<S, A> as Rows<S, A>[Name] extends { readonly as: infer L extends string }
    ? L
    : never]?: Exclude<ValueOf<Rows<S, A>[Name]>, undefined>;
};

export interface Given<V, L> {
  readonly values: V;
  readonly library: L;
  /** The options that stand on the command line. */
  readonly given: ReadonlySet<string>;
  /** The names of rows by the library's: { periodFrames: '--period' }. */
  readonly names: Readonly<Record<string, string>>;
  /** The program behind `--`, and its arguments; none where there is no `--`. */
  readonly program: readonly string[];
}

interface Table {
  readonly name: string;
  /** A phrase for the list of commands. */
  readonly summary: string;
  /** Ways to call it, without its name; otherwise one is made of its rows. */
  readonly forms?: readonly string[];
  /** What it does with a program that stands behind `--` with arguments of its own; without it, it takes none. */
  readonly program?: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  /** Paragraphs behind the options, under their headings. */
  readonly notes?: Readonly<Record<string, readonly string[]>>;
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Where it can fail in more ways than others: what its exit codes say. */
  readonly exit?: string;
  /** Default 'end'; 'go on' where what it does matters more than what it tells. */
  readonly withoutReader?: WithoutReader;
}

export interface Command extends Table {
  readonly arguments: Arguments;
  readonly options: Sections;
  /** What it does is imported here, so that each start reads all tables and one command. @returns the exit code */
  run(given: Given<never, never>, io: Io): Promise<number>;
}

/** A command by its table, with the types of what its rows read. */
export function command<const A extends Arguments, const S extends Sections>(
  table: Table & {
    readonly arguments: A;
    readonly options: S;
    run(given: Given<Values<S, A>, LibraryValues<S, A>>, io: Io): Promise<number>;
  },
): Command {
  return table;
}

/** What every command takes. */
export const COMMON: Sections = {
  Help: {
    help: { help: 'show this text' },
    version: { help: 'show the version of alsa-utimer' },
  },
};

export const SHORT: Readonly<Record<string, string>> = { help: 'h', version: 'V' };

/** The options of a command, without their headings. */
export function optionsOf({ options }: Pick<Command, 'options'>): [name: string, row: OptionRow][] {
  return Object.values(options).flatMap((section) => Object.entries(section));
}

/** How help calls an argument. */
export function argumentName(name: string): string {
  return name.toUpperCase();
}
