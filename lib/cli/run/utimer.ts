/** The command line of `utimer`: finds the command, and runs it. */

import { packageVersion } from '../../package-root.js';
import { didYouMean } from '../../suggestion.js';
import { COMMANDS } from '../commands.js';
import type { Io } from '../output/io.js';
import { overview } from '../pages/help-page.js';
import { commandOf, membersOf, nameError } from '../table/groups.js';
import { asksFor } from '../table/parse.js';
import { quoted, UsageError } from '../table/usage-error.js';
import { explain, runCommand, say } from './run-command.js';

/** @returns the exit code */
export async function utimer(args: readonly string[], io: Io): Promise<number> {
  const command = commandOf(args, COMMANDS);
  if (command !== undefined) {
    const rest = args.slice(command.name.split(' ').length);
    return runCommand(command, `utimer ${command.name}`, rest, io);
  }
  const members = membersOf(args[0], COMMANDS);
  const [group, commands, name] =
    members.length > 0 ? ([args[0], members, args[1]] as const) : ([undefined, COMMANDS, args[0]] as const);
  const program = group === undefined ? 'utimer' : `utimer ${group}`;
  const wanted = asksFor(args);
  if (wanted !== undefined)
    return say(io.stdout, wanted === 'help' ? overview(commands, program) : packageVersion(), 0);
  return explain(unknown(name, group), program, io);
}

function unknown(name: string | undefined, group: string | undefined): UsageError {
  if (name?.startsWith('-'))
    return new UsageError(`unknown option ${quoted(name)}${didYouMean(name, ['--help', '--version'])}`);
  return nameError(name, COMMANDS, group);
}
