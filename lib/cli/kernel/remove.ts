/** `utimer kernel remove`: takes a rebuilt snd-timer away. */
import { command } from '../table/command.js';
import { dryRun, release } from './options.js';

export const remove = command({
  name: 'kernel remove',
  summary: 'take the rebuilt snd-timer away',
  about: [
    'Removes what `utimer kernel install` has put there; with DKMS, for all kernels. The kernel has its own module again. This needs root.',
  ],
  arguments: {},
  options: { Options: { release, 'dry-run': dryRun } },
  examples: [['sudo utimer kernel remove', 'for the running kernel']],
  run: async ({ values }, io) =>
    (await import('./module-actions.js')).removeModule({ ...values, dryRun: values['dry-run'] }, io),
});
