// The suites: what each needs is in CONTRIBUTING.md.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BalancedShards } from './test/support/balanced-shards.js';

const project = (name: string, options: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});
/** Vitest would leave one processor of two idle. Its own group: projects that run together share the number of workers. */
const parallel = { maxWorkers: availableParallelism(), sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    allowOnly: false,
    sequence: { sequencer: BalancedShards },
    reporters: ['default', './test/support/no-skips.ts'],
    projects: [
      // Long enough for a machine that is busy with guests: nothing here waits for time to pass.
      project('unit', { ...parallel, testTimeout: 30_000 }),
      project('addon', { ...parallel, testTimeout: 60_000 }),
      // The runtimes besides this one: scripts/runtimes gets them.
      project('runtimes', { testTimeout: 120_000 }),
      // One kernel, one set of 128 timers and one loopback card: one file after the other, in one process.
      project('kernel', {
        fileParallelism: false,
        isolate: false,
        testTimeout: 300_000,
        hookTimeout: 120_000,
        setupFiles: ['test/support/needs-kernel.ts'],
      }),
      project('vm', { fileParallelism: false, testTimeout: 600_000, hookTimeout: 1_200_000 }),
      // Guests with the kernel that scripts/release/vm has packed.
      project('machine', { fileParallelism: false, testTimeout: 600_000 }),
      // Of scripts/test-arm64: a guest of another processor is prepared first.
      project('arm64', { fileParallelism: false, testTimeout: 1_800_000 }),
      // Builds the site, and shows pages of it in a browser.
      project('docs', { fileParallelism: false, testTimeout: 120_000, hookTimeout: 600_000 }),
      project('package', { ...parallel, testTimeout: 300_000 }),
    ],
  },
});
