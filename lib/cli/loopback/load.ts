/** `utimer loopback load`: loads snd-aloop. */
import { command } from '../table/command.js';
import { timerSource } from '../table/machine.js';
import { text, whole } from '../table/reader.js';

export const load = command({
  name: 'loopback load',
  summary: 'load the kernel module snd-aloop with one card',
  about: ['Loads the kernel module snd-aloop with one card. This needs root.'],
  arguments: {},
  options: {
    Options: {
      index: {
        reader: whole(0, 255),
        as: 'index',
        otherwise: 'the first that is free',
        help: 'number of the card',
      },
      id: { reader: text('NAME'), as: 'id', otherwise: 'Loopback', help: 'id of the card' },
      substreams: {
        reader: whole(1, 8),
        as: 'substreams',
        default: '8',
        help: 'substreams of each device',
      },
      notify: { help: 'break a cable when its playback changes the format' },
      timer: {
        reader: timerSource,
        as: 'timerSource',
        otherwise: 'jiffies',
        help: 'what clocks its cables: N for userspace-driven timer N, a timer_source as -1.4.0, jiffies, or from Linux 7.3 on hrtimer',
      },
      print: { help: 'print the command instead of running it' },
    },
  },
  examples: [
    ['utimer loopback load --timer 5', 'load a card whose cables userspace-driven timer 5 clocks'],
    ['utimer loopback load --id Studio --print', 'show the command for an administrator'],
  ],
  run: async ({ values, library }, io) =>
    (await import('./card-actions.js')).loadCard({ ...library, notify: values.notify }, values.print, io),
});
