/** What every page says of a row of a table. */
import {
  argumentName,
  COMMON,
  type Command,
  type OptionRow,
  optionsOf,
  type Sections,
  SHORT,
} from '../table/command.js';

/** '--count N', '-h, --help'. */
export function optionLabel(name: string, { reader }: OptionRow): string {
  const short = SHORT[name] === undefined ? '' : `-${SHORT[name]}, `;
  return `${short}--${name}${reader === undefined ? '' : ` ${reader.placeholder}`}`;
}

/** What it does, in what range, and what applies where it is not given. */
export function rowText({ help, more, reader, default: standard, otherwise }: OptionRow): string {
  const applies = standard ?? otherwise;
  const facts = [
    ...(reader?.range === undefined ? [] : [reader.range]),
    ...(applies === undefined ? [] : [`default: ${applies}`]),
  ];
  const text = [help, ...(facts.length > 0 ? [`(${facts.join('; ')})`] : [])].join(' ');
  if (more === undefined) return text;
  // Whole sentences follow a sentence.
  return more.endsWith('.') ? `${text}. ${more}` : `${text}; ${more}`;
}

/** Its sections, and what every command takes. */
export function sectionsOf({ options }: Pick<Command, 'options'>): Sections {
  return { ...options, ...COMMON };
}

/** Ways to call a command, each a line. */
export function formsOf(command: Command, program: string): string[] {
  return (command.forms ?? [formOf(command)]).map((form) => `${program} ${form}`.trim());
}

function formOf(command: Command): string {
  const options = optionsOf(command).length > 0 ? ['[OPTION]...'] : [];
  const needed = Object.entries(command.arguments).map(([name, row]) =>
    row.needed ? argumentName(name) : `[${argumentName(name)}]`,
  );
  const program = command.program === undefined ? [] : [`[${PROGRAM_LABEL}]`];
  return [...options, ...needed, ...program].join(' ');
}

/** How a program is called that stands behind the options. */
export const PROGRAM_LABEL = '-- COMMAND [ARG]...';

export const USAGE_EXIT = '2 for a wrong command line';

export function exitText({ exit = '0; 1 on an error' }: Command): string {
  return `${exit}; ${USAGE_EXIT}.`;
}

/** What `utimer` is about. */
export const ABOUT = 'Userspace-driven ALSA timers, and the snd-aloop cables they clock.';

/** Values that are written alike in every command. */
export const VALUES: readonly (readonly [placeholder: string, text: string])[] = [
  ['TIME', '1s, 500ms, 125us, 10ns, 2min, 1h; a number alone is of milliseconds'],
  ['HZ', '48000, 48k, 44.1kHz'],
  ['TIMER', 'a number alone is a userspace-driven timer: 5 is -1.4.5'],
  ['CARD', 'the number of a card, or its id'],
];
