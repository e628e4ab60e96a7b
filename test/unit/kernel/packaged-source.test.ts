// snd-timer/source: where the source of a kernel is in a distribution. The package managers are stand-ins, which answer as those of
// Debian, Ubuntu and Raspberry Pi OS do; apt-get and dpkg-deb make what those would.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kernelSource } from '../../../lib/kernel/source.js';
import { targetKernel } from '../../../lib/kernel/target.js';

let machine: string;
beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'packages '));
  mkdirSync(join(machine, 'bin'));
  vi.stubEnv('PATH', `${join(machine, 'bin')}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(machine, { recursive: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(machine, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

interface Packages {
  /** What has the kernel's own snd-timer. */
  readonly owner: string;
  /** `${Version} ${source:Package} ${source:Version}` of it. */
  readonly fields: string;
  /** linux-source packages, by their names. */
  readonly offered?: Readonly<Record<string, readonly string[]>>;
  /** Source packages. */
  readonly sources?: Readonly<Record<string, readonly string[]>>;
}

/** dpkg-query and apt-cache, which answer only what they are asked about this release. */
function packages(release: string, { owner, fields, offered = {}, sources = {} }: Packages): void {
  program(
    'dpkg-query',
    `case "$*" in
    "--search */lib/modules/${release}/kernel/sound/core/snd-timer.ko*") echo "${owner}: /usr/lib/modules/${release}/kernel/sound/core/snd-timer.ko.xz" ;;
    "--show --showformat \\\${Version} \\\${source:Package} \\\${source:Version} ${owner}") printf %s '${fields}' ;;
    *) echo "dpkg-query: no path found matching pattern" >&2; exit 1 ;;
    esac`,
  );
  const madison = Object.entries(offered).flatMap(([name, versions]) =>
    versions.map((version) => `${name} | ${version} | http://an.archive trixie/main amd64 Packages`),
  );
  const showsrc = Object.entries(sources).map(
    ([name, versions]) =>
      `'showsrc --only-source ${name}') printf 'Package: ${name}\\nVersion: %s\\n\\n' ${versions.join(' ')} ;;`,
  );
  program(
    'apt-cache',
    `case "$*" in
    madison*) printf '%s\\n' ${[...madison, 'linux | 6.12.95-1 | http://an.archive trixie/main Sources'].map((row) => `'${row}'`).join(' ')} | grep "^$2 " ;;
    ${showsrc.join('\n')}
    *) exit 100 ;;
    esac`,
  );
}

const lines = async (release: string) =>
  (await kernelSource(targetKernel({ release }), undefined)('/to')).map(({ line }) => line);

