/** The explanation of a command, of a group, or of all of them. */
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import type { Command } from '../table/command.js';
import { commandOf, membersOf, nameError } from '../table/groups.js';
import { helpPage, overview } from './help-page.js';

/**
 * @param name of a command or a group; nothing for all
 * @returns the exit code
 * @throws UsageError for a command that does not exist
 */
export async function explainCommand(
  name: readonly string[],
  commands: readonly Command[],
  io: Io,
): Promise<number> {
  await print(io, explanation(name, commands));
  return 0;
}

function explanation(name: readonly string[], commands: readonly Command[]): string {
  const command = commandOf(name, commands);
  if (command?.name === name.join(' ')) return helpPage(command, `utimer ${command.name}`);
  const [first, second] = name;
  if (first === undefined) return overview(commands, 'utimer');
  const members = membersOf(first, commands);
  if (members.length === 0) throw nameError(name.join(' '), commands);
  if (second === undefined) return overview(members, `utimer ${first}`);
  throw nameError(second, commands, first);
}
