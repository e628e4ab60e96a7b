// scripts/test with steps that only say what they are: which ones run after one that failed.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../support/script-machine.js';

const SCRIPTS = [
  'setup',
  'sanitize',
  'runtimes',
  'soak',
  'demo',
  'kernel/prepare',
  'kernel/selftests',
  'vm/run',
];
const PROGRAMS = ['release/prebuild', 'release/programs', 'release/vm'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-test-'));
  for (const name of ['test', 'lib'])
    cpSync(join(root, 'scripts', name), join(folder, 'scripts', name), { recursive: true });
  for (const name of [...SCRIPTS, ...PROGRAMS]) put(`scripts/${name}`);
  for (const name of ['node_modules/.bin/vitest', 'bin/make', 'bin/npm']) put(name);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Fails where FAILING is its name, or its name and arguments, and says SAYING. */
function put(name: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const text = `#!/bin/sh\ncase "${name} $*" in "$FAILING"*) printf '%s\n' "$SAYING"; exit 9 ;; esac\n`;
  writeFileSync(path, text, { mode: 0o755 });
}

function test(failing: string, ...args: string[]) {
  return testSaying('', failing, ...args);
}

function testSaying(saying: string, failing: string, ...args: string[]) {
  const env = {
    ...process.env,
    FAILING: failing,
    SAYING: saying,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
  };
  const { status, stdout } = spawnSync('scripts/test', args, { cwd: folder, env, encoding: 'utf8' });
  return { status, steps: [...stdout.matchAll(/^== (.*)(?<!\d s)$/gm)].map(([, name]) => name), stdout };
}

it('ends with the first step that fails', () => {
  const { status, steps, stdout } = test('bin/npm', '--kernel', 'stock');
  expect(status).toBe(1);
  expect(steps).toEqual(['setup', 'conformance callers', 'lint']);
  expect(stdout).toMatch(/2 passed, 1 failed\n {2}failed: lint\n$/);
});

it('goes on behind it where it is told to, to the last step, and fails', () => {
  const { status, steps, stdout } = test('scripts/sanitize', '--keep-going');
  expect(status).toBe(1);
  expect(steps.at(-1)).toBe('vm');
  expect(stdout).toMatch(
    / 2 failed\n {2}failed: addon \(address, undefined\)\n {2}failed: addon \(thread\)\n$/,
  );
});

it('tells again at the end what failed, of each guest and of a step without tests', () => {
  const said = ['passed before', ' Failed Tests 1 ', 'FAIL a.test.ts', ' Test Files  1 failed'];
  const { stdout } = testSaying(said.join('\n'), 'scripts/vm/run', '--keep-going', '--kernel', 'stock');
  const end = stdout.slice(stdout.indexOf('-- What failed'));
  expect(end).toMatch(/^-- What failed in kernel \(stock\):\n(?:\d\| .*\n)+\n\d+ passed, 1 failed\n/);
  for (const guest of ['1| ', '2| '].slice(0, availableParallelism()))
    for (const line of said.slice(1)) expect(end).toContain(`${guest}${line}\n`);
  expect(end).not.toContain(said[0]);

  const long = Array.from({ length: 50 }, (_, line) => `line ${line + 1}`).join('\n');
  const { stdout: other } = testSaying(long, 'scripts/soak', '--keep-going');
  expect(other).toMatch(/-- What failed in soak \(stock\):\nline 11\n(?:line \d+\n)+\n\d+ passed/);
});

describe('While something goes on that keeps the output of a step open', () => {
  let group: number | undefined;
  afterEach(() => {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
    group = undefined;
  });

  /** Resolves at its end: with 'close', when nobody has the output open any more. */
  async function ended(how: 'exit' | 'close', ...args: string[]) {
    execFileSync('mkfifo', [join(folder, 'never')]);
    const env = { ...process.env, FAILING: 'none', PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    const child = spawn('scripts/test', args, {
      ...{ cwd: folder, env, detached: true },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    group = child.pid;
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    const [status, signal] = await once(child, how);
    return { status, signal, stdout };
  }

  const program = (name: string, ...lines: string[]) =>
    writeFileSync(join(folder, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });

  it('goes on to the next step, and tells all that the failed one has said', async () => {
    program('scripts/sanitize', 'printf "said\\nat last"', 'cat never &', 'exit 9');
    const { status, stdout } = await ended('close', '--keep-going', '--only', 'here');
    expect(status).toBe(1);
    expect(stdout).toMatch(/-- What failed in addon \(thread\):\nsaid\nat last\n\n\d+ passed, 2 failed\n/);
  });

  it.each([[[]], [['--keep-going']]])('ends busy loops when it is ended, with %j', async (args) => {
    // Its process is the first of its group.
    program('scripts/demo', 'kill -TERM "$(ps -o pgid= $$ | tr -d " ")"', 'exec cat never >/dev/null 2>&1');
    expect(await ended('exit', '--only', 'guest', ...args)).toMatchObject({ signal: 'SIGTERM' });
    const loops = ['--pgroup', `${group}`, '--full', 'while '];
    while (spawnSync('pgrep', loops).status === 0) await new Promise(setImmediate);
  });
});

it('ends with a step that the later ones build on', () => {
  const { status, steps } = test('scripts/runtimes', '--keep-going');
  expect(status).toBe(1);
  expect(steps.at(-1)).toBe('runtimes for guests');
});

it('runs every step where none fails', () => {
  const { status, stdout } = test('none', '--kernel', 'small');
  expect(stdout).toMatch(/ passed, 0 failed\n$/);
  expect(status).toBe(0);
});
