/** `utimer clocks`: the clocks of the machine. */
import { command } from './table/command.js';

export const clocks = command({
  name: 'clocks',
  summary: 'the clocks of this machine, and how well each can be read',
  about: [
    'Lists the clocks of this machine: how each is read, how long a reading takes, and by how much it is ahead of TAI. These are the clocks of the system, auxiliary clocks that are enabled, and PTP clocks with the network interfaces that they belong to.',
  ],
  arguments: {},
  options: { Options: { json: { help: 'print one JSON object a line' } } },
  notes: {
    TAI: [
      'A PTP clock that a grandmaster sets counts TAI. CLOCK_TAI is right once somebody has told the kernel how many leap seconds there were, as chrony and ntpd do; until then it is CLOCK_REALTIME.',
    ],
    JSON: [
      'An object has name, interfaces, and where they are known driver, method and as strings offsetNs and delayNs. A clock that cannot be read has error instead, with its code and message.',
    ],
  },
  examples: [
    ['utimer clocks', 'show a table'],
    ["utimer clocks --json | jq -r 'select(.driver).name'", 'print the devices of PTP clocks'],
  ],
  run: async ({ values }, io) => (await import('./clock/clock-table.js')).printClocks(values.json, io),
});
