// What scripts are asked for is checked before anything is installed, built or booted for it.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Machine } from '../../support/script-machine.js';

const machine = new Machine();
const checkout = machine.checkout('checkout');
// Whatever these begin, they say so here.
for (const name of ['apt-get', 'dpkg-query', 'npm', 'gcc', 'make', 'sudo'])
  machine.stub(name, 'echo "STARTED $0 $*" >&2; exit 1');
rmSync(join(checkout, 'scripts/setup'));
const whole = machine.checkout('whole');
chmodSync(join(whole, 'scripts/setup'), 0o755);
afterAll(() => machine.remove());

describe('A script', () => {
  it.each([
    ['test', ['--kernel', 'smal']],
    ['test', ['--node', 'node19']],
    ['test', ['--kernel', '']],
    ['demo', ['--kernel', 'smal']],
    ['bench', ['--kernel', 'smal']],
    ['bench', ['--rounds', 'many']],
    ['soak', ['--kernel', 'smal']],
    ['conformance', ['--kernel', 'stock', '--kernel', 'smal']],
    ['docs', ['--sever']],
    ['docs', ['--serve', 'more']],
    ['lint-native', ['--fxi']],
    ['build-native', ['--bogus']],
    ['build-lib', ['--bogus']],
    ['release/prebuild', ['--bogus']],
    ['release/musl', ['--bogus']],
    ['release/programs', ['--bogus']],
    ['release/reproduce', ['--bogus']],
    ['release/publish', ['--dry']],
    ['release/vm', ['--bogus']],
    ['release/vm', ['/no/such/kernel']],
    ['release/vm', ['--arch', 'x64', '/no/such/kernel']],
    ['release/vm', ['--arch', 'mips']],
    ['release/musl-gcc', ['mips']],
    ['test', ['--only', 'there']],
    ['runtimes', ['--arch', 'mips']],
    ['conformance', ['--arch', 'mips']],
    ['test-arm64', ['--kernel', 'sanitized']],
    ['conformance', ['--arch', 'arm64', '--kernel', 'sanitized']],
  ])('refuses what it cannot do before it does anything: %s %j', async (name, args) => {
    const { status, stdout, stderr } = await machine.run(join(checkout, 'scripts', name), args, {
      cwd: checkout,
    });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`'${args.at(-1)}'`);
    expect(stderr).not.toContain('STARTED');
    expect(stderr).not.toContain('setup');
  });

  it.each([
    ['test', '--kernel'],
    ['test', '--only'],
    ['test', '--node'],
    ['demo', '--seconds'],
    ['bench', '--json'],
    ['soak', '--hours'],
    ['conformance', '--arch'],
    ['test-arm64', '--kernel'],
    ['runtimes', '--arch'],
    ['release/vm', '--arch'],
  ])('names an option that lacks its value: %s %s', async (name, option) => {
    const { status, stdout, stderr } = await machine.run(join(checkout, 'scripts', name), [option]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^${basename(name)}: ${option} needs a value\\n[A-Z]`));
    expect(stderr).not.toContain('STARTED');
  });

  it.each([
    ...['test', 'test-arm64', 'demo', 'bench', 'soak', 'conformance', 'sanitize', 'runtimes', 'docs'],
    ...['setup', 'build-lib', 'build-native', 'lint-native'],
    ...['release/musl', 'release/prebuild', 'release/programs', 'release/publish'],
    ...['release/reproduce', 'release/vm'],
  ])('has help, in whatever folder it is started: %s', async (name) => {
    const script = join(whole, 'scripts', name);
    const { status, stdout, stderr } = await machine.run(`./${basename(name)}`, ['--help'], {
      cwd: dirname(script),
    });
    expect([status, stderr]).toEqual([0, '']);
    const [, ...lines] = readFileSync(script, 'utf8').split('\n');
    const comment = lines.slice(
      0,
      lines.findIndex((line) => !line.startsWith('#')),
    );
    expect(comment.length).toBeGreaterThan(0);
    expect(stdout).toBe(comment.map((line) => `${line.replace(/^# ?/, '')}\n`).join(''));
  });

  it.each([
    ['prepare', ['stock', '--bogus'], "not '--bogus' as well"],
    ['prepare', ['smal'], "no kernel 'smal'"],
    ['prepare', ['--bogus'], "no kernel '--bogus'"],
    ['prepare', ['--arch'], '--arch needs a value'],
    ['prepare', ['--arch', 'mips'], "no processor 'mips'"],
    [
      'prepare',
      ['sanitized', '--arch', 'arm64'],
      "for arm64 there are the stock and the small kernel, not 'sanitized'",
    ],
    ['selftests', ['--kernel', 'small', '--bogus'], 'unknown argument: --bogus'],
    ['selftests', ['--kernel'], '--kernel needs a value'],
    ['selftests', ['--kernel=smal'], "no kernel 'smal'"],
  ])('of a kernel does so, too: %s %j', async (name, args, words) => {
    const { status, stdout, stderr } = await machine.run(join(checkout, 'scripts/kernel', name), args);
    expect([status, stdout]).toEqual([125, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('STARTED');
  });

  it.each([
    [['--arch', 'mips', 'true'], "--arch takes one of x64, arm64, not 'mips'"],
    [
      ['--arch', 'arm64', '--kernel', 'sanitized', 'true'],
      "--arch arm64 has the stock and the small kernel, not 'sanitized'",
    ],
    [['--arch', 'arm64', '--accel', 'kvm', 'true'], '--accel kvm runs guests with this machine'],
  ])('that starts a guest does so, too: %j', async (args, words) => {
    const { status, stdout, stderr } = await machine.run(join(checkout, 'scripts/vm/run'), args);
    expect([status, stdout]).toEqual([125, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('kernel:');
  });

  it('that makes a checkout ready takes no unknown options', async () => {
    const setup = join(whole, 'scripts/setup');
    const { status, stderr } = await machine.run(setup, ['sox', '--bogus']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^setup: unknown option '--bogus'\n/);
    expect(stderr).not.toContain('STARTED');
  });
});
