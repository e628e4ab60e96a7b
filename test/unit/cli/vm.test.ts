// `utimer vm`: what it refuses, how it finds its package, and what it asks of it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packageVersion } from '../../../lib/package-root.js';
import { utimer } from '../../support/utimer.js';

const version = packageVersion();

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'alsa-utimer-project-'));
  vi.spyOn(process, 'cwd').mockReturnValue(project);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(project, { recursive: true });
});

/** Installs a package in the project that tells what it was asked for. */
function install(its: { version?: string; status?: object } = {}): void {
  const folder = join(project, 'node_modules/alsa-utimer-vm');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'alsa-utimer-vm', type: 'module', exports: './index.mjs' }),
  );
  const status = {
    kernel: { release: '7.3.4', source: 'linux 7.3.4-1', compiler: 'gcc 12' },
    cache: { folder: '/c/vm', isUnpacked: false },
    qemu: { version: '7.2.1' },
    ...its.status,
  };
  writeFileSync(
    join(folder, 'index.mjs'),
    `export const version = ${JSON.stringify(its.version ?? version)};
    export const asProcess = (name, body) => body(new AbortController().signal);
    export async function run(command, { signal, note, ...asked }) {
      note('made up');
      globalThis.asked = [command, asked];
      return 42;
    }
    export const status = () => (${JSON.stringify(status)});
    export const prepare = async () => status();
    export const clean = () => ({ folder: '/c/vm', existed: true });`,
  );
}

const asked = () => (globalThis as { asked?: unknown }).asked;

describe('utimer vm', () => {
  it.each([
    [['run'], 'COMMAND is needed behind --'],
    [['run', '--'], 'COMMAND is needed behind --'],
    [['run', 'ls'], "unexpected argument 'ls'; a command stands behind --"],
    [['run', 'aplay', '-l'], "unexpected argument 'aplay'; a command stands behind --"],
    [['run', '--cpus', '0', '--', 'ls'], '--cpus must be a whole number of 1..64, not 0'],
    [['run', '--accel', 'xen', '--', 'ls'], "--accel must be auto, kvm or tcg, not 'xen'"],
    [['run', '--timeout', '1ms', '--', 'ls'], "--timeout must be a time of 1s..500h, not '1ms'"],
    [
      ['run', '--share', '/etc:/gone', '--', 'ls'],
      "--share must be folders that exist, with : between them, not '/gone'",
    ],
    [['run', '--env', 'NOT_SET', '--', 'ls'], "--env: the variable 'NOT_SET' is not set"],
    [['run', '--env', '__proto__', '--', 'ls'], "--env: the variable '__proto__' is not set"],
    [['shell', '--', 'ls'], "unexpected argument 'ls'"],
    [['clean', '--all'], "unknown option '--all'"],
  ])('refuses %j', async (args, message) => {
    install();
    const { code, stderr } = await utimer('vm', ...args);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `utimer vm ${args[0]}: ${message}`]);
  });

  it.each(['run', 'shell', 'status', 'prepare', 'clean'])('says how to get its package: %s', async (name) => {
    const { code, stdout, stderr } = await utimer('vm', name, ...(name === 'run' ? ['--', 'ls'] : []));
    expect([code, stdout]).toEqual([125, '']);
    expect(stderr).toBe(
      `utimer vm ${name}: the package alsa-utimer-vm, which carries the machine, is not installed. npm install --save-dev alsa-utimer-vm@${version}\n`,
    );
  });

  it('does not end as a command would where the folder that it is in is gone', async () => {
    const gone = Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { syscall: 'uv_cwd' });
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw gone;
    });
    const { code, stderr } = await utimer('vm', 'run', '--', 'ls');
    expect([code, stderr]).toEqual([125, `utimer vm run: ${gone.message}\n`]);
  });

  it('takes no package of another version', async () => {
    install({ version: '99.0.0' });
    const { code, stderr } = await utimer('vm', 'status');
    expect(code).toBe(125);
    expect(stderr).toContain(
      `alsa-utimer-vm 99.0.0 is not of the same version as alsa-utimer ${version}. npm install`,
    );
  });
});

