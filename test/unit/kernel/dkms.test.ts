// The package of snd-timer that DKMS keeps: what `utimer kernel` would run, and what DKMS reads of it.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSource, dkmsInstallPlan, dkmsRemovePlan, stateOf } from '../../../lib/kernel/dkms.js';
import { targetKernel } from '../../../lib/kernel/target.js';
import { packageVersion, packedPath } from '../../../lib/package-root.js';

const release = '6.12.95+deb13-amd64';
const target = targetKernel({ release });
const version = packageVersion();
const own = `/usr/src/alsa-utimer-${version}`;
const orLog = `|| { [ $? = 77 ] || cat /var/lib/dkms/alsa-utimer/${version}/build/make.log; exit 1; }`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dkms-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('The plan of an installation', () => {
  const plan = async (...args: Parameters<typeof dkmsInstallPlan>) =>
    (await dkmsInstallPlan(...args)).map(({ line }) => line);

  it('gives the package to DKMS, and has it built for the kernel', async () => {
    const files = packedPath('snd-timer');
    expect(await plan(target, undefined, [])).toEqual([
      `mkdir -p ${own}`,
      `cp ${files}/Kbuild ${files}/mark.c ${own}`,
      `install -m 755 ${files}/pre-build ${files}/source ${own}`,
      `sed 's/#MODULE_VERSION#/${version}/' ${files}/dkms.conf >${own}/dkms.conf`,
      `dkms add alsa-utimer/${version}`,
      `dkms install alsa-utimer/${version} -k ${release} ${orLog}`,
    ]);
  });

  it('takes a source for that kernel alone, and other headers', async () => {
    const source = async (to: string) => [{ why: 'the source', line: `get ${to}` }];
    const lines = await plan(targetKernel({ release, headers: '/headers' }), source, []);
    expect(lines.slice(4, 6)).toEqual([
      `mkdir -p ${own}/sources/${release}`,
      `get ${own}/sources/${release}`,
    ]);
    expect(lines.at(-1)).toBe(
      `dkms install alsa-utimer/${version} -k ${release} --kernelsourcedir /headers ${orLog}`,
    );
  });

  it('removes what an earlier package has left, and builds anew what there is', async () => {
    const lines = await plan(target, undefined, [
      { version: '0.0.1', state: 'installed' },
      { version, state: 'installed' },
    ]);
    expect(lines.slice(0, 2)).toEqual([
      'dkms remove alsa-utimer/0.0.1 --all',
      'rm -rf /usr/src/alsa-utimer-0.0.1',
    ]);
    expect(lines.slice(-2)).toEqual([
      `dkms unbuild alsa-utimer/${version} -k ${release}`,
      `dkms install alsa-utimer/${version} -k ${release} ${orLog}`,
    ]);
    expect(lines).not.toContain(`dkms add alsa-utimer/${version}`);
  });

  it('is undone in all kernels', () => {
    expect(dkmsRemovePlan([{ version, state: 'added' }]).map(({ line }) => line)).toEqual([
      `dkms remove alsa-utimer/${version} --all`,
      `rm -rf ${own}`,
    ]);
  });

  it('clears what was cut off, which DKMS does not know, and begins anew', async () => {
    const lines = await plan(target, undefined, [{ version, state: 'left' }]);
    const tree = '/var/lib/dkms/alsa-utimer';
    expect(lines.slice(0, 3)).toEqual([
      `rm -rf ${tree}/${version}; [ ! -e ${tree} ] || rmdir --ignore-fail-on-non-empty ${tree}`,
      `rm -rf ${own}`,
      `mkdir -p ${own}`,
    ]);
    expect(lines).toContain(`dkms add alsa-utimer/${version}`);
  });
});

it('is given nothing where the source of the kernel is not to be had', async () => {
  const unknown = targetKernel({ release: '6.12.95-of-nobody' });
  await expect(checkSource(unknown)).rejects.toMatchObject({
    code: 'ERR_NO_KERNEL_SOURCE',
    message: expect.stringMatching(/snd-timer of Linux 6\.12\.95-of-nobody.* --source FOLDER/),
  });
});

