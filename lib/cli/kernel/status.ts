/** `utimer kernel status`: whether a kernel has userspace-driven timers. */
import { command } from '../table/command.js';
import { release } from './options.js';

export const status = command({
  name: 'kernel status',
  summary: 'whether this kernel has userspace-driven timers, and by what',
  about: [
    'Tells whether a kernel was built with CONFIG_SND_UTIMER, whether a rebuilt snd-timer is installed for it, by DKMS or without, and which one is loaded.',
  ],
  arguments: {},
  options: { Options: { release, json: { help: 'print one JSON object' } } },
  notes: {
    JSON: [
      'The object has release, isRunning, option (y, n or unknown), installed (none, ours, dkms or foreign), path and signer where one is installed, loaded (none, installed or other), dkms (none, or how far DKMS has the module for this kernel: added, built or installed), and supported where the kernel is the running one.',
    ],
  },
  examples: [['utimer kernel status', 'look at the running kernel']],
  run: async ({ values }, io) => (await import('./module-status.js')).printStatus(values, values.json, io),
});
