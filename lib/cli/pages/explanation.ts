/** The explanation of a command, or of all of them. */

import { didYouMean } from '../../suggestion.js';
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import type { Command } from '../table/command.js';
import { quoted, UsageError } from '../table/usage-error.js';
import { helpPage, overview } from './help-page.js';

/**
 * @returns the exit code
 * @throws UsageError for a command that does not exist
 */
export async function explainCommand(
  name: string | undefined,
  commands: readonly Command[],
  io: Io,
): Promise<number> {
  const command = commands.find((known) => known.name === name);
  if (name !== undefined && command === undefined) throw unknownCommand(name, commands);
  await print(io, command === undefined ? overview(commands) : helpPage(command, `utimer ${command.name}`));
  return 0;
}

export function unknownCommand(name: string, commands: readonly Command[]): UsageError {
  const names = commands.map((command) => command.name);
  return new UsageError(`unknown command ${quoted(name)}${didYouMean(name, names)}`);
}
