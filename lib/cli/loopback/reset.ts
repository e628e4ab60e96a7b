/** `utimer loopback reset`: gives a loopback card back to jiffies. */
import { command } from '../table/command.js';
import { card } from '../table/machine.js';

export const reset = command({
  name: 'loopback reset',
  summary: 'let jiffies clock a loopback card again',
  about: [
    'Empties /proc/asound/card<N>/timer_source, as it is without anything else: jiffies clock cables that are opened from now on. This needs root. Cables that are open keep their timer.',
  ],
  arguments: {},
  options: {
    Options: {
      card: { reader: card, as: 'which', otherwise: 'the first loopback card', help: 'the card to reset' },
    },
  },
  examples: [['utimer loopback reset --card Loopback', 'let jiffies clock its cables']],
  run: async ({ values }, io) => (await import('./card-actions.js')).pointCard(values.card, '', io),
});
