/** `utimer selftest`: what this kernel keeps of what kernels promise. */
import { command } from './table/command.js';
import { text } from './table/reader.js';

export const selftest = command({
  name: 'selftest',
  summary: 'check what kernels promise on the one that runs here',
  // What it has changed is set back.
  withoutReader: 'go on',
  about: [
    'Runs the cases of what kernels promise about userspace-driven timers, about listening to timers, and about cables of snd-aloop that they clock, on the kernel that runs here. This takes a few minutes, and root.',
    'It first says on standard error what it disturbs. It refuses to begin where another selftest runs, or another program has a userspace-driven timer or a loopback card. A card that is there is left as it was, with its timer_source; where snd-aloop is not loaded, it is loaded and unloaded again.',
    'Cases that can crash a kernel are left out, unless its version, or the changelog of its package, says that it is mended.',
    'Ctrl-C ends it behind the case that runs. A second one ends it at once: then snd-aloop stays loaded, or the card keeps the timer_source of the case.',
  ],
  arguments: {},
  options: {
    Cases: {
      only: {
        reader: text('CASE'),
        otherwise: 'all',
        help: 'only these: numbers as U01,L43, or a part of their names',
      },
      list: { help: 'print the names of the cases, and run none', without: 'may-crash' },
      'may-crash': {
        help: 'also run cases that can crash a kernel which is not mended',
        more: 'They use faults of older kernels, which are named in the report. What follows may be a kernel that stops, or memory of it that is wrong: save your work first.',
      },
    },
  },
  notes: {
    'The report': [
      'Standard output is KTAP version 1 (https://docs.kernel.org/dev-tools/ktap.html): a file of cases is a test, its cases are the subtests. A case that must not run here is `ok` with `# SKIP` and the reason. The lines at the end count the cases, and name those that failed or were skipped. What could not be finished ends with `Bail out!`.',
    ],
  },
  examples: [
    ['sudo utimer selftest >report.ktap', 'run all cases that are harmless here'],
    ['utimer selftest --only R17', 'run one case, as root'],
    ['utimer selftest --list', 'show what there is'],
  ],
  exit: '0 where every case passed or was skipped; 1 where one failed, or not all could run',
  run: async ({ values }, io) =>
    (await import('./selftest/run-selftest.js')).runSelftest(
      { only: values.only, list: values.list, mayCrash: values['may-crash'] },
      io,
    ),
});
