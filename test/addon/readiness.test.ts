// Waiting for descriptors on this Node, by each wake: see native/binding/wake.h.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../support/fake-alsa.js';
import { keepsItsPromises, runScenario } from '../support/readiness-contract.js';

const node = (wake: string) => ({ command: process.execPath, args: [], env: { ALSA_UTIMER_WAKE: wake } });

describe('An event loop that is woken by libuv', () => keepsItsPromises(node('uv')));

describe('An event loop that is woken by a thread', () => keepsItsPromises(node('thread')));

describe('ALSA_UTIMER_WAKE', () => {
  it('takes two names, and no others', async () => {
    expect(await runScenario(node('epoll'), 'refused')).toMatchObject({
      code: 0,
      stdout: '"ALSA_UTIMER_WAKE must be uv or thread"\n',
    });
  });
});

describe('An errno', () => {
  it('has the name that Node has for it, or that of the kernel', async () => {
    const result = await runOnFake(`
      const { getSystemErrorMap } = await import('node:util');
      const wrong = [];
      const check = (errno, name) => {
        fault('open', { error: errno });
        try {
          addon.openTimerInstance('/dev/snd/timer', false);
          wrong.push([errno, 'none']);
        } catch ({ code }) {
          if (code !== name) wrong.push([errno, code]);
        }
      };
      for (const [errno, [name]] of getSystemErrorMap()) if (errno > -1000 && name !== 'EINTR') check(-errno, name);
      check(addon.errnos.EBADFD, 'EBADFD');
      check(addon.errnos.ESTRPIPE, 'ESTRPIPE');
      check(999, 'E999');
      console.log(JSON.stringify(wrong));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n', stderr: '' });
  });
});
