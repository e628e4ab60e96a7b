/** A command line, read by the table of its command: node:util's parseArgs splits it, and the rows read what they are given. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../../suggestion.js';
import {
  argumentName,
  COMMON,
  type Command,
  type Given,
  type OptionRow,
  optionsOf,
  SHORT,
} from './command.js';
import { quoted, UsageError } from './usage-error.js';

/** What a command line asks for before anything is read. */
export function asksFor(args: readonly string[]): 'help' | 'version' | undefined {
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  if (words.includes('--help') || words.includes('-h')) return 'help';
  return words.includes('--version') || words.includes('-V') ? 'version' : undefined;
}

/** @throws UsageError */
export function parse(command: Command, args: readonly string[]): Given<never, never> {
  const rows = new Map([...optionsOf(command), ...optionsOf({ options: COMMON })]);
  const { options, positionals, program } = split(args, rows, command);
  const read = new Reading();
  for (const [name, row] of rows) {
    if (row.reader === undefined) read.values[name] = options.has(name);
    else read.row(name, `--${name}`, row, options.get(name) ?? row.default);
  }
  for (const [index, [name, row]] of Object.entries(command.arguments).entries())
    read.row(name, argumentName(name), row, positionals[index]);
  checkExtra(positionals, command);
  for (const name of options.keys()) checkCompany(name, rows, options);
  checkNeeded(command, read.values);
  const { values, library, names } = read;
  return {
    ...{ values: values as never, library: library as never, names },
    ...{ given: new Set(options.keys()), program },
  };
}

/** The values of rows, by their own names and by the library's. */
class Reading {
  readonly values: Record<string, unknown> = {};
  readonly library: Record<string, unknown> = {};
  readonly names: Record<string, string> = {};

  row(
    name: string,
    shown: string,
    { reader, as }: Pick<OptionRow, 'reader' | 'as'>,
    text: string | undefined,
  ) {
    if (as !== undefined) this.names[as] = shown;
    this.values[name] = undefined;
    if (text === undefined || reader === undefined) return;
    if (text === '') throw new UsageError(`${shown} is empty`);
    const value = reader.read(text, shown);
    this.values[name] = value;
    if (as !== undefined) this.library[as] = value;
  }
}

/** Before what begins like a number, a timer for instance (-1.4.0), which parseArgs would take for options. */
const SHIELD = '\0';
const shield = (arg: string) => (/^-\d/.test(arg) ? SHIELD + arg : arg);
const unshield = (text: string) => text.replace(SHIELD, '');

interface Split {
  /** The text of each option that is given; of a flag nothing. */
  readonly options: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  /** What stands behind `--`, where the command runs that. */
  readonly program: readonly string[];
}

function split(args: readonly string[], rows: ReadonlyMap<string, OptionRow>, command: Command): Split {
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { reader }] of rows) {
    const short = SHORT[name];
    config[name] = {
      type: reader === undefined ? 'boolean' : 'string',
      ...(short !== undefined && { short }),
    };
  }
  const { tokens } = parseArgs({
    args: args.map(shield),
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator' && command.program !== undefined)
      return { options, positionals, program: programOf(args.slice(token.index + 1)) };
    if (token.kind === 'positional') positionals.push(unshield(token.value));
    if (token.kind !== 'option') continue;
    const { name, value, inlineValue } = token;
    const row = rows.get(name);
    if (row === undefined) {
      // `vm run aplay -l`: the option is that of a command that does not stand behind --.
      checkExtra(positionals, command);
      throw unknownOption(args[token.index] ?? token.rawName, [...rows.keys()]);
    }
    if (options.has(name)) throw new UsageError(`--${name} is given twice`);
    if (row.reader === undefined) {
      if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    } else {
      checkGiven(name, row.reader.placeholder, value, inlineValue === true);
    }
    options.set(name, unshield(value ?? ''));
  }
  return { options, positionals, program: [] };
}

function programOf(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError('COMMAND is needed behind --');
  if (words[0] === '') throw new UsageError('COMMAND is empty');
  return words;
}

function checkExtra(positionals: readonly string[], command: Command): void {
  const extra = positionals[Object.keys(command.arguments).length];
  if (extra === undefined) return;
  const where = command.program === undefined ? '' : '; a command stands behind --';
  throw new UsageError(`unexpected argument ${quoted(extra)}${where}`);
}

function unknownOption(arg: string, known: readonly string[]): UsageError {
  const [option = arg] = arg.split('=', 1);
  const options = known.map((name) => `--${name}`);
  return new UsageError(
    `unknown option ${quoted(option)}${didYouMean(option.replace(/^--?/, '--'), options)}`,
  );
}

/** What follows an option and begins like another one is that: its value was forgotten. */
function checkGiven(name: string, placeholder: string, value: string | undefined, isInline: boolean): void {
  if (value === undefined) throw new UsageError(`--${name} needs a value: --${name} ${placeholder}`);
  if (isInline || value === '-' || !value.startsWith('-')) return;
  throw new UsageError(
    `--${name} needs a value, and ${quoted(value)} looks like an option: --${name}=${value} takes it`,
  );
}

/** What would change nothing is refused: somebody means something by it. */
function checkCompany(
  name: string,
  rows: ReadonlyMap<string, OptionRow>,
  given: ReadonlyMap<string, string>,
): void {
  const row = rows.get(name);
  if (row?.with?.some((other) => given.has(other)) === false)
    throw new UsageError(`--${name} is for --${row.with.join(' or --')}`);
  if (row?.without !== undefined && given.has(row.without))
    throw new UsageError(`--${name} cannot be given with --${row.without}`);
  const [other, value] = row?.when ?? [];
  if (other !== undefined && (given.get(other) ?? rows.get(other)?.default) !== value)
    throw new UsageError(`--${name} is for --${other} ${value}`);
}

function checkNeeded(command: Command, values: Readonly<Record<string, unknown>>): void {
  for (const [name, { needed, reader }] of optionsOf(command))
    if (needed && values[name] === undefined)
      throw new UsageError(`--${name} ${reader?.placeholder} is needed`);
  for (const [name, { needed, example }] of Object.entries(command.arguments)) {
    const instance = example === undefined ? '' : `, for instance ${example}`;
    if (needed && values[name] === undefined)
      throw new UsageError(`${argumentName(name)} is needed${instance}`);
  }
}
