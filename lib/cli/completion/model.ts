/** What there is to complete: the commands, their options and their arguments. */
import { argumentName, COMMON, type Command, optionsOf, SHORT } from '../table/command.js';
import { membersOf, wordsOf } from '../table/groups.js';
import type { Reader, Suggested } from '../table/reader.js';

/** What stands for a value, and where it comes from; from nowhere where it cannot be suggested. */
export interface Completed {
  readonly placeholder: string;
  readonly from: Exclude<Suggested, 'command'> | undefined;
  /** What its words stand for, where that is known. */
  readonly meanings: Readonly<Record<string, string>>;
}

export interface CompletedOption {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  /** Undefined for a flag. */
  readonly value: Completed | undefined;
}

export interface CompletedCommand {
  /** Of two words, where it is in a group. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly Completed[];
  /** Whether a command line of another program stands behind `--`. */
  readonly takesProgram: boolean;
}

/** A word that stands in the place of a command's name. */
export interface CompletedWord {
  readonly word: string;
  readonly summary: string;
}

/** The commands that are one word, and the groups. */
export function firstWords(commands: readonly CompletedCommand[]): CompletedWord[] {
  return wordsOf(commands).map((word) => ({
    word,
    summary:
      commands.find(({ name }) => name === word)?.summary ??
      `${wordsOf(commands, word).join(', ')}: see utimer ${word} --help`,
  }));
}

/** The groups, and the second words of their commands. */
export function groupsOf(
  commands: readonly CompletedCommand[],
): (readonly [group: string, words: readonly CompletedWord[]])[] {
  return wordsOf(commands)
    .map((group) => [group, membersOf(group, commands)] as const)
    .filter(([, members]) => members.length > 0)
    .map(([group, members]) => [
      group,
      members.map(({ name, summary }) => ({ word: name.slice(group.length + 1), summary })),
    ]);
}

export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  const names = wordsOf(commands);
  const completed = (placeholder: string, { suggests, meanings = {} }: Reader<unknown>): Completed => ({
    placeholder,
    from: suggests === 'command' ? names : suggests,
    meanings,
  });
  return commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    options: [...optionsOf(command), ...optionsOf({ options: COMMON })].map(([name, { help, reader }]) => ({
      name,
      short: SHORT[name],
      help,
      value: reader && completed(reader.placeholder, reader),
    })),
    arguments: Object.entries(command.arguments).map(([name, { reader }]) =>
      completed(argumentName(name), reader),
    ),
    takesProgram: command.program !== undefined,
  }));
}
