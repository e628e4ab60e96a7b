/** `utimer help`: what the commands do. */
import { explainCommand } from './pages/explanation.js';
import { type Command, command } from './table/command.js';
import { text } from './table/reader.js';

export const help = (commands: () => readonly Command[]) =>
  command({
    name: 'help',
    summary: 'explain a command',
    about: ['Lists the commands, or explains one: as `utimer COMMAND --help` does.'],
    arguments: {
      command: { reader: text('COMMAND', 'command'), help: 'the command to explain' },
      subcommand: { reader: text('SUBCOMMAND'), help: 'its second word, as of `loopback load`' },
    },
    options: {},
    examples: [['utimer help bridge', 'show all options of `utimer bridge`']],
    run: ({ values: { command: first, subcommand } }, io) =>
      explainCommand(
        [first, subcommand].filter((word) => word !== undefined),
        commands(),
        io,
      ),
  });
