/** The command line of `utimer`: finds the command, and runs it. */

import { packageVersion } from '../../package-root.js';
import { didYouMean } from '../../suggestion.js';
import { COMMANDS, commandNamed } from '../commands.js';
import type { Io } from '../output/io.js';
import { unknownCommand } from '../pages/explanation.js';
import { overview } from '../pages/help-page.js';
import { asksFor } from '../table/parse.js';
import { quoted, UsageError } from '../table/usage-error.js';
import { explain, runCommand, say } from './run-command.js';

/** @returns the exit code */
export async function utimer(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  const command = commandNamed(name);
  if (command !== undefined) return runCommand(command, `utimer ${command.name}`, rest, io);
  const wanted = asksFor(args);
  if (wanted !== undefined)
    return say(io.stdout, wanted === 'help' ? overview(COMMANDS) : packageVersion(), 0);
  return explain(unknown(name), 'utimer', io);
}

function unknown(name: string | undefined): UsageError {
  if (name === undefined)
    return new UsageError(`a command is needed: ${COMMANDS.map((command) => command.name).join(', ')}`);
  if (name.startsWith('-'))
    return new UsageError(`unknown option ${quoted(name)}${didYouMean(name, ['--help', '--version'])}`);
  return unknownCommand(name, COMMANDS);
}
