/** `utimer loopback point`: points a loopback card at a timer. */
import { command } from '../table/command.js';
import { card, timerSource } from '../table/machine.js';

export const point = command({
  name: 'loopback point',
  summary: 'point a loopback card at a timer',
  about: [
    'Points a loopback card at a timer through /proc/asound/card<N>/timer_source, and reads it back. This needs root. Cables that are open keep their timer.',
  ],
  arguments: {
    timer: {
      reader: timerSource,
      needed: true,
      example: '5',
      help: 'N for userspace-driven timer N, a timer_source as -1.4.0, jiffies, or from Linux 7.3 on hrtimer',
    },
  },
  options: {
    Options: {
      card: { reader: card, as: 'which', otherwise: 'the first loopback card', help: 'the card to point' },
    },
  },
  examples: [
    ['utimer loopback point 5', 'let userspace-driven timer 5 clock cables that are opened from now on'],
    ['utimer loopback point --card Loopback jiffies', 'let jiffies clock them'],
  ],
  run: async ({ values }, io) => (await import('./card-actions.js')).pointCard(values.card, values.timer, io),
});