describe('utimer vm run', () => {
  it('asks for a machine as the command line says, and ends as the command does', async () => {
    install();
    vi.stubEnv('GIVEN', 'a=b');
    const options = ['--loopback', '--cpus', '1', '--memory', '512', '--timeout', '2min', '--env', 'GIVEN'];
    const { code, stderr } = await utimer(
      'vm',
      'run',
      ...options,
      '--share',
      '/etc:/usr',
      '--',
      'npm',
      'test',
      '--',
      '-x',
    );
    expect([code, stderr]).toEqual([42, 'utimer vm run: made up\n']);
    expect(asked()).toEqual([
      ['npm', 'test', '--', '-x'],
      {
        ...{ cpus: 1, memory: 512, accel: 'auto', terminal: false, modules: ['snd-aloop'] },
        ...{ shares: ['/etc', '/usr'], env: { GIVEN: 'a=b' }, timeout: 120 },
      },
    ]);
  });

  it('asks for little where little is said', async () => {
    install();
    await utimer('vm', 'run', '--', 'ls');
    const more = { cpus: 2, memory: 2048, accel: 'auto', terminal: false, modules: [], shares: [], env: {} };
    expect(asked()).toEqual([['ls'], more]);
  });
});

describe('utimer vm shell', () => {
  it('runs the shell of the user', async () => {
    install();
    vi.stubEnv('SHELL', '/bin/fish');
    expect((await utimer('vm', 'shell')).code).toBe(42);
    expect(asked()).toEqual([['/bin/fish'], expect.objectContaining({ env: { SHELL: '/bin/fish' } })]);
  });
});

describe('utimer vm status', () => {
  it('shows what there is', async () => {
    install({ status: { accel: 'tcg', timeFactor: 10, why: 'there is no /dev/kvm' } });
    const { code, stdout } = await utimer('vm', 'status');
    expect([code, stdout]).toEqual([
      0,
      `kernel   7.3.4, built from linux 7.3.4-1 by gcc 12
QEMU     7.2.1
runs by  emulation, since there is no /dev/kvm. Commands may take 10 times longer, so time limits are 10 times as long
cache    /c/vm (the kernel is not unpacked yet)
`,
    ]);
  });

  it('fails where QEMU is missing, and says what to do', async () => {
    install({ status: { qemu: { missing: 'QEMU is needed. Install it' } } });
    const { code, stdout } = await utimer('vm', 'status');
    expect(code).toBe(1);
    expect(stdout).toContain(
      'QEMU     QEMU is needed. Install it\nruns by  not known yet: `utimer vm prepare` tries KVM',
    );
  });

  it('is an object for programs', async () => {
    install({ status: { accel: 'kvm', timeFactor: 1 } });
    const { stdout } = await utimer('vm', 'status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ accel: 'kvm', timeFactor: 1, qemu: { version: '7.2.1' } });
  });
});

describe('The package', () => {
  const source = fileURLToPath(new URL('../../../vm/', import.meta.url));

  it('is of the same version', () => {
    expect(JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')).version).toBe(version);
  });

  it('has what its commands ask for', async () => {
    const { default: _, ...machine } = await import(new URL('index.mjs', `file://${source}`).href);
    expect(Object.keys(machine).sort()).toEqual(
      ['RunError', 'asProcess', 'clean', 'prepare', 'run', 'status', 'version'].sort(),
    );
  });

  it('is found in the project, and says what is wrong with itself', async () => {
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(source, join(project, 'node_modules/alsa-utimer-vm'));
    vi.stubEnv('XDG_CACHE_HOME', project);
    const ended = vi.spyOn(process.stdin, 'destroy').mockImplementation(() => process.stdin);
    const { code, stdout } = await utimer('vm', 'clean');
    expect([code, stdout]).toEqual([0, `${project}/alsa-utimer/vm was not there\n`]);
    expect(ended).toHaveBeenCalled();
  });
});
