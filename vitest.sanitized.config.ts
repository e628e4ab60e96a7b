// The addon suite in processes that have the runtime of a sanitizer: see scripts/sanitize, which sets the rest of their environment.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// For the processes that run tests, and their children; this one need not have it.
process.env.LD_PRELOAD = process.env.SANITIZER_PRELOAD;

/** These load no addon: they run programs that have sanitizers of their own in any case. */
const ownPrograms = ['schedule', 'arrivals', 'media-ring'].map((name) => `test/addon/clock/${name}.test.ts`);

const project = (name: string, include: string) => ({
  test: {
    name,
    include: [include],
    exclude: [...ownPrograms, 'test/addon/condition.test.ts'],
    pool: 'forks' as const,
    testTimeout: 600_000,
  },
});

export default defineConfig({
  test: {
    allowOnly: false,
    maxWorkers: availableParallelism(),
    reporters: ['default', './test/support/no-skips.ts'],
    projects: [
      project('addon', 'test/addon/**/*.test.ts'),
      project('planted', 'test/support/sanitizers/planted.test.ts'),
    ],
  },
});
