/** `utimer kernel install`: puts a rebuilt snd-timer where the kernel finds it. */
import { command } from '../table/command.js';
import { dkms, dryRun, folder, headers, release, source } from './options.js';

export const install = command({
  name: 'kernel install',
  summary: 'give a kernel a rebuilt snd-timer',
  about: [
    'Builds the module as `utimer kernel build` does, unless that is done, and puts it into /lib/modules/RELEASE/updates, where the kernel looks first. Where the kernel takes signed modules only, it is signed with the key that the owner of the machine has enrolled. Another kernel needs a module of its own: --dkms has DKMS see to that. This needs root.',
  ],
  arguments: {},
  options: {
    Options: { dkms, release, headers, source, folder: { ...folder, without: 'dkms' }, 'dry-run': dryRun },
  },
  examples: [
    ['sudo utimer kernel install --dkms', 'for the running kernel, and each later one'],
    ['utimer kernel install --dry-run', 'see what it would do, for the running kernel alone'],
  ],
  run: async ({ values }, io) =>
    (await import('./module-actions.js')).installModule({ ...values, dryRun: values['dry-run'] }, io),
});
