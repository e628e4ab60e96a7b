/** The script that lets a shell complete the command line. */
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import type { Command } from '../table/command.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { completedCommands } from './model.js';
import { zshScript } from './zsh.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** @returns the exit code */
export async function printScript(
  shell: (typeof SHELLS)[number],
  commands: readonly Command[],
  io: Io,
): Promise<number> {
  await print(io, SCRIPTS[shell](completedCommands(commands)));
  return 0;
}
