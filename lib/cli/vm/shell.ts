/** `utimer vm shell`: a shell in a machine that has userspace-driven timers. */
import { command } from '../table/command.js';
import { machine } from './options.js';
import { runInMachine } from './run-machine.js';

export const shell = command({
  name: 'vm shell',
  summary: 'a shell in the test machine',
  about: [
    'Runs the shell that SHELL names, else /bin/sh, in the machine of `utimer vm run`. On a terminal it has a terminal of the same size there: all keys, Ctrl-C also, go to the machine. `exit` ends it. Elsewhere it reads commands from stdin.',
  ],
  arguments: {},
  options: machine,
  examples: [
    ['utimer vm shell --loopback', 'try by hand what a test would do'],
    ['echo aplay -l | utimer vm shell --loopback', 'without a terminal'],
  ],
  exit: 'that of the shell; 123 and 125 as of `utimer vm run`',
  run({ values }, io) {
    const SHELL = process.env.SHELL || '/bin/sh';
    const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    return runInMachine({ name: 'vm shell', command: [SHELL], env: { SHELL }, terminal }, values, io);
  },
});
