// Descriptors as sources of ticks: one that counts, an eventfd of the addon's own, which Node has no way to make; and one at its end.
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Pacer } from '../../../lib/clock/index.js';
import type { NativeBinding } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { loadAddon } from '../../support/addon.js';
import { runChild } from '../../support/child.js';

const eventfds = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]';
    } catch {
      return false;
    }
  });

it('ticks as often as an eventfd counts, and not for each of its bytes', async () => {
  const addon = loadAddon();
  const source = addon.createPacer({ priority: 0, cpu: -1, lockMemory: false });
  const before = new Set(eventfds());
  const watcher = source.watchNews();
  const [fd] = eventfds().filter((each) => !before.has(each));
  const pacer = addon.createPacer({ priority: 0, cpu: -1, lockMemory: false });
  const policy = { skip: false, maxBurst: 100 };
  const followed = pacer.follow(null, Number(fd), policy);
  const ticking = source.start(null, { rate: 1_000, periodFrames: 1, origin: null, ppb: 0, ...policy }, null);
  ticking.tellTicks(true, 0n);
  for (let round = 1n; round <= 10n; round += 1n) {
    while (followed.stats().ticks < round) await setImmediate();
    expect(followed.stats().ticks).toBe(round);
    // Its news is written anew once it was taken.
    source.takeNews();
    if (round < 10n) ticking.news();
  }
  expect(followed.stats()).toMatchObject({ missed: 0n, ended: false });
  watcher.close();
  pacer.close();
  source.close();
  expect([followed.closed(), ticking.closed()]).toEqual([true, true]);
});

it('tells the end of one that had ended before anybody could hear of it', async () => {
  const addon = loadAddon();
  const createPacer: NativeBinding['createPacer'] = (scheduling) => {
    const handle = addon.createPacer(scheduling);
    const follow = handle.follow.bind(handle);
    handle.follow = (...args) => {
      const pacing = follow(...args);
      while (!pacing.stats().ended);
      return pacing;
    };
    return handle;
  };
  setNative({ ...addon, createPacer });
  const fd = openSync('/dev/null', 'r');
  try {
    using pacer = Pacer.open();
    const pacing = pacer.follow(null, { fd });
    await once(pacing, 'end');
    expect([pacing.closed, pacing.stats().ticks]).toEqual([true, 0n]);
  } finally {
    closeSync(fd);
    setNative(undefined);
  }
});

it('is no clock where it is a named pipe, for which nothing waits', async () => {
  const result = await runChild(
    `
    const { execFileSync } = await import('node:child_process');
    const { rmSync } = await import('node:fs');
    const { Clock } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
    const path = '/tmp/no-clock-' + process.pid;
    execFileSync('mkfifo', [path]);
    try { Clock.open(path); } catch ({ code, syscall }) { console.log(code, syscall); }
    rmSync(path);`,
    [],
    // Opening it would never end.
    { through: ['timeout', '--signal=KILL', '50'] },
  );
  expect(result).toEqual({ code: 0, signal: null, stderr: '', stdout: 'EINVAL clock_gettime\n' });
});