describe('The source of a kernel in a distribution', () => {
  const DEBIAN = {
    owner: 'linux-image-6.12.95+deb13-amd64',
    fields: '6.12.95-1 linux-signed-amd64 6.12.95+1',
  };

  it('is linux-source of Debian, in the version of the kernel, which is signed in a package of its own', async () => {
    packages('6.12.95+deb13-amd64', {
      ...DEBIAN,
      offered: { 'linux-source-6.12': ['6.12.99-1', '6.12.95-1'] },
    });
    const plan = await kernelSource(targetKernel({ release: '6.12.95+deb13-amd64' }), undefined)('/to');
    expect(plan[0]).toEqual({
      why: 'the source of the distribution: linux-source-6.12 6.12.95-1',
      line: 'cd /to && apt-get download linux-source-6.12=6.12.95-1',
    });
  });

  it('is linux-source of Ubuntu, in the version of the modules', async () => {
    packages('6.17.0-41-generic', {
      owner: 'linux-modules-6.17.0-41-generic',
      fields: '6.17.0-41.41 linux 6.17.0-41.41',
      offered: { 'linux-source-6.17.0': ['6.17.0-5.5', '6.17.0-41.41'] },
    });
    expect((await lines('6.17.0-41-generic'))[0]).toBe(
      'cd /to && apt-get download linux-source-6.17.0=6.17.0-41.41',
    );
  });

  it.each([
    [
      'Raspberry Pi OS',
      '6.12.47+rpt-rpi-v8',
      { owner: 'linux-image-6.12.47+rpt-rpi-v8', fields: '1:6.12.47-1+rpt1 linux 1:6.12.47-1+rpt1' },
      'linux=1:6.12.47-1+rpt1',
    ],
    [
      'a newer kernel of Ubuntu',
      '6.17.0-42-generic',
      { owner: 'linux-modules-6.17.0-42-generic', fields: '6.17.0-42.42 linux-hwe-6.17 6.17.0-42.42' },
      'linux-hwe-6.17=6.17.0-42.42',
    ],
    [
      'a flavour of Ubuntu',
      '6.17.0-1021-raspi',
      { owner: 'linux-modules-6.17.0-1021-raspi', fields: '6.17.0-1021.21 linux-raspi 6.17.0-1021.21' },
      'linux-raspi=6.17.0-1021.21',
    ],
  ])('is the source package where there is no linux-source: %s', async (_, release, owned, wanted) => {
    const [name = '', version = ''] = wanted.split('=');
    packages(release, { ...owned, sources: { [name]: ['1:1-1', version] } });
    expect(await lines(release)).toEqual([
      `mkdir -p /to/whole && cd /to/whole && apt-get source ${wanted}`,
      'cd /to/whole && cp */sound/core/timer.c */sound/core/timer_compat.c /to',
      'rm -r /to/whole',
    ]);
  });

  it('is refused in another version, with those that there are', async () => {
    packages('6.12.95+deb13-amd64', {
      ...DEBIAN,
      offered: { 'linux-source-6.12': ['6.12.99-1', '6.12.101-1'] },
      sources: { linux: ['6.12.99-1'] },
    });
    await expect(lines('6.12.95+deb13-amd64')).rejects.toThrow(
      /linux 6\.12\.95-1, is not on offer\. There is: linux-source-6\.12 6\.12\.101-1 6\.12\.99-1; source package linux 6\.12\.99-1.*Update the kernel.*deb-src.*--source/,
    );
    packages('6.12.95+deb13-amd64', DEBIAN);
    await expect(lines('6.12.95+deb13-amd64')).rejects.toThrow(/There is: none/);
  });

  it('is not guessed where no package has the kernel, and where there is no dpkg', async () => {
    packages('6.12.95+deb13-amd64', DEBIAN);
    const own = lines('6.12.95-mine');
    await expect(own).rejects.toThrow(/No package of dpkg has snd-timer of Linux 6\.12\.95-mine.*--source/);
    await expect(own).rejects.toMatchObject({ code: 'ERR_NO_KERNEL_SOURCE' });
    program('dpkg-query', 'exit 127');
    await expect(lines('6.12.95+deb13-amd64')).rejects.toMatchObject({ code: 'ERR_NO_KERNEL_SOURCE' });
  });
});

describe('The lines', () => {
  const core = (top: string) => {
    const folder = join(machine, top, 'sound/core');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'timer.c'), 'timer\n');
    writeFileSync(join(folder, 'timer_compat.c'), 'compat\n');
  };
  const carryOut = async (release: string) => {
    const to = join(machine, "a user's build");
    mkdirSync(to);
    for (const { line } of await kernelSource(targetKernel({ release }), undefined)(to))
      execFileSync('sh', ['-e', '-c', line]);
    return Object.fromEntries(readdirSync(to).map((name) => [name, readFileSync(join(to, name), 'utf8')]));
  };
  const BOTH = { 'timer.c': 'timer\n', 'timer_compat.c': 'compat\n' };

  it.each([
    ['Debian', 'linux-source-6.12', 'usr/src/linux-source-6.12.tar.xz'],
    ['Ubuntu', 'linux-source-6.12.0', 'usr/src/linux-source-6.12.0/linux-source-6.12.0.tar.bz2'],
  ])('leave the two files of a linux-source alone: %s', async (_, name, archive) => {
    const release = '6.12.1-a';
    packages(release, {
      owner: 'linux-image-6.12.1-a',
      fields: '1:2-3 linux 1:2-3',
      offered: { [name]: ['1:2-3'] },
    });
    core(name);
    mkdirSync(join(machine, 'tree/usr/src', name), { recursive: true });
    execFileSync('tar', ['-C', machine, '-caf', join(machine, 'tree', archive), name]);
    execFileSync('ln', ['-sf', `${name}/${name}.tar.bz2`, join(machine, 'tree/usr/src', `${name}.tar.bz2`)]);
    program('apt-get', `[ "$*" = "download ${name}=1:2-3" ] && : >"${name}_1%3a2-3_all.deb"`);
    program(
      'dpkg-deb',
      `[ "$*" = "--extract ${name}_1%3a2-3_all.deb package" ] && cp -a '${machine}/tree' package`,
    );
    expect(await carryOut(release)).toEqual(BOTH);
  });

  it('leave the two files of a source package alone', async () => {
    packages('6.12.1-a', {
      owner: 'linux-image-6.12.1-a',
      fields: '1-1 linux 1-1',
      sources: { linux: ['1-1'] },
    });
    core('linux-6.12.1');
    program(
      'apt-get',
      `[ "$*" = "source linux=1-1" ] && cp -r '${machine}/linux-6.12.1' . && : >linux_1-1.dsc`,
    );
    expect(await carryOut('6.12.1-a')).toEqual(BOTH);
  });
});
