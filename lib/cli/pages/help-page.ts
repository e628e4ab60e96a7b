/** What `--help` prints, of a command and of all of them, within 80 columns. */
import { argumentName, type Command } from '../table/command.js';
import {
  ABOUT,
  exitText,
  formsOf,
  optionLabel,
  PROGRAM_LABEL,
  rowText,
  sectionsOf,
  VALUES,
} from './row-text.js';
import { columns, type LabelledText, paragraph, textColumn, WIDTH, wrap } from './wrap.js';

/** @param program how the command is called: 'utimer listen' */
export function helpPage(command: Command, program: string): string {
  const { about, examples, notes = {}, program: run } = command;
  const parameters = [
    ...Object.entries(command.arguments).map(
      ([name, row]): LabelledText => [argumentName(name), rowText(row)],
    ),
    ...(run === undefined ? [] : [[PROGRAM_LABEL, run] as const]),
  ];
  const sections = Object.entries(sectionsOf(command)).map(
    ([heading, rows]) =>
      [
        heading,
        Object.entries(rows).map(([name, row]): LabelledText => [optionLabel(name, row), rowText(row)]),
      ] as const,
  );
  const column = textColumn([...parameters, ...sections.flatMap(([, rows]) => rows)]);
  return [
    usage(formsOf(command, program)),
    ...about.map((text) => paragraph(text)),
    ...(parameters.length > 0 ? [columns(parameters, column)] : []),
    ...sections.map(([heading, rows]) => `${heading}:\n${columns(rows, column)}`),
    ...Object.entries(notes).map(
      ([heading, texts]) => `${heading}:\n${texts.map((text) => paragraph(text, 2)).join('\n\n')}`,
    ),
    ...(examples.length > 0 ? [`Examples:\n${examples.map(example).join('\n')}`] : []),
    paragraph(`Exit code: ${exitText(command)}`),
  ].join('\n\n');
}

/** Commands that stand longer than a line go on behind a backslash, as a shell takes them. */
function example([line, says]: readonly [string, string]): string {
  return `  ${line.replaceAll('\n', ' \\\n    ')}\n${paragraph(says, 6)}`;
}

/** Forms that stand longer than a line go on further to the right. */
function usage(forms: readonly string[]): string {
  const lines = forms.flatMap((form) => {
    const [first = '', ...rest] = wrap(form, WIDTH - 11);
    return [`       ${first}`, ...rest.map((line) => `           ${line}`)];
  });
  return lines.join('\n').replace('       ', 'Usage: ');
}

/** What `utimer --help` prints, or that of a group of commands. */
export function overview(commands: readonly Command[], program: string): string {
  const options: LabelledText[] = [
    ['-h, --help', 'show this text; `utimer help COMMAND` explains a command'],
    ['-V, --version', 'show the version of alsa-utimer'],
  ];
  const names = commands.map(({ name, summary }): LabelledText => [name, summary]);
  const column = textColumn([...options, ...names]);
  return [
    `Usage: ${program} COMMAND [OPTION]...`,
    ABOUT,
    `Commands:\n${columns(names, column)}`,
    `Options:\n${columns(options, column)}`,
    `Values, the same in every command:\n${columns(VALUES, column)}`,
  ].join('\n\n');
}
