/** A script of its own that has a command's table. */
import type { Command } from '../table/command.js';
import { asProcess } from './process.js';
import { runCommand } from './run-command.js';

export async function runScript(command: Command, program: string): Promise<void> {
  await asProcess((io) => runCommand(command, program, process.argv.slice(2), io), command.withoutReader);
}
