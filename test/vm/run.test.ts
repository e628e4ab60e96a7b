// scripts/vm/run: a command in a guest behaves as it would here. Most of these boot a guest, some seconds each.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../../scripts/vm/run', import.meta.url));

/** Whether a packet was stamped as it came, though nobody here had asked for that then: SIOCGSTAMPNS, socket(7). */
const STAMPED = `
import fcntl, socket, struct, time
taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taker.bind(('127.0.0.1', 0))
taker.sendto(b'packet', taker.getsockname())
behind = time.time_ns()
def stamp():
    seconds, ns = struct.unpack('qq', fcntl.ioctl(taker, 0x8907, bytes(16)))
    return seconds * 10**9 + ns
try: stamp()
except FileNotFoundError: taker.recv(10)
print(stamp() <= behind)`;

interface Result {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

function start(args: string[], cwd?: string): { child: ChildProcess; ended: Promise<Result> } {
  const child = spawn(RUN, args, { cwd, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {});
  const ended = new Promise<Result>((done, failed) => {
    child.on('error', failed);
    child.on('close', (status, signal) =>
      done({ status, signal, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }),
    );
  });
  return { child, ended };
}

function run(
  args: string[],
  { input = Buffer.alloc(0), cwd = undefined as string | undefined } = {},
): Promise<Result> {
  const { child, ended } = start(args, cwd);
  child.stdin?.end(input);
  return ended;
}

/** The processes that have `pid` as their parent. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** A process that has ended and that nobody has asked about yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function waitUntil(condition: () => boolean, within: number): Promise<void> {
  for (const end = Date.now() + within; !condition(); ) {
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${condition}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Resolves when a guest writes no more, because nobody takes what it has written. */
async function untilStuck(guest: number): Promise<void> {
  const written = () => Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${guest}/io`, 'utf8'))?.[1]);
  for (let before = Number.NaN; before !== written(); ) {
    before = written();
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** The first output of a command; fails when it ends without any. */
async function firstOutput({ child, ended }: { child: ChildProcess; ended: Promise<Result> }): Promise<void> {
  const spoken = new Promise((done) => child.stdout?.once('data', done));
  const silent = ended.then(({ status, stderr }) => {
    throw new Error(`ended with ${status} before it said anything: ${stderr}`);
  });
  await Promise.race([spoken, silent]);
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

// The first guest prepares the kernel where that has not been done.
beforeAll(async () => {
  expect((await run(['true'])).status).toBe(0);
});

describe('the exit status', () => {
  it("is the command's own", async () => {
    expect((await run(['sh', '-c', 'exit 7'])).status).toBe(7);
  });

  it.each([
    ['SIGKILL', 137, 'driver 6'],
    ['SIGSEGV', 139, 'sh: potentially unexpected fatal signal 11.'],
  ])('is 128 and the signal that ended the command, %s, beside what the kernel said', async (...expected) => {
    const [signal, number, words] = expected;
    // Drivers have their say in between.
    const driver = 'for i in 1 2 3 4 5 6; do echo "<4>driver $i" > /dev/kmsg; done';
    const script = `echo "<4>out of all memory" > /dev/kmsg; ${driver}; kill -${signal.slice(3)} $$`;
    const { status, stderr } = await run(['sh', '-c', script]);
    expect(status).toBe(number);
    expect(stderr).toMatch(new RegExp(`^vm: ${signal} ended the command$`, 'm'));
    expect(stderr).toContain('out of all memory');
    expect(stderr).toContain(words);
    const log = /whole: (.*)\)/.exec(stderr)?.[1] as string;
    rmSync(join(log, '..'), { recursive: true });
  });

  it('is 127 for a command that does not exist, with its name', async () => {
    const { status, stderr } = await run(['no-such-command']);
    expect(status).toBe(127);
    expect(stderr).toContain('no-such-command');
  });

  it('is 125 for wrong usage, at once', async () => {
    for (const args of [
      [],
      ['--kernel', 'huge', 'true'],
      ['--frobnicate', 'true'],
      ['--timeout', '-1', 'true'],
    ]) {
      const { status, stderr } = await run(args);
      expect(status, args.join(' ')).toBe(125);
      expect(stderr).toMatch(/^vm: .*\nTry .*--help/);
    }
  });
});

describe('the streams', () => {
  it('carry every byte there and back', async () => {
    const input = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      randomBytes(700_000),
    ]);
    const { status, stdout, stderr } = await run(['cat'], { input });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.length).toBe(input.length);
    expect(digest(stdout)).toBe(digest(input));
  });

  it('are kept apart', async () => {
    const { stdout, stderr } = await run(['sh', '-c', 'echo out; echo err >&2; printf last']);
    expect(stdout.toString()).toBe('out\nlast');
    expect(stderr).toBe('err\n');
  });

  it('lose nothing when the command ends right after a large write', async () => {
    const { stdout } = await run(['head', '-c', '20000000', '/dev/zero']);
    expect(stdout.length).toBe(20_000_000);
  });

  it('do not wait for a process that the command left behind', async () => {
    const { status, stdout } = await run(['sh', '-c', 'sleep 1000 & echo done']);
    expect(status).toBe(0);
    expect(stdout.toString()).toBe('done\n');
  });

  it('do not wait for the end of what such a process goes on writing', async () => {
    // Of higher priority and on the only processor that process 1 has, it fills the pipe as soon as that has read.
    const script = 'taskset -p 1 1 >/dev/null; chrt -f 1 taskset 1 yes & read line';
    const running = start(['--timeout', '20', 'sh', '-c', script]);
    await firstOutput(running);
    // More than can be kept.
    running.child.stdout?.removeAllListeners('data').resume();
    running.child.stdin?.end('\n');
    expect((await running.ended).status).toBe(0);
  });

  it('end the guest when nobody reads its output any more', async () => {
    const { child, ended } = start(['yes']);
    await firstOutput({ child, ended });
    child.stdout?.destroy();
    expect((await ended).status).toBe(141);
  });
});

describe('the guest', () => {
  it('runs a kernel of 6.12 or later', async () => {
    const [major = 0, minor = 0] = (await run(['uname', '-r'])).stdout.toString().split('.').map(Number);
    expect(major * 1000 + minor).toBeGreaterThanOrEqual(6012);
  });

  it('is in the same folder, with the given variables and the name of its kernel', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'utimer vm, '));
    try {
      const script = 'pwd; echo "$GIVEN"; echo "$UTIMER_VM"; echo "$PATH"; echo "$UTIMER_LEAK"';
      process.env.UTIMER_LEAK = 'leaked';
      const { stdout } = await run(['--env', 'GIVEN=a b=c', 'sh', '-c', script], { cwd: folder });
      expect(stdout.toString()).toBe(`${folder}\na b=c\nstock\n${process.env.PATH}\n\n`);
    } finally {
      delete process.env.UTIMER_LEAK;
      rmSync(folder, { recursive: true });
    }
  });

  it('keeps what it writes to itself, except below --share', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'utimer-vm-share,'));
    const elsewhere = mkdtempSync(join(tmpdir(), 'utimer-vm-scratch-'));
    try {
      const script =
        'head -c 3000000 /dev/urandom > "$0/a"; sha256sum < "$0/a"; echo x > "$1/b" && cat "$1/b"';
      const { status, stdout } = await run(['--share', folder, 'sh', '-c', script, folder, elsewhere]);
      expect(status).toBe(0);
      expect(stdout.toString()).toBe(`${digest(readFileSync(join(folder, 'a')))}  -\nx\n`);
      expect(() => readFileSync(join(elsewhere, 'b'))).toThrow('ENOENT');
    } finally {
      rmSync(folder, { recursive: true });
      rmSync(elsewhere, { recursive: true });
    }
  });

  it('has packets stamped from its start on, so that its kernel does not patch itself beside them', async () => {
    const { status, stdout, stderr } = await run(['python3', '-c', STAMPED]);
    expect([status, stdout.toString()], stderr).toEqual([0, 'True\n']);
  });

  it('loads and unloads snd-aloop, which is not there at the start', async () => {
    const script =
      'cat /proc/asound/cards && modprobe snd-aloop && ls /dev/snd && rmmod snd_aloop && ls /dev/snd';
    const { stdout } = await run(['sh', '-c', script]);
    expect(stdout.toString()).toMatch(/^--- no soundcards ---\n.*\bpcmC0D1p\n.*timer\ntimer\n$/s);
  });

  it('can be one of several at a time', async () => {
    const results = await Promise.all(
      ['one', 'two'].map((word) => run(['sh', '-c', `sleep 1; echo ${word}`])),
    );
    expect(results.map(({ stdout }) => stdout.toString())).toEqual(['one\n', 'two\n']);
  });
});

describe('the end of a guest', () => {
  it('comes after --timeout, with status 124', async () => {
    const { status, stderr } = await run(['--timeout', '2', 'sleep', '1000']);
    expect(status).toBe(124);
    expect(stderr).toMatch(/^vm: timed out after 2 s$/m);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'comes with %s to run, and leaves no QEMU',
    async (signal) => {
      const { child, ended } = start(['sh', '-c', 'echo up; sleep 1000']);
      await firstOutput({ child, ended });
      const pid = child.pid as number;
      const guests = childrenOf(pid);
      expect(guests).not.toEqual([]);
      child.kill(signal);
      const result = await ended;
      if (signal === 'SIGKILL') expect(result.signal).toBe('SIGKILL');
      else expect(result.status).toBe(signal === 'SIGINT' ? 130 : 143);
      await waitUntil(() => !guests.some(isAlive), 5000);
    },
  );

  it('comes with a signal to run while nobody takes its output', async () => {
    const { child, ended } = start(['yes']);
    await firstOutput({ child, ended });
    child.stdout?.pause();
    const [guest = 0] = childrenOf(child.pid as number);
    const exit = once(child, 'exit');
    await untilStuck(guest);
    child.kill('SIGTERM');
    expect(await exit).toEqual([143, null]);
    expect(isAlive(guest)).toBe(false);
  });

  it('comes when whoever took its output goes, having left much of it', async () => {
    const { child, ended } = start(['yes']);
    await firstOutput({ child, ended });
    child.stdout?.pause();
    const [guest = 0] = childrenOf(child.pid as number);
    await untilStuck(guest);
    child.stdout?.destroy();
    expect((await ended).status).toBe(141);
    expect(isAlive(guest)).toBe(false);
  });

  it('is explained when the kernel panics, with the log kept', async () => {
    const { status, stderr } = await run(['sh', '-c', 'echo c > /proc/sysrq-trigger']);
    expect(status).toBe(123);
    expect(stderr).toMatch(/^vm: the guest's kernel panicked: sysrq triggered crash$/m);
    const log = /whole: (.*)\)/.exec(stderr)?.[1] as string;
    expect(readFileSync(log, 'utf8')).toContain('Kernel panic');
    rmSync(join(log, '..'), { recursive: true });
  });

  it('is a failure when the kernel reported a bug, whatever the command said', async () => {
    const { status, stderr } = await run(['sh', '-c', 'echo "<1>BUG: KASAN: made up" > /dev/kmsg']);
    expect(status).toBe(123);
    expect(stderr).toContain('BUG: KASAN: made up');
  });
});
