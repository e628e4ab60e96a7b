/** `utimer completion`: lets a shell complete the command line. */
import { printScript, SHELLS } from './completion/script.js';
import { type Command, command } from './table/command.js';
import { words } from './table/reader.js';

export const completion = (commands: () => readonly Command[]) =>
  command({
    name: 'completion',
    summary: 'a script that lets a shell complete command lines',
    about: [
      'Prints a script for a shell. The shell then completes commands, options, words, files, timers, loopback cards and network interfaces.',
    ],
    arguments: { shell: { reader: words(...SHELLS), needed: true, help: 'the shell that reads the script' } },
    options: {},
    notes: {
      Completion: [
        'A shell completes the command `utimer`, which must be in the PATH: install the package with `npm install -g alsa-utimer`. `npx utimer` is not completed.',
        'The folder of a script must exist: `mkdir -p` makes it.',
      ],
    },
    examples: [
      ['source <(utimer completion bash)', 'complete in this bash'],
      [
        'utimer completion bash >~/.local/share/bash-completion/completions/utimer',
        'complete in every bash, by the package bash-completion',
      ],
      ['utimer completion zsh >~/.zfunc/_utimer', 'complete in every zsh that has ~/.zfunc in its fpath'],
      ['utimer completion fish >~/.config/fish/completions/utimer.fish', 'complete in every fish'],
    ],
    run: ({ values }, io) => printScript(values.shell, commands(), io),
  });
