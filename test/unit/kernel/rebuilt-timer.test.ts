// Plans of `utimer kernel`: which lines it would run, and what it refuses before it runs any.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { release } from '../../../lib/cli/kernel/options.js';
import { configuredOption } from '../../../lib/kernel/configuration.js';
import { buildPlan, installPlan, removePlan } from '../../../lib/kernel/module-plan.js';
import { isBuiltFor, isRebuiltLoaded, otherReplacements } from '../../../lib/kernel/module-state.js';
import { signatureReason, signingKey, trustSteps } from '../../../lib/kernel/signing.js';
import { kernelSource } from '../../../lib/kernel/source.js';
import {
  checkHeaders,
  checkModules,
  checkVersion,
  targetKernel,
  timerOption,
} from '../../../lib/kernel/target.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel '));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const target = targetKernel({ release: '6.12.95+deb13-amd64' });
const coded = (code: string) => expect.objectContaining({ code });

/** A tree of a kernel, with what is read of it. */
function tree(): string {
  const core = join(folder, 'linux-6.12.95/sound/core');
  mkdirSync(core, { recursive: true });
  writeFileSync(join(core, 'timer.c'), 'timer\n');
  writeFileSync(join(core, 'timer_compat.c'), 'compat\n');
  return join(folder, 'linux-6.12.95');
}

describe('The source of a kernel', () => {
  const taken = async (given: string) => {
    const to = join(folder, 'to');
    mkdirSync(to);
    for (const { line } of await kernelSource(target, given)(to)) execFileSync('sh', ['-e', '-c', line]);
    return ['timer.c', 'timer_compat.c'].map((file) => readFileSync(join(to, file), 'utf8'));
  };

  it.each(['', 'sound/core'])('is taken from a tree, or its folder: %o', async (inner) => {
    expect(await taken(join(tree(), inner))).toEqual(['timer\n', 'compat\n']);
  });

  it.each(['xz', 'gz'])('is taken from an archive: %s', async (kind) => {
    tree();
    const archive = join(folder, `linux source.tar.${kind}`);
    execFileSync('tar', ['-C', folder, '-caf', archive, 'linux-6.12.95']);
    expect(await taken(archive)).toEqual(['timer\n', 'compat\n']);
  });

  it.each([
    ['', './linux-6.12.95'],
    ['linux-6.12.95', './sound'],
    ['linux-6.12.95', 'sound'],
  ])('is taken from an archive, whatever its folders are called: in %o of %o', async (from, path) => {
    tree();
    const archive = join(folder, 'source.tar');
    execFileSync('tar', ['-C', join(folder, from), '-cf', archive, path]);
    expect(await taken(archive)).toEqual(['timer\n', 'compat\n']);
  });

  it('is refused where it is not there', () => {
    expect(() => kernelSource(target, '/nowhere')).toThrow(coded('ERR_NO_KERNEL_SOURCE'));
    expect(() => kernelSource(target, folder)).toThrow(/has no sound\/core\/timer\.c/);
  });
});

describe('A plan', () => {
  it('builds in its folder, against the headers', async () => {
    const source = kernelSource(target, tree());
    const to = '/tmp/build';
    const plan = await buildPlan(target, source, to);
    expect(plan.map(({ line }) => line)).toEqual([
      'mkdir -p /tmp/build',
      expect.stringMatching(/^cp '.*\/sound\/core\/timer\.c' '.*timer_compat\.c' \/tmp\/build$/),
      expect.stringMatching(/^cp \S*\/snd-timer\/Kbuild \S*\/snd-timer\/mark\.c \/tmp\/build$/),
      'make -C /lib/modules/6.12.95+deb13-amd64/build M=/tmp/build CONFIG_DEBUG_INFO_BTF_MODULES= modules',
    ]);
  });

  it('installs into updates, signed where there is a key, and removes that', () => {
    const updates = '/lib/modules/6.12.95+deb13-amd64/updates';
    const partial = `${updates}/snd-timer.ko.partial`;
    expect(installPlan(target, '/b').map(({ line }) => line)).toEqual([
      `install -D -m 644 /b/snd-timer.ko ${partial} || { rm -f ${partial}; exit 1; }`,
      `mv ${partial} ${updates}/snd-timer.ko`,
      'depmod 6.12.95+deb13-amd64',
    ]);
    const [sign] = installPlan(target, '/b', { key: '/k.priv', certificate: '/k.der' });
    expect(sign?.line).toBe(`${target.headers}/scripts/sign-file sha256 /k.priv /k.der /b/snd-timer.ko`);
    expect(removePlan(target).map(({ line }) => line)).toEqual([
      `rm -f ${updates}/snd-timer.ko ${partial}`,
      `rmdir --ignore-fail-on-non-empty ${updates}`,
      'depmod 6.12.95+deb13-amd64',
    ]);
  });
});

it('is for a kernel by its name, which is that of one folder', () => {
  const read = (name: string) => release.reader.read(name, '--release');
  for (const name of ['6.12.95+deb13-amd64', '7.0.0-9-generic', '6.6.51+rpt-rpi-v8', '6.19~rc8_x'])
    expect(read(name)).toBe(name);
  for (const name of ['', '.', '..', '../../tmp', 'a/b', '-a', 'a b', 'a\nb'])
    expect(() => read(name)).toThrow('--release must be a kernel as uname -r prints it');
});

