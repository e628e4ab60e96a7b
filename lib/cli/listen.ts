/** `utimer listen`: what happens to a timer, as it happens. */
import { TIMER_EVENT_NAMES } from '../timer/events.js';
import { command } from './table/command.js';
import { timer } from './table/machine.js';
import { whole, wordList } from './table/reader.js';
import { time } from './table/time.js';

export const listen = command({
  name: 'listen',
  summary: 'the ticks of a timer, as they come',
  about: [
    'Listens to a timer until it is interrupted, or until the owner of the timer closes it. However it ends, it has counted every tick until then.',
    'While it listens to a userspace-driven timer, snd-aloop starts no cable that this timer clocks.',
  ],
  arguments: {
    timer: {
      reader: timer,
      needed: true,
      example: '-1.4.0',
      help: 'N or -1.4.N for userspace-driven timer N, CARD.DEVICE.SUBDEVICE for that of a PCM substream (SUBDEVICE is twice the substream, plus 1 for capture), or system, hpet, hrtimer',
      more: '`utimer list` shows them',
    },
  },
  options: {
    Options: {
      count: { reader: whole(1, Number.MAX_SAFE_INTEGER), help: 'end after N ticks' },
      timeout: { reader: time({ min: '0', max: '596h' }), help: 'end after this time' },
      ticks: {
        reader: whole(1, 2 ** 32 - 1),
        as: 'intervalTicks',
        default: '1',
        help: 'count N ticks of the timer as one',
        more: 'userspace-driven timers take 1 only',
      },
      events: {
        reader: wordList(...TIMER_EVENT_NAMES),
        as: 'events',
        without: 'plain',
        default: 'tick',
        help: 'what to print, separated by commas',
      },
      'queue-size': {
        reader: whole(32, 1024),
        as: 'queueSize',
        default: '128',
        help: 'records that the kernel keeps while this program is behind',
      },
      plain: { help: 'print ticks without timestamps, and no other events' },
      json: { help: 'print one JSON object a line' },
    },
  },
  notes: {
    JSON: [
      "The first object is { type: 'listening', timer, resolutionNs, clock: 'monotonic' or 'realtime' }. One follows for each event, with type, count, timestampNs and so on. The last is { type: 'summary', ticks, reason: 'count', 'timeout', 'end' or 'interrupt' }. Nanoseconds are strings.",
    ],
  },
  examples: [
    ['utimer listen --count 3 --ticks 20000000 hrtimer', 'print three ticks of 20 ms'],
    ['utimer listen --timeout 10s 0', 'count the ticks of userspace-driven timer 0 for ten seconds'],
    [
      'utimer listen --json --events tick,master-start 0.1.1',
      'watch the capture side of hw:0,1,0 while it runs',
    ],
  ],
  exit: '0; 1 on an error, when there were fewer ticks than --count, or when nobody reads the output of a program that was told to end',
  run: async ({ values, library }, io) => (await import('./timer/tick-log.js')).logTicks(values, library, io),
});
