// `utimer vm` as users get it: the two packed packages in an empty folder, QEMU, and no apt.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASK, Packed } from '../support/packed.js';
import { RecordedFrames } from '../support/recorded-frames.js';

const packed = new Packed();
const machine = new Packed('vm');
const user = packed.user('user');
const cache = join(packed.folder, 'cache');

/** The program of QEMU for guests of this machine's processor. */
const QEMU = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';

/** What users have, apt left out. */
const PROGRAMS = [
  ...'node npx sh env cat sleep ls uname stty tty cmp head aplay arecord script setpriv'.split(' '),
  QEMU,
];

/** A PATH of some programs. */
function path(name: string, programs: readonly string[]): string {
  const folder = join(packed.folder, name);
  mkdirSync(folder);
  for (const program of programs) {
    const found = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
      .map((place) => join(place, program))
      .find((candidate) => existsSync(candidate));
    if (found === undefined) throw new Error(`${program} is in no folder of the PATH`);
    symlinkSync(program === 'node' ? process.execPath : found, join(folder, program));
  }
  return folder;
}

let env: Record<string, string>;
beforeAll(() => {
  packed.install(user, machine.archive);
  env = {
    PATH: path('bin', PROGRAMS),
    HOME: packed.folder,
    XDG_CACHE_HOME: cache,
    TERM: 'xterm',
    SHELL: '/bin/sh',
  };
}, 600_000);
afterAll(() => {
  packed.remove();
  machine.remove();
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(command: readonly string[], more: Record<string, string> = {}) {
  const [program = '', ...args] = command;
  const child = spawn(join(env.PATH as string, program), args, {
    cwd: user,
    env: { ...env, ...more },
    stdio: 'pipe',
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    said.stdout += text;
  });
  child.stderr.on('data', (text) => {
    said.stderr += text;
  });
  const ended = once(child, 'close').then(([status]): Ended => ({ status, ...said }));
  return { child, ended };
}

/** Runs `npx utimer vm` with these arguments. */
function vm(args: readonly string[], { input = '', more = {} } = {}): Promise<Ended> {
  const { child, ended } = start(['npx', '--no', 'utimer', 'vm', ...args], more);
  child.stdin?.end(input);
  return ended;
}

describe('The packed machine', () => {
  it('is of some megabytes', () => {
    const size = statSync(machine.archive).size;
    console.log(
      `${machine.archive.replace(/.*\//, '')}: ${machine.files.length} files, ${size} bytes packed`,
    );
    expect(size).toBeLessThan(12e6);
  });

  it('shows the Loopback card, whatever else is there', async () => {
    const before = performance.now();
    const { status, stdout, stderr } = await vm(['run', '--loopback', '--', 'sh', '-c', 'aplay -l']);
    const how = /no KVM: .*?\./.exec(stderr)?.[0] ?? 'with KVM';
    console.log(
      `aplay -l in the machine, with all that a first run does: ${Math.round(performance.now() - before)} ms, ${how}`,
    );
    expect([status, stdout], stderr).toEqual([
      0,
      expect.stringMatching(/^card 0: Loopback \[Loopback\], device 0/m),
    ]);
  });

  it('has the same kernel as it says', async () => {
    const status = JSON.parse((await vm(['status', '--json'])).stdout);
    const { stdout } = await vm(['run', '--', 'uname', '-r']);
    expect(stdout).toBe(`${status.kernel.release}\n`);
    expect(status).toMatchObject({ cache: { folder: join(cache, 'alsa-utimer/vm'), isUnpacked: true } });
    expect(status.qemu.version).toMatch(/^\d+\.\d+/);
    // Not known where a busy machine took too long to try.
    expect(status.timeFactor).toBe({ kvm: 1, tcg: 10 }[status.accel as string]);
  });

  it('makes timers', async () => {
    const { stdout } = await vm(['run', '--', 'node', '--input-type=module', '--eval', ASK]);
    expect(stdout).toBe('asked: made\n');
  });

  it('tests an application: a recorder gets each frame that is written into the card', async () => {
    const frames = new RecordedFrames(user);
    const { status, stderr } = await vm(['run', '--loopback', '--share', 'results', '--', ...frames.command]);
    expect(status, stderr).toBe(0);
    frames.expectAll();
  });

  it("has the command's status and streams", async () => {
    const { status, stdout, stderr } = await vm(['run', '--', 'sh', '-c', 'cat; echo err >&2; exit 7'], {
      input: 'in',
    });
    expect([status, stdout]).toEqual([7, 'in']);
    expect(stderr).toMatch(/^(utimer vm run: no KVM: .*\n)?err\n$/);
  });

  it('gives a command ten times as long where it is emulated, and says so', async () => {
    const script = 'echo $UTIMER_VM_TIME_FACTOR; sleep 1000';
    const { status, stdout, stderr } = await vm([
      'run',
      '--accel',
      'tcg',
      '--timeout',
      '1s',
      '--',
      'sh',
      '-c',
      script,
    ]);
    expect([status, stdout]).toEqual([124, '10\n']);
    expect(stderr).toContain('no KVM: emulation was asked for.');
    expect(stderr).toContain('1 s are 10 s');
    expect(stderr).toContain('timed out after 10 s');
  });

  it('has a shell that reads commands', async () => {
    const { status, stdout } = await vm(['shell', '--loopback'], { input: 'aplay -l | head -n 2\nexit 3\n' });
    expect([status, stdout]).toEqual([3, expect.stringContaining('card 0: Loopback')]);
  });

  it('has a shell on a terminal', async () => {
    const command = 'npx --no utimer vm shell';
    const { child, ended } = start(['script', '--quiet', '--return', '--command', command, '/dev/null']);
    let screen = '';
    const shown = (text: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (chunk = '') => {
          screen += chunk;
          if (!text.test(screen)) return;
          child.stdout?.off('data', look);
          resolve();
        };
        child.stdout?.on('data', look);
        look();
      });
    await shown(/# $/);
    child.stdin?.write('tty; stty size\r');
    await shown(/\/dev\/pts\/0\r\n\d+ \d+\r\n# $/);
    // Shown as it is typed, and again by cat. Then a key ends that one, and nothing on this side.
    child.stdin?.write('cat\rtwice\r');
    await shown(/twice\r\ntwice\r\n$/);
    child.stdin?.write('\x03');
    await shown(/\^C[\r\n]+# $/);
    child.stdin?.write('exit 5\r');
    expect((await ended).status).toBe(5);
  });
});

describe('Without', () => {
  it('QEMU it says what to install', async () => {
    const bare = path(
      'without-qemu',
      PROGRAMS.filter((name) => name !== QEMU),
    );
    const { status, stderr } = await vm(['run', '--', 'ls'], { more: { PATH: bare } });
    expect([status, stderr]).toEqual([
      125,
      expect.stringMatching(/^utimer vm run: QEMU is needed, .* Install it: /m),
    ]);
  });

  it('setpriv it leaves no QEMU behind either', async () => {
    const PATH = path(
      'without-setpriv',
      PROGRAMS.filter((name) => name !== 'setpriv'),
    );
    const main = join(user, 'node_modules/alsa-utimer/dist/cli/main.js');
    const { child, ended } = start(['node', main, 'vm', 'run', '--', 'sh', '-c', 'echo up; sleep 1000'], {
      PATH,
    });
    await firstOutput(child, ended);
    const [guest = 0] = childrenOf(child.pid as number);
    expect(guest).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await ended;
    await gone(guest);
  });
});

describe('The cache', () => {
  it('is made ahead of time, and removed', async () => {
    expect((await vm(['clean'])).stdout).toBe(`${join(cache, 'alsa-utimer/vm')} is removed\n`);
    expect(existsSync(join(cache, 'alsa-utimer/vm'))).toBe(false);
    const { status, stdout } = await vm(['prepare']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^runs by {2}(KVM|emulation)/m)]);
    expect(readdirSync(join(cache, 'alsa-utimer/vm')).some((name) => /^\d/.test(name))).toBe(true);
    rmSync(cache, { recursive: true });
  });
});

async function firstOutput(child: ChildProcess, ended: Promise<Ended>): Promise<void> {
  const silent = ended.then(({ status, stderr }) => {
    throw new Error(`ended with ${status} before it said anything: ${stderr}`);
  });
  await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), silent]);
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Resolves when a process is no more, or is one that nobody has asked about yet. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
