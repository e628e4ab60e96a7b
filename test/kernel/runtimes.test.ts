// The parts of the package that a runtime can influence, on Bun and Deno, with timers and cables of the kernel. On Node.js the
// whole suite is about them.
import { describe } from 'vitest';
import { works } from '../support/package-smoke.js';
import { runtimes } from '../support/runtimes.js';
import { withCard } from './setup.js';

withCard(() => {});

describe.each(runtimes('bun', 'deno'))('$name runs', (runtime) => works(runtime));
