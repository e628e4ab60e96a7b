/** `utimer vm run`: a command in a machine that has userspace-driven timers. */
import { command } from '../table/command.js';
import { UsageError } from '../table/usage-error.js';
import { machine, timeout } from './options.js';
import { runInMachine } from './run-machine.js';

export const run = command({
  name: 'vm run',
  summary: 'run a test in a machine with userspace-driven timers',
  forms: ['[OPTION]... -- COMMAND [ARG]...'],
  program: 'what to run there, as root',
  about: [
    'Boots a small kernel in QEMU on the files of this machine, and runs COMMAND in it: in the same folder, with the same programs. Input, output, errors and the exit code are those of COMMAND. The package alsa-utimer-vm carries the kernel; QEMU is all that has to be installed.',
    'The machine has userspace-driven timers, and with --loopback a card of snd-aloop. What it writes is gone with it, except below --share. It has no network to the outside.',
  ],
  arguments: {},
  options: { ...machine, 'The time': { timeout } },
  notes: {
    'Without KVM': [
      'Where no guest boots with /dev/kvm, QEMU emulates the machine, and this says so. COMMAND may take ten times longer then: --timeout is ten times as long, and UTIMER_VM_TIME_FACTOR is 10 for COMMAND, where it is 1 with KVM.',
    ],
    Environment: [
      'COMMAND has UTIMER_VM, the name of the kernel: a test knows by it where it runs. --env passes on further variables.',
    ],
  },
  examples: [
    ['utimer vm run --loopback -- npm test', 'run the tests of a project with a Loopback card'],
    ['utimer vm run --loopback --share results -- ./record-test.sh', 'and keep what it writes into results/'],
    ['utimer vm run --timeout 2min -- ./test.sh', 'stop after two minutes, or twenty where it is emulated'],
  ],
  exit: 'that of COMMAND, 128 + N where signal N has ended it; 123 where the kernel of the machine failed, 124 where the time was over, 125 where COMMAND did not get to run or its output could not be written, 126 where it may not be run, 127 where there is none',
  run({ values, program }, io) {
    if (program.length === 0) throw new UsageError('COMMAND is needed behind --');
    return runInMachine({ name: 'vm run', command: program, timeoutMs: values.timeout }, values, io);
  },
});