describe('What a rebuilt module needs', () => {
  it('is missing with a way to get it', () => {
    expect(() => checkHeaders(target)).toThrow(/apt-get install linux-headers-6\.12\.95\+deb13-amd64/);
    expect(() => checkModules(target)).toThrow(coded('ERR_NO_KERNEL_MODULES'));
    writeFileSync(join(folder, 'Makefile'), '');
    expect(() => checkHeaders(targetKernel({ headers: folder }))).not.toThrow();
  });

  it('is a kernel whose source has the timers', () => {
    const check = (release: string) => () => checkVersion(targetKernel({ release }));
    for (const old of ['6.1.0-50-amd64', '6.11.9', '5.15.0-100-generic']) {
      expect(check(old)).toThrow(coded('ERR_KERNEL_TOO_OLD'));
    }
    for (const release of ['6.12.95+deb13-amd64', '7.0.0-9-generic', '10.1.0'])
      expect(check(release)).not.toThrow();
  });

  it('is a folder with a module of ours, for this kernel', async () => {
    const modinfo = (mark: string, magic: string) =>
      writeFileSync(
        join(folder, 'modinfo'),
        `#!/bin/sh\ncase $2 in rebuilt_by) echo "${mark}" ;; vermagic) echo "${magic}" ;; esac\n`,
        { mode: 0o755 },
      );
    vi.stubEnv('PATH', [folder, process.env.PATH].join(delimiter));
    const answers = [];
    for (const [mark, magic] of [
      ['alsa-utimer', `${target.release} SMP preempt`],
      ['alsa-utimer', '6.12.94 SMP'],
      ['', `${target.release} SMP`],
    ] as const) {
      modinfo(mark, magic);
      answers.push(await isBuiltFor(target, folder));
    }
    expect(answers).toEqual([true, false, false]);
  });

  it('stays with an old kernel after an update, where it is found', () => {
    for (const release of ['6.12.90', '6.12.94', target.release])
      mkdirSync(join(folder, release, 'updates'), { recursive: true });
    for (const release of ['6.12.94', target.release])
      writeFileSync(join(folder, release, 'updates/snd-timer.ko'), '');
    expect(otherReplacements(target, folder)).toEqual(['6.12.94']);
    expect(otherReplacements(target, join(folder, 'gone'))).toEqual([]);
  });

  it('is not needed by a kernel that has the option', () => {
    const option = (text: string) =>
      timerOption(target, (path) => (path.startsWith('/boot/') ? text : undefined));
    expect(option('CONFIG_SND_UTIMER=y\n')).toBe('y');
    expect(option('# CONFIG_SND_UTIMER is not set\n')).toBe('n');
  });

  const machine = (files: Readonly<Record<string, string>>) => ({
    read: (path: string) => files[path],
    exists: (path: string) => files[path] !== undefined,
  });
  const LOCKED = { '/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n' };

  it('is a signature where the kernel asks for one', () => {
    const reason = (files: Readonly<Record<string, string>>) => signatureReason(machine(files).read);
    expect(reason({})).toBeUndefined();
    expect(reason({ '/sys/kernel/security/lockdown': '[none] integrity\n' })).toBeUndefined();
    expect(reason(LOCKED)).toBe('is locked down (integrity)');
    expect(reason({ '/sys/module/module/parameters/sig_enforce': 'Y\n' })).toMatch(/sig_enforce/);
    expect(signingKey(machine({}))).toBeUndefined();
    expect(() => signingKey(machine(LOCKED))).toThrow(coded('ERR_NO_SIGNING_KEY'));
    const dkms = { '/var/lib/dkms/mok.key': '', '/var/lib/dkms/mok.pub': '' };
    expect(signingKey(machine({ ...LOCKED, ...dkms }))?.key).toBe('/var/lib/dkms/mok.key');
  });

  it('is a key that the kernel trusts, which firmware keeps', () => {
    const mok = { '/var/lib/shim-signed/mok/MOK.priv': '', '/var/lib/shim-signed/mok/MOK.der': '' };
    expect(trustSteps(machine(mok))).toBeUndefined();
    expect(trustSteps(machine({ ...LOCKED, ...mok, '/sys/firmware/efi': '' }))).toMatch(
      /is locked down.*mokutil --test-key \S+\/MOK\.der.*sudo mokutil --import \S+\/MOK\.der.*start the machine anew/,
    );
    expect(trustSteps(machine(LOCKED))).toMatch(/not started by UEFI, so no key can be enrolled/);
    expect(() => signingKey(machine({ ...LOCKED, '/sys/firmware/efi': '' }))).toThrow(
      /openssl req .*mok\.pub.*mokutil --import \/var\/lib\/dkms\/mok\.pub/,
    );
  });
});

it('reads the configuration of the running kernel, and of another one', () => {
  const files: Readonly<Record<string, string>> = {
    '/proc/config.gz': 'CONFIG_SND_UTIMER=y\n',
    '/boot/config-1': '# CONFIG_SND_UTIMER is not set\n',
  };
  const read = (path: string) => files[path];
  expect(configuredOption(read, '1', 'SND_UTIMER')).toBe('y');
  expect(configuredOption(read, '1', 'SND_UTIMER', false)).toBe('n');
  expect(configuredOption(read, '2', 'SND_UTIMER', false)).toBeUndefined();
});

it("a rebuilt module that is loaded is known by its version: the kernel's own has none", () => {
  const read = (path: string) => (path === '/sys/module/snd_timer/version' ? '1\n' : undefined);
  expect(isRebuiltLoaded(read)).toBe(true);
  expect(isRebuiltLoaded(() => undefined)).toBe(false);
});
