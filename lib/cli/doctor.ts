/** `utimer doctor`: what this machine lacks, and how to get it. */
import { command } from './table/command.js';

export const doctor = command({
  name: 'doctor',
  summary: 'what this machine lacks, and how to get it',
  about: [
    'Looks at all that userspace-driven timers and cables need: the addon, the kernel, devices and rights, snd-aloop, limits, clocks and sockets. At the end it tries them: a timer that ticks, and frames through a free cable, which it compares. It changes nothing, unless --fix is given.',
  ],
  arguments: {},
  options: {
    Options: {
      json: { help: 'print one JSON object a check, a line each', without: 'report' },
      report: {
        help: 'print text for a bug report, without names and addresses',
        without: 'fix',
        more: 'Names of the user, the host and the home folder, addresses of networks and devices and serial numbers are left out: <user>, <host>, <address>. Read it before you publish it.',
      },
      fix: {
        help: 'run the steps that are safe, after showing them',
        without: 'json',
        more: 'Safe are those whose changes are gone when the machine starts anew: loading a module, or a larger limit of sockets. It asks first, and looks at everything anew behind them.',
      },
      yes: { help: 'do not ask', with: ['fix'] },
    },
  },
  notes: {
    'Exit status': [
      '0 where nothing failed, 1 where something did. What is only worse than it could be is a warning.',
    ],
    JSON: [
      'An object has id, status (ok, warn, fail or skip), seen, why, next (what to do, in order: a line that begins with $ is for a shell), fixes (the lines of next that are safe to run, without $) and help (the path of a page, and an anchor).',
    ],
  },
  examples: [
    ['utimer doctor', 'look at everything'],
    ['utimer doctor --fix', 'load what is missing, after asking'],
    [`utimer doctor --json | jq -r 'select(.status == "fail").next[]'`, 'print only what to do'],
  ],
  run: async ({ values }, io) => {
    if (values.fix) return (await import('./doctor/fixing.js')).fixMachine(values.yes, io);
    const { printDiagnosis, printReport } = await import('./doctor/diagnosis.js');
    return values.report ? printReport(io) : printDiagnosis(values.json, io);
  },
});