it('reads how far DKMS has a package, as versions of it tell', () => {
  const status = (text: string) => stateOf(text, '0.1.0');
  expect(status(`alsa-utimer/0.1.0, ${release}, x86_64: installed\n`)).toBe('installed');
  expect(
    status(
      `alsa-utimer/0.1.0, ${release}, x86_64: installed (WARNING! Diff between built and installed module!)\n`,
    ),
  ).toBe('installed');
  expect(status(`alsa-utimer/0.1.0, ${release}, x86_64: built\n`)).toBe('built');
  expect(status('alsa-utimer/0.1.0: added\n')).toBe('added');
  expect(status(`alsa-utimer/0.1.0.1, ${release}, x86_64: installed\n`)).toBe('added');
});

describe('dkms.conf', () => {
  /** What bash reads of it, as DKMS has it do for a kernel. */
  const read = (kernelver: string, what: string) =>
    execFileSync(
      'bash',
      ['--norc', '-euc', `. "$0"; printf %s "${what}"`, packedPath('snd-timer/dkms.conf')],
      {
        encoding: 'utf8',
        env: { kernelver, kernel_source_dir: '/build', dkms_tree: '/tree' },
      },
    );

  it.each([
    ['6.1.0-30-amd64', false],
    ['6.11.9-1', false],
    [release, true],
    ['6.20.1', true],
    ['7.3.4+deb13-amd64', true],
    ['10.0.1', true],
    ['5.15.0-100-generic', false],
  ])('is for kernels that have userspace-driven timers: %s %s', (kernel, isWanted) => {
    const test = ['[[', kernel, '=~', '$BUILD_EXCLUSIVE_KERNEL', ']]', '&&', 'echo', 'wanted'].join(' ');
    expect(read(kernel, `$(${test})`)).toBe(isWanted ? 'wanted' : '');
  });

  it('is for kernels without the option, builds without type information, and names the kernel', () => {
    expect(read(release, '$BUILD_EXCLUSIVE_CONFIG')).toBe('CONFIG_SND_TIMER !CONFIG_SND_UTIMER');
    expect(read(release, '$PRE_BUILD')).toBe(`pre-build ${release}`);
    expect(read(release, '$MAKE')).toBe(
      'make -C /build M=/tree/alsa-utimer/#MODULE_VERSION#/build CONFIG_DEBUG_INFO_BTF_MODULES= modules',
    );
  });
});

describe('Before DKMS builds', () => {
  const build = (source: string) => {
    cpSync(packedPath('snd-timer'), folder, { recursive: true });
    writeFileSync(join(folder, 'source'), `#!/bin/sh\n${source}\n`);
    chmodSync(join(folder, 'source'), 0o755);
    return spawnSync('./pre-build', [release], { cwd: folder, encoding: 'utf8' });
  };
  const timer = () => readFileSync(join(folder, 'timer.c'), 'utf8');

  it('the source that was given for this kernel is taken', () => {
    for (const kernel of [release, '6.12.99+deb13-amd64']) {
      const given = join(folder, 'sources', kernel);
      mkdirSync(given, { recursive: true });
      for (const file of ['timer.c', 'timer_compat.c']) writeFileSync(join(given, file), kernel);
    }
    expect(build('exit 1').status).toBe(0);
    expect(timer()).toBe(release);
  });

  it('that of the distribution is got, and each line is shown', () => {
    const { status, stderr } = build(`printf '# why\\necho %s >"%s/timer.c"\\n' "$1" "$2"`);
    expect(status).toBe(0);
    expect(stderr).toContain(`echo ${release}`);
    expect(timer()).toBe(`${release}\n`);
  });

  it.each(["echo 'There is none' >&2; exit 1", 'echo false'])(
    'it is said what to run where there is none: %s',
    (source) => {
      const { status, stderr } = build(source);
      expect(status).not.toBe(0);
      expect(stderr).toContain(`sudo utimer kernel install --dkms --release ${release} --source FOLDER`);
    },
  );
});
