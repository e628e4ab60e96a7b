/** The manual page utimer(1), in the macros of man(7). */
import { argumentName, COMMON, type Command, type OptionRow } from '../table/command.js';
import { ABOUT, exitText, formsOf, optionLabel, PROGRAM_LABEL, rowText, VALUES } from './row-text.js';

export function manPage(commands: readonly Command[], version: string): string {
  return `${[
    `.TH UTIMER 1 "" "alsa\\-utimer ${version}" "User Commands"`,
    // Words stay whole, and lines as they come: options are hard to find where they are hyphenated or stretched.
    '.nh',
    '.ad l',
    '.SH NAME',
    `utimer \\- ${roff(ABOUT.charAt(0).toLowerCase() + ABOUT.slice(1, -1))}`,
    '.SH SYNOPSIS',
    ...commands.flatMap((command) => formsOf(command, '').map((form) => synopsis(command, form))).flat(),
    '.SH OPTIONS',
    ...Object.values(COMMON).flatMap((rows) => Object.entries(rows).flatMap(option)),
    '.SH VALUES',
    'Values of one kind are written alike in every command.',
    ...VALUES.flatMap(([placeholder, text]) => tagged(`\\fI${roff(placeholder)}\\fR`, text)),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    ...commands.flatMap((command) => tagged(bold(`utimer ${command.name}`), exitText(command))),
    '.SH EXAMPLES',
    ...commands.flatMap(({ examples }) => examples).flatMap(example),
    '.SH SEE ALSO',
    '.BR aplay (1),',
    '.BR arecord (1),',
    '.BR modprobe (8)',
  ].join('\n')}\n`;
}

function synopsis({ name }: Command, form: string): string[] {
  return ['.PP', `${bold(`utimer ${name}`)} ${roff(form)}`.trimEnd()];
}

function section(command: Command): string[] {
  return [
    `.SS utimer ${command.name}`,
    ...command.about.flatMap((text) => ['.PP', roff(text)]),
    ...Object.entries(command.arguments).flatMap(([name, row]) =>
      tagged(`\\fI${roff(argumentName(name))}\\fR`, rowText(row)),
    ),
    ...(command.program === undefined ? [] : tagged(`\\fI${roff(PROGRAM_LABEL)}\\fR`, command.program)),
    ...Object.entries(command.options).flatMap(([heading, rows]) => [
      ...titled(heading),
      ...Object.entries(rows).flatMap(option),
    ]),
    ...Object.entries(command.notes ?? {}).flatMap(([heading, texts]) => [
      ...titled(heading),
      ...texts.flatMap((text) => ['.PP', roff(text)]),
    ]),
  ];
}

const option = ([name, row]: [string, OptionRow]) => tagged(label(optionLabel(name, row)), rowText(row));

/** A heading below that of its command. */
const titled = (heading: string) => ['.PP', `${bold(heading)}:`];

const tagged = (tag: string, text: string) => ['.TP', tag, roff(text)];

const bold = (text: string) => `\\fB${roff(text)}\\fR`;

/** '--count N': what is typed stands in bold, what is replaced in italics. */
function label(text: string): string {
  const [, names = text, placeholder] = /^(.*--[\w-]+) (.*)$/.exec(text) ?? [];
  return bold(names) + (placeholder === undefined ? '' : ` \\fI${roff(placeholder)}\\fR`);
}

function example([line, says]: readonly [string, string]): string[] {
  const lines = line.split('\n').map((part, index, { length }) => {
    const indent = index === 0 ? '' : '  ';
    return `${indent}${roff(part)}${index < length - 1 ? ' \\e' : ''}`;
  });
  return ['.PP', roff(`${says}:`), '.PP', '.EX', ...lines, '.EE'];
}

const CHARACTERS: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Text as roff takes it: no character of it means anything, and what is copied from the page is what was meant. */
export function roff(text: string): string {
  return text
    .replaceAll(/[\\\-'`^~]/g, (character) => CHARACTERS[character] ?? character)
    .replace(/^\./, '\\&.');
}
