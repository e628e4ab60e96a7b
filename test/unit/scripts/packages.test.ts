// What a script needs may have come by any way: apt is one of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../support/script-machine.js';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.remove());

const need = (...names: string[]) =>
  machine.run('/bin/sh', ['-c', '. scripts/lib/packages.sh; need_packages "$@"', 'need', ...names]);

describe('On a machine without apt', () => {
  it('what is there is enough', async () => {
    for (const name of [
      'gcc',
      'g++',
      'make',
      'python3',
      'ffmpeg',
      'qemu-system-x86_64',
      'modprobe',
      'depmod',
    ]) {
      machine.stub(name);
    }
    const names = [
      'build-essential',
      'python3',
      'ffmpeg',
      'qemu-system-x86',
      'kmod',
      'xz-utils',
      'libelf-dev',
    ];
    expect(await need(...names)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('only what is missing is named', async () => {
    machine.stub('python3');
    machine.stub('gcc', 'case "$*" in *-E*) exit 1 ;; esac');
    const { status, stderr } = await need('python3', 'libelf-dev', 'gcc', 'no-such-program');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^packages: not found here, .* no apt-get .*: libelf-dev no-such-program $/m);
  });
});

describe('On a machine with apt', () => {
  it('apt gets what is missing, and nothing else', async () => {
    machine.stub('sudo', 'exec "$@"');
    machine.stub('python3');
    machine.stub('dpkg-query', 'exit 1');
    machine.stub('apt-get', 'echo "apt-get $*"');
    const { status, stderr } = await need('python3', 'no-such-program');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^apt-get .*install no-such-program$/m);
    expect(stderr).not.toMatch(/^apt-get .*python3/m);
  });

  it('gcc for 32-bit programs comes in the version that is there, beside gcc for other processors', async () => {
    machine.stub('sudo', 'exec "$@"');
    machine.stub('dpkg-query', 'exit 1');
    machine.stub('gcc', 'case "$*" in -dumpversion) echo 12 ;; *) exit 1 ;; esac');
    machine.stub('apt-get', 'echo "apt-get $*"');
    const { status, stderr } = await need('gcc-multilib', 'g++-aarch64-linux-gnu');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^apt-get .*install gcc-12-multilib g\+\+-aarch64-linux-gnu$/m);
  });

  it('a compiler for another processor is asked for by its own name', async () => {
    machine.stub('sudo', 'exec "$@"');
    machine.stub('dpkg-query', 'exit 1');
    machine.stub('apt-get', 'echo "apt-get $*"');
    const names = ['gcc-arm-linux-gnueabihf', 'gcc-12-aarch64-linux-gnu', 'gcc-multilib-x86-64-linux-gnu'];
    const { stderr } = await need(...names);
    expect(stderr).toContain(` install ${names.join(' ')}\n`);
  });

  it('what dpkg knows as installed is there', async () => {
    machine.stub('dpkg-query', 'printf installed');
    machine.stub('apt-get', 'echo "apt-get $*"; exit 1');
    expect(await need('no-such-program')).toMatchObject({ status: 0, stderr: '' });
  });
});
