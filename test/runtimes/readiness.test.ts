// Waiting for descriptors on every runtime but this one, for which test/addon/readiness.test.ts has the same.
import { describe, expect, it } from 'vitest';
import { keepsItsPromises, runScenario } from '../support/readiness-contract.js';
import { runtimes } from '../support/runtimes.js';

const others = runtimes().filter(({ name }) => name !== `node${process.versions.node.split('.')[0]}`);

describe.each(others)('The event loop of $name', (runtime) => {
  keepsItsPromises(runtime);

  if (!runtime.name.startsWith('node')) {
    it('refuses to be woken by libuv, which it has not', async () => {
      const ended = await runScenario({ ...runtime, env: { ALSA_UTIMER_WAKE: 'uv' } }, 'refused');
      expect(ended).toMatchObject({
        code: 0,
        signal: null,
        stdout: '"ALSA_UTIMER_WAKE is uv, and the event loop of this runtime is not libuv\'s"\n',
      });
    });
  }
});
