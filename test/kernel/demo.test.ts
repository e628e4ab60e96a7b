// `npm run demo -- --host`: it plays on this very machine, and leaves it as it was.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isLoopbackLoaded, LoopbackCard } from '../../lib/loopback/index.js';

const SOCKET_LIMIT = '/proc/sys/net/core/rmem_max';
/** Other than what the demo sets. */
const SMALL_LIMIT = '212992\n';

let limit: string;
beforeEach(() => {
  limit = readFileSync(SOCKET_LIMIT, 'latin1');
  writeFileSync(SOCKET_LIMIT, SMALL_LIMIT);
});
afterEach(async () => {
  writeFileSync(SOCKET_LIMIT, limit);
  await LoopbackCard.unload();
});

/** Whether a process of this name is there. */
function runs(name: string): boolean {
  return readdirSync('/proc').some((entry) => {
    try {
      return readFileSync(`/proc/${entry}/comm`, 'latin1') === `${name}\n`;
    } catch {
      return false; // no process, or one that has just ended
    }
  });
}

/** What scripts/demo starts on a machine that has the timers. */
function startDemo(...options: string[]): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const words = ['scripts/lib/restoring.mjs', process.execPath, 'scripts/demo.d/main.mjs', ...options];
  return spawn(process.execPath, words, {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  }) as ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> };
}

describe('the demo on this machine', () => {
  it('plays exactly, and leaves timer_source and the limit of sockets as they were', async () => {
    const card = await LoopbackCard.load();
    card.setTimerSource('-1.4.77');
    const demo = startDemo('--seconds', '2');
    const [said, [status]] = await Promise.all([text(demo.stdout), once(demo, 'close')]);
    expect(said).toMatch(/^differing samples +0 *$/m);
    expect(said).toMatch(/^lost on the way +0 +0$/m);
    expect(status).toBe(0);
    expect(card.timerSource()).toBe('-1.4.77');
    expect(readFileSync(SOCKET_LIMIT, 'latin1')).toBe(SMALL_LIMIT);
  });

  it('is ended by Ctrl-C, with every program that it started, and leaves the module as it was', async () => {
    expect(isLoopbackLoaded()).toBe(false);
    const demo = startDemo('--seconds', '1000');
    const ended = once(demo, 'close');
    demo.stdout.resume();
    await vi.waitUntil(() => readFileSync(SOCKET_LIMIT, 'latin1') !== SMALL_LIMIT && runs('arecord'), 60_000);
    demo.kill('SIGINT');
    const [status] = await ended;
    expect(status).toBe(130);
    expect(runs('arecord')).toBe(false);
    expect(isLoopbackLoaded()).toBe(false);
    expect(readFileSync(SOCKET_LIMIT, 'latin1')).toBe(SMALL_LIMIT);
  });
});
