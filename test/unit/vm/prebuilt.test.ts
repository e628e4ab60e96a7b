// The kernel that the package carries: made by scripts/release/vm of a made-up one, and unpacked into the cache.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const part = (path: string) => import(new URL(`../../../${path}`, import.meta.url).href);
const { clean, Prebuilt } = await part('vm/lib/prebuilt.mjs');
const { installLine } = await part('vm/lib/distribution.mjs');
const { moduleFiles } = await part('vm/lib/modules.mjs');
const { originOf } = await part('scripts/release/vm.d/origin.mjs');
const make = fileURLToPath(new URL('../../../scripts/release/vm.d/main.mjs', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-prebuilt-'));
const MADE_UP: Record<string, string> = {
  release: '7.3.4\n',
  config: 'CONFIG_SND_UTIMER=y\n',
  'built-from':
    'Package: linux-source-7.3\nSource: linux\nVersion: 7.3.4-1~bpo13+1\nCompiler: gcc-12 (Debian 12.2.0-14) 12.2.0\n',
  vmlinux: 'a kernel '.repeat(10_000),
  'licenses/COPYING': 'GPL\n',
  'licenses/GPL-2.0': 'the whole\n',
  'licenses/Linux-syscall-note': 'a note\n',
  'modules/lib/modules/7.3.4/modules.dep': 'kernel/sound/drivers/snd-aloop.ko:\n',
  'modules/lib/modules/7.3.4/kernel/sound/drivers/snd-aloop.ko': 'a module',
};

/** What a build of the kernel would leave, at a time. */
function kernel(name: string, time: number): string {
  for (const [path, text] of Object.entries(MADE_UP)) {
    const file = join(folder, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    utimesSync(file, time, time);
    if (time > 1) chmodSync(file, 0o600);
  }
  return join(folder, name);
}

function packed(name: string, from: string, arch = 'x64'): string {
  const initramfs = join(folder, 'initramfs');
  const musl = join(folder, 'musl');
  writeFileSync(initramfs, 'process 1');
  writeFileSync(musl, 'MIT\n');
  execFileSync(process.execPath, [make, from, initramfs, musl, join(folder, name, arch)]);
  return join(folder, name);
}

const listed = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
const text = (path: string) => readFileSync(path, 'utf8');

let prebuilt: string;
beforeAll(() => {
  prebuilt = packed('one', kernel('first', 1));
});
beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(folder, 'cache-')));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('What the package carries of a kernel', () => {
  it('is the same whenever and wherever it is made', () => {
    const again = packed('two', kernel('second', 2_000_000));
    expect(listed(again)).toEqual(listed(prebuilt));
    expect(text(join(again, 'x64/kernel.json'))).toBe(text(join(prebuilt, 'x64/kernel.json')));
  });

  it('has the licence, the name of the source, and the offer of it', () => {
    const facts = JSON.parse(text(join(prebuilt, 'x64/kernel.json')));
    expect(facts).toMatchObject({
      ...{ release: '7.3.4', source: 'linux 7.3.4-1~bpo13+1', compiler: 'gcc-12 (Debian 12.2.0-14) 12.2.0' },
    });
    expect(Object.keys(facts.sha256)).toEqual(
      listed(join(prebuilt, 'x64')).filter((path) => path in facts.sha256),
    );
    expect(Object.keys(facts.sha256)).toContain('licenses/COPYING');
    const offer = text(join(prebuilt, 'x64/SOURCE'));
    for (const words of [
      'Linux 7.3.4 for\nx64',
      'linux, version 7.3.4-1~bpo13+1',
      'for three years',
      'complete machine-readable',
    ])
      expect(offer).toContain(words);
  });

  it('names the version of the source, which may be another one than that of the package', () => {
    expect(
      originOf('Package: linux-source-7.3\nSource: linux (7.3.4-1)\nVersion: 7.3.4-1+b1\nCompiler: gcc\n'),
    ).toEqual({
      source: 'linux 7.3.4-1',
      compiler: 'gcc',
    });
    expect(() => originOf('Package: linux-source-7.3\n')).toThrow('lacks a field');
  });
});

describe('A kernel', () => {
  it('is unpacked once, whole, by however many at a time', async () => {
    const one = new Prebuilt('x64', prebuilt);
    expect(one.isUnpacked).toBe(false);
    const [first, second] = await Promise.all([one.unpack(), new Prebuilt('x64', prebuilt).unpack()]);
    expect(second).toEqual(first);
    expect(one.isUnpacked).toBe(true);
    expect(text(first.image)).toBe(MADE_UP.vmlinux);
    expect(text(first.initramfs)).toBe('process 1');
    expect(moduleFiles(first.modules, 'snd_aloop index=1')).toEqual([
      'kernel/sound/drivers/snd-aloop.ko index=1',
    ]);
    expect(readdirSync(first.cache)).toEqual([expect.stringMatching(/^7\.3\.4-[0-9a-f]{12}$/)]);
    expect(await one.unpack()).toEqual(first);
  });

  it('is unpacked by each in a folder of its own: no one reads what another one is writing still', async () => {
    const unpacked = [0, 1].map(() => new Prebuilt('x64', prebuilt).unpack());
    const { cache } = new Prebuilt('x64', prebuilt).kernel;
    expect(readdirSync(cache)).toHaveLength(2);
    await Promise.all(unpacked);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('leaves nothing where it could not be unpacked', async () => {
    const one = new Prebuilt('x64', prebuilt);
    await expect(one.unpack(AbortSignal.abort())).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect(readdirSync(one.kernel.cache)).toEqual([]);
  });

  it.each(['initramfs', 'modules/lib/modules/7.3.4/modules.dep', 'vmlinux.br'])(
    'is refused where %s is damaged',
    async (name) => {
      const damaged = packed('damaged', kernel('third', 3));
      writeFileSync(join(damaged, 'x64', name), 'other bytes');
      await expect(new Prebuilt('x64', damaged).unpack()).rejects.toMatchObject({
        status: 125,
        message: expect.stringMatching(/^the kernel could not be unpacked to .*7\.3\.4-/),
      });
      await expect(new Prebuilt('x64', damaged).unpack()).rejects.toMatchObject({
        message: expect.stringContaining(`${name} is damaged: install alsa-utimer-vm anew`),
      });
    },
  );

  it('is refused where its description is damaged', () => {
    const damaged = packed('damaged', kernel('third', 3));
    writeFileSync(join(damaged, 'x64/kernel.json'), '{');
    expect(() => new Prebuilt('x64', damaged)).toThrow(
      expect.objectContaining({ status: 125, message: expect.stringContaining('kernel.json is damaged') }),
    );
  });

  it('has no place where there is a file in the way', async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(prebuilt, 'x64/SOURCE'));
    await expect(new Prebuilt('x64', prebuilt).unpack()).rejects.toThrow(
      /^the kernel could not be unpacked to .*: ENOTDIR: /,
    );
  });

  it('has no place where the user has no home folder', () => {
    vi.stubEnv('XDG_CACHE_HOME', undefined);
    vi.stubEnv('HOME', '');
    expect(() => new Prebuilt('x64', prebuilt).kernel).toThrow(
      'this user has no home folder for the cache: set HOME or XDG_CACHE_HOME to a folder',
    );
  });

  it('is removed with all that is kept', async () => {
    const { cache } = await new Prebuilt('x64', prebuilt).unpack();
    expect(clean()).toEqual({ folder: cache, existed: true });
    expect(clean()).toEqual({ folder: cache, existed: false });
  });

  it('is that of the machine, where there are several', async () => {
    const both = packed('both', kernel('fourth', 4));
    packed('both', kernel('fourth', 4), 'arm64');
    for (const arch of ['x64', 'arm64']) {
      const unpacked = await new Prebuilt(arch, both).unpack();
      expect(unpacked).toMatchObject({ arch, root: '/' });
      expect(text(join(both, arch, 'SOURCE'))).toContain(`Linux 7.3.4 for\n${arch}, built from`);
    }
    // Homes may be shared by machines.
    expect(readdirSync(new Prebuilt('x64', both).kernel.cache)).toHaveLength(2);
    expect(() => new Prebuilt('riscv64', both)).toThrow(
      'alsa-utimer-vm has no kernel for riscv64: it has one for x64 and arm64',
    );
  });

  it('is refused by a machine of another kind, and by a package without one', () => {
    expect(() => new Prebuilt('arm64', prebuilt)).toThrow(
      'alsa-utimer-vm has no kernel for arm64: it has one for x64',
    );
    expect(() => new Prebuilt('x64', join(folder, 'gone'))).toThrow('was packed without its kernel');
  });

  it('is not kept where the machine would not see it', async () => {
    vi.stubEnv('XDG_CACHE_HOME', '/run/user/0');
    await expect(new Prebuilt('x64', prebuilt).unpack()).rejects.toThrow(
      "/run/user/0/alsa-utimer/vm is the guest's own there",
    );
  });
});

describe('The line that installs QEMU', () => {
  it.each([
    ['ID=debian\n', 'sudo apt-get install qemu-system-x86', 'sudo apt-get install qemu-system-arm'],
    [
      'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
      'sudo apt-get install qemu-system-x86',
      'sudo apt-get install qemu-system-arm',
    ],
    [
      'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
      'sudo zypper install qemu-x86',
      'sudo zypper install qemu-arm',
    ],
    ['ID=fedora\n', 'sudo dnf install qemu-system-x86-core', 'sudo dnf install qemu-system-aarch64-core'],
    ['ID=archarm\nID_LIKE=arch\n', 'sudo pacman -S qemu-system-x86', 'sudo pacman -S qemu-system-aarch64'],
    [
      '',
      "your distribution's package of qemu-system-x86_64",
      "your distribution's package of qemu-system-aarch64",
    ],
  ])('is that of the distribution, for either processor: %j', (release, x64, arm64) => {
    expect([installLine('x64', release), installLine('arm64', release)]).toEqual([x64, arm64]);
  });
});
