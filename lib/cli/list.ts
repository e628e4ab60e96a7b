/** `utimer list`: every timer of the system. */
import { command } from './table/command.js';

export const list = command({
  name: 'list',
  summary: 'every timer of the system, and who listens to it',
  about: [
    "Lists every timer of the system: its id, how long a tick is, how many programs have it open, and which. The ids are those of snd-aloop's timer_source; -1.4.N is userspace-driven timer N.",
  ],
  arguments: {},
  options: { Options: { json: { help: 'print one JSON object a line' } } },
  notes: {
    JSON: [
      'An object has timer, class, card, device, subdevice, id, name, slave, clients, and as strings resolutionNs, resolutionMinNs and resolutionMaxNs. Where the kernel tells who the clients are, clientList has their owner and whether they are running.',
    ],
  },
  examples: [
    ['utimer list', 'show a table'],
    ["utimer list --json | jq -r 'select(.clients > 0).timer'", 'print the ids of the timers in use'],
  ],
  run: async ({ values }, io) => (await import('./timer/timer-table.js')).printTimers(values.json, io),
});
