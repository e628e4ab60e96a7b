/** `utimer doctor`: what this machine lacks, and how to get it. */
import { printDiagnosis } from './doctor/diagnosis.js';
import { command } from './table/command.js';

export const doctor = command({
  name: 'doctor',
  summary: 'what this machine lacks, and how to get it',
  about: [
    'Looks at all that userspace-driven timers and cables need: the addon, the kernel, devices and rights, snd-aloop, limits, clocks and sockets. At the end it tries them: a timer that ticks, and frames through a free cable, which it compares. It changes nothing.',
  ],
  arguments: {},
  options: { Options: { json: { help: 'print one JSON object a check, a line each' } } },
  notes: {
    'Exit status': [
      '0 where nothing failed, 1 where something did. What is only worse than it could be is a warning.',
    ],
    JSON: [
      'An object has id, status (ok, warn, fail or skip), seen, why, next (what to do, in order: a line that begins with $ is for a shell) and help (the path of a page, and an anchor).',
    ],
  },
  examples: [
    ['utimer doctor', 'look at everything'],
    [`utimer doctor --json | jq -r 'select(.status == "fail").next[]'`, 'print only what to do'],
  ],
  run: ({ values }, io) => printDiagnosis(values.json, io),
});
