// scripts/kernel/prepare where it fails, which takes no kernel: on a machine with an apt-get that gets nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine, root } from '../../support/script-machine.js';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  for (const name of ['qemu-system-x86_64', 'gcc', 'make', 'cpio', 'modprobe', 'depmod', 'zstd', 'rsync'])
    machine.stub(name);
  machine.stub('uname', 'echo x86_64');
  for (const name of ['apt-get', 'apt-cache', 'dpkg-query', 'sudo']) machine.stub(name, 'exit 1');
});
afterEach(() => machine.remove());

const prepare = (args: string[] = [], env: NodeJS.ProcessEnv = {}, checkout = root) =>
  machine.run(join(checkout, 'scripts/kernel/prepare'), args, { env });

/** The commands of the processes of a group, those that have ended left out. */
function processes(group: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, command = '', state, , pgrp] =
          /^\d+ \((.*)\) (\S) (\d+) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(pgrp) === group && state !== 'Z' ? [command] : [];
      } catch {
        return [];
      }
    });
}

// Each of them runs dozens of programs.
describe('A preparation that fails', { timeout: 400_000 }, () => {
  it('leaves no process that has its output open', async () => {
    // Without apt and QEMU it fails as soon as can be, when what it started has only begun.
    const bare = new Machine();
    bare.stub('uname', 'echo x86_64');
    try {
      for (let round = 0; round < 4; round += 1) {
        // It has ended when nobody has its stderr any more: a shell that went on would keep this waiting.
        const { status, stderr, group } = await bare.run(join(root, 'scripts/kernel/prepare'));
        expect([status, stderr]).toEqual([125, expect.stringContaining('no apt-get')]);
        // What the ticker waited with ends by itself, and holds nothing.
        expect(processes(group).filter((command) => command !== 'sleep')).toEqual([]);
      }
    } finally {
      bare.remove();
    }
  });

  it('keeps nothing', async () => {
    await prepare(['small']);
    expect(readdirSync(join(machine.cache, 'alsa-utimer/kernels'))).toEqual(['.small.lock']);
  });
});

describe('The place of a kernel', { timeout: 400_000 }, () => {
  const place = (text: string) => /it will be kept in (.*)/.exec(text)?.[1];

  it('is the same from a checkout whose path has spaces', async () => {
    const spacious = machine.checkout("a checkout's folder");
    for (const kernel of ['stock', 'small', 'sanitized']) {
      const [here, there] = [await prepare([kernel]), await prepare([kernel], {}, spacious)];
      expect(place(here.stderr)).toContain(`/alsa-utimer/kernels/${kernel}-`);
      expect(place(there.stderr)).toBe(place(here.stderr));
      expect(there.stderr).not.toContain('No such file');
    }
  });

  it('is below HOME unless XDG_CACHE_HOME says otherwise', async () => {
    const { stderr } = await prepare([], { XDG_CACHE_HOME: '' });
    expect(place(stderr)).toContain(`${machine.folder}/.cache/alsa-utimer/kernels/stock-`);
  });

  it.each([
    ['neither variable is set', { HOME: '', XDG_CACHE_HOME: '' }, 'neither HOME nor XDG_CACHE_HOME is set'],
    [
      'neither variable is there',
      { HOME: undefined, XDG_CACHE_HOME: undefined },
      'neither HOME nor XDG_CACHE_HOME',
    ],
    ['it has a space', { XDG_CACHE_HOME: '/tmp/a b' }, "'/tmp/a b' has a space or a colon in it"],
    ['it is relative', { XDG_CACHE_HOME: 'cache' }, "must be an absolute path, not 'cache'"],
  ])('is refused, with the reason, where %s', async (_, env, words) => {
    const { status, stdout, stderr } = await prepare([], env);
    expect([status, stdout]).toEqual([125, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/parameter not set|unbound/);
  });
});

describe('The cache', { timeout: 400_000 }, () => {
  const cached = (...names: string[]) => join(machine.cache, 'alsa-utimer', ...names);
  const long = new Date(Date.now() - 90 * 86_400_000);

  function keep(path: string, used?: Date): string {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'kept');
    if (used) utimesSync(path, used, used);
    return path;
  }

  it('drops kernels that nothing has used for long, and nothing else', async () => {
    const old = cached('kernels/stock-0123456789ab');
    const recent = cached('kernels/stock-ba9876543210');
    const foreign = cached('kernels/of my own');
    for (const folder of [old, recent, foreign]) keep(join(folder, 'vmlinux'));
    const initramfs = keep(join(recent, 'initramfs-0123456789ab'), long);
    for (const folder of [old, foreign]) utimesSync(folder, long, long);
    await prepare();
    expect([old, initramfs].filter((path) => existsSync(path))).toEqual([]);
    expect([join(recent, 'vmlinux'), join(foreign, 'vmlinux')].filter((path) => !existsSync(path))).toEqual(
      [],
    );
  });

  it('loses what a preparation left half-made, and nothing that one for another processor makes', async () => {
    const own = keep(cached('kernels/.small-arm64.partial.1/build.log'));
    const other = keep(cached('kernels/.small.partial.1/build.log'));
    await prepare(['small', '--arch', 'arm64']);
    expect([own, other].filter((path) => existsSync(path))).toEqual([other]);
  });

  it('gives up a download that is not what it was, and says so', async () => {
    const damaged = keep(cached('downloads/linux-source-6.12_1.tar.xz'));
    const changed = keep(cached('downloads/linux-source-6.12_2.tar.xz'));
    writeFileSync(`${changed}.sha256`, 'of something else  -\n');
    const whole = cached('downloads/linux-source-6.12_3.tar.xz');
    execFileSync('tar', ['-cJf', whole, '-C', root, 'package.json']);
    const { stderr } = await prepare();
    expect([damaged, changed, whole].filter((path) => existsSync(path))).toEqual([whole]);
    for (const path of [damaged, changed])
      expect(stderr).toContain(`${path} is damaged; it will be downloaded again`);
    // From now on it is compared with what it was.
    writeFileSync(whole, 'cut');
    expect((await prepare()).stderr).toContain(`${whole} is damaged`);
  });
});
