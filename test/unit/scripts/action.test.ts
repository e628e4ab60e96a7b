// The action that makes a runner ready: it parses, takes nothing that can change under it, and does only what is missing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { Machine, root } from '../../support/script-machine.js';

const document = parseDocument(readFileSync(join(root, 'action.yml'), 'utf8'));
const { runs } = document.toJS() as { runs: { using: string; steps: { run?: string; uses?: string }[] } };

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  machine.stub('uname', 'echo Linux x86_64');
  for (const name of ['apt-get', 'udevadm']) machine.stub(name, `echo "${name} $*" >&2`);
  // Tee takes all that it is given: who writes to a pipe that nobody reads ends by SIGPIPE.
  machine.stub('sudo', 'echo "sudo $*" >&2; [ "$1" != tee ] || cat');
});
afterEach(() => machine.remove());

describe('The action', () => {
  it('parses, and is made of lines for a shell alone', () => {
    expect([...document.errors, ...document.warnings]).toEqual([]);
    expect(runs.using).toBe('composite');
    expect(runs.steps.flatMap(({ uses }) => uses ?? [])).toEqual([]);
  });

  /** Its lines, with a device that is there. */
  const lines = (isWritable: boolean) =>
    runs.steps
      .map(({ run = '' }) => run)
      .join('\n')
      .replace('[ ! -w /dev/kvm ]', isWritable ? 'false' : 'true')
      .replaceAll('/dev/kvm', '/dev/null');

  it.each([
    ['x86_64', 'qemu-system-x86'],
    ['aarch64', 'qemu-system-arm'],
  ])('installs QEMU through sudo on %s, and lets everybody open the device', async (processor, qemu) => {
    machine.stub('uname', `echo Linux ${processor}`);
    machine.stub('id', 'echo 1000');
    const { status, stderr } = await machine.run('bash', ['-euo', 'pipefail', '-c', lines(false)]);
    expect(status).toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'sudo apt-get update --quiet=2',
      `sudo apt-get install --yes --quiet=2 --no-install-recommends ${qemu}`,
      'sudo tee /etc/udev/rules.d/99-kvm.rules',
      'sudo udevadm control --reload-rules',
      'sudo udevadm trigger --name-match=kvm --settle',
    ]);
  });

  it.each(['Darwin arm64', 'Linux riscv64', 'MINGW64_NT-10.0 x86_64'])(
    'says what it needs on %s',
    async (kind) => {
      machine.stub('uname', `echo ${kind}`);
      expect(await machine.run('bash', ['-euo', 'pipefail', '-c', lines(true)])).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(
          new RegExp(`^::error::.*Linux on x64 or arm64, such as ubuntu-24\\.04: this is ${kind}$`, 'm'),
        ),
      });
    },
  );

  it.each(['x86_64', 'aarch64'])('does nothing where both are there on %s', async (processor) => {
    machine.stub('uname', `echo Linux ${processor}`);
    machine.stub(`qemu-system-${processor}`);
    expect(await machine.run('bash', ['-euo', 'pipefail', '-c', lines(true)])).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});
