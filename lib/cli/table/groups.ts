/** Commands by their names: those of two words, as 'loopback load', are a group, as 'loopback'. */
import { didYouMean } from '../../suggestion.js';
import { quoted, UsageError } from './usage-error.js';

interface Named {
  readonly name: string;
}

/** The command that a command line begins with. */
export function commandOf<T extends Named>(args: readonly string[], commands: readonly T[]): T | undefined {
  return commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
}

/** Those of a group; none where there is no such group. */
export function membersOf<T extends Named>(group: string | undefined, commands: readonly T[]): readonly T[] {
  return commands.filter(({ name }) => name.startsWith(`${group} `));
}

/** What may stand in the place of a command's name, or behind the name of a group: each word once. */
export function wordsOf(commands: readonly Named[], group?: string): readonly string[] {
  const at = group === undefined ? 0 : 1;
  const among = group === undefined ? commands : membersOf(group, commands);
  return [...new Set(among.map(({ name }) => name.split(' ')[at] as string))];
}

/** What is wrong with a name: there is none, or nothing has it. */
export function nameError(name: string | undefined, commands: readonly Named[], group?: string): UsageError {
  const words = wordsOf(commands, group);
  if (name === undefined) return new UsageError(`a command is needed: ${words.join(', ')}`);
  return new UsageError(`unknown command ${quoted(name)}${didYouMean(name, words)}`);
}
