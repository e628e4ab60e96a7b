/** `utimer create`: a userspace-driven timer for a program in any language. */
import { MAX_RATE } from '../rtp/format.js';
import { command } from './table/command.js';
import { userTimer } from './table/machine.js';
import { rate, whole } from './table/reader.js';
import { nanoseconds } from './table/time.js';

export const create = command({
  name: 'create',
  summary: 'a timer for a program in any language, which triggers it',
  withoutReader: 'go on',
  program: 'what to run with the timer; without it, the timer is there until this command is interrupted',
  about: [
    "Makes a userspace-driven timer, and runs COMMAND with it. COMMAND inherits the descriptor of the timer, and ticks it: ioctl(fd, SNDRV_TIMER_IOCTL_TRIGGER), which is _IO('T', 0xa6), 0x54a6 on x86 and ARM. Nobody else triggers it. When COMMAND ends, the timer is gone.",
    'SIGINT, SIGTERM and SIGHUP go to COMMAND, each as often as it comes. The keys of a terminal reach COMMAND by themselves.',
  ],
  arguments: {},
  options: {
    'The timer': {
      rate: {
        reader: rate(MAX_RATE),
        as: 'rate',
        without: 'resolution',
        otherwise: '48k',
        help: 'sample rate of the cable that the timer is for',
      },
      period: {
        reader: whole(1, 2 ** 20, 'FRAMES'),
        as: 'periodFrames',
        without: 'resolution',
        otherwise: '10 ms',
        help: 'frames that the cable moves at a tick',
      },
      resolution: {
        reader: nanoseconds({ min: '1ns', max: '596h' }),
        as: 'resolutionNs',
        otherwise: 'that of --rate and --period',
        help: 'what a tick stands for, where it is for no cable',
      },
      timer: {
        reader: userTimer,
        as: 'id',
        otherwise: 'the lowest that is free',
        help: 'take this id, where timer_source names it for good',
      },
    },
    'The output': {
      json: { help: 'without COMMAND: print one JSON object' },
    },
  },
  notes: {
    Environment: [
      'COMMAND has ALSA_UTIMER_ID (the id, 0..127), ALSA_UTIMER_SOURCE (what to write into timer_source, -1.4.N) and ALSA_UTIMER_FD (the number of the descriptor). It inherits no other descriptor but 0, 1 and 2. A program that COMMAND leaves behind keeps the timer, unless it closes the descriptor.',
      'Two processes, or two threads, must not trigger at once: the kernel would lose a period.',
    ],
    JSON: ['The object is { timer, timerSource, resolutionNs }, the last one as a string.'],
  },
  examples: [
    ['utimer create --rate 48k --period 480 -- ./my-clock', 'run a program that ticks the timer'],
    ['utimer create --timer 5', 'hold the timer that a timer_source names for good'],
  ],
  exit: 'that of COMMAND, 128 + N where signal N has ended it; 126 where COMMAND may not be run, 127 where there is none; 1 on an error',
  run: async (given, io) => (await import('./create/run-create.js')).runCreate(given, io),
});
