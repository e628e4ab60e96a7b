/** `utimer loopback status`: loopback cards and their cables. */
import { command } from '../table/command.js';
import { card } from '../table/machine.js';

export const status = command({
  name: 'loopback status',
  summary: 'show loopback cards and their cables',
  about: ['Shows the loopback cards, what clocks them, their open cables, and who holds those.'],
  arguments: {},
  options: {
    Options: {
      card: { reader: card, as: 'which', otherwise: 'all', help: 'show only this card' },
      json: { help: 'print everything as JSON' },
    },
  },
  examples: [['utimer loopback status --card Loopback', 'show one card']],
  run: async ({ values }, io) => (await import('./card-actions.js')).showCards(values.card, values.json, io),
});
