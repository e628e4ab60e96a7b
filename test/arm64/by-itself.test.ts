// The guest by itself for arm64, on the root file system that scripts/vm/run has for it.
import { expect, it } from 'vitest';
import { arm64Root } from '../support/arm64-root.js';
import { bootsAndRunsACommand } from '../support/guest-by-itself.js';

const root = arm64Root();

/** Processors and interrupt controllers that hosts have, whose own a guest with KVM gets. */
const HOSTS = [
  ['cortex-a72', 'gic-version=max'],
  ['cortex-a53', 'gic-version=2'],
  ['neoverse-n1', 'gic-version=3'],
  ['max', 'gic-version=3,its=off'],
] as const;

it.each(HOSTS)('A guest of arm64 runs a command on the processor %s, %s', async (cpu, controller) => {
  const words = [
    ['-cpu cortex-a72', `-cpu ${cpu}`],
    ['gic-version=max', controller],
  ] as const;
  await expect(bootsAndRunsACommand('arm64', root, words)).resolves.toBeUndefined();
});
