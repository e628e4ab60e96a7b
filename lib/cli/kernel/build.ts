/** `utimer kernel build`: rebuilds snd-timer with CONFIG_SND_UTIMER. */
import { command } from '../table/command.js';
import { dryRun, folder, headers, release, source } from './options.js';

export const build = command({
  name: 'kernel build',
  summary: 'rebuild the module snd-timer with userspace-driven timers',
  about: [
    'Rebuilds the module snd-timer for a kernel that was built without CONFIG_SND_UTIMER, from the source that this kernel was built from. Each line that it runs is shown before. It needs a compiler, make, and the headers of the kernel; it installs nothing.',
  ],
  arguments: {},
  options: { Options: { release, headers, source, folder, 'dry-run': dryRun } },
  examples: [
    ['utimer kernel build --dry-run', 'see what it would do'],
    ['utimer kernel build --source ~/linux-6.12.95', 'build from a source of your own'],
  ],
  run: async ({ values }, io) =>
    (await import('./module-actions.js')).buildModule({ ...values, dryRun: values['dry-run'] }, io),
});
