// A run seen from this side, with a program in the place of QEMU that plays the guest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const part = (name: string) => import(new URL(`../../../vm/lib/${name}`, import.meta.url).href);
const { RunError } = await part('errors.mjs');
const { callAfter } = await part('delay.mjs');
const { qemuVersion } = await part('qemu.mjs');
const { run } = await part('run.mjs');

const FAKE = fileURLToPath(new URL('../../support/fake-qemu', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-vm-'));
const modules = join(folder, 'modules');
const index = join(modules, 'lib/modules/7.3.0/modules.dep');
mkdirSync(dirname(index), { recursive: true });
writeFileSync(
  index,
  `kernel/sound/core/snd.ko:
kernel/sound/core/snd-pcm.ko.xz: kernel/sound/core/snd.ko
kernel/sound/drivers/snd-aloop.ko: kernel/sound/core/snd-pcm.ko.xz kernel/sound/core/snd.ko
`,
);
afterAll(() => rmSync(folder, { recursive: true }));

const kernel = {
  ...({ name: 'small', arch: 'x64', root: '/', cache: folder } as const),
  ...{ image: '/k/vmlinux', initramfs: '/k/initramfs', modules },
};

beforeEach(() => {
  // Node.js, which the fake is a program of, and no setpriv.
  vi.stubEnv('PATH', [FAKE, dirname(process.execPath)].join(delimiter));
});
afterEach(() => vi.unstubAllEnvs());

const machine = {
  cwd: folder,
  env: ['A=1'],
  shares: [] as string[],
  accel: 'tcg' as const,
  cpus: 1,
  memory: 64,
};

class Screen extends PassThrough {
  rows = 30;
  columns = 100;
}

function start(
  command: string[],
  more: object = {},
  signal = new AbortController().signal,
  booted: object = kernel,
) {
  const text = { stdout: '', stderr: '' };
  const stdin = new PassThrough();
  const stdout = new Screen();
  const stderr = new PassThrough();
  stdout.on('data', (chunk) => {
    text.stdout += chunk;
  });
  stderr.on('data', (chunk) => {
    text.stderr += chunk;
  });
  const streams = { stdin: stdin as PassThrough & { setRawMode?: (raw: boolean) => void }, stdout, stderr };
  return { text, streams, status: run(booted, { ...machine, command, ...more }, streams, signal) };
}

const firstOutput = ({ streams }: ReturnType<typeof start>) =>
  new Promise((resolve) => streams.stdout.once('data', resolve));

/** The error of a run, and the log that it names, which is removed. */
async function failure(
  running: ReturnType<typeof start>,
): Promise<{ error: Error & { status: number }; log?: string }> {
  const error = await running.status.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RunError);
  const [, path] = /whole: (\S+)\)/.exec(error.message) ?? [];
  if (path === undefined) return { error };
  const log = readFileSync(path, 'utf8');
  rmSync(dirname(path), { recursive: true });
  return { error, log };
}

describe('A run', () => {
  it("ends with the command's status, and hands on what it wrote", async () => {
    const { status, text } = start(['exit', '7']);
    expect(await status).toBe(7);
    expect(text).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  });

  it('carries input there and back', async () => {
    const input = Array.from({ length: 300 }, (_, number) => `${number} `.repeat(999)).join('');
    const { status, text, streams } = start(['cat']);
    Readable.from([input]).pipe(streams.stdin);
    expect(await status).toBe(0);
    expect(text.stdout).toBe(input);
  });

  it('leaves its input to others, and does not keep a process that ends', async () => {
    const { status, streams } = start(['exit', '0']);
    expect(await status).toBe(0);
    const { stdin } = streams;
    const listeners = ['data', 'end', 'error'].map((event) => stdin.listenerCount(event));
    expect([stdin.isPaused(), ...listeners]).toEqual([true, 0, 0, 0]);
  });

  it('says to the guest what to do', async () => {
    const share = join(folder, 'a, b');
    const more = { shares: [share], modules: ['snd-aloop index=3 id=Studio', 'snd_pcm'] };
    const { status, text } = start(['show', 'a=b c', ''], more);
    expect(await status).toBe(0);
    const { request, args } = JSON.parse(text.stdout);
    expect(request).toEqual([
      ['cwd', folder],
      ['modules', modules],
      ['load', 'kernel/sound/core/snd.ko'],
      ['load', 'kernel/sound/core/snd-pcm.ko.xz'],
      ['load', 'kernel/sound/drivers/snd-aloop.ko index=3 id=Studio'],
      ['load', 'kernel/sound/core/snd.ko'],
      ['load', 'kernel/sound/core/snd-pcm.ko.xz'],
      ['arg', 'show'],
      ['arg', 'a=b c'],
      ['arg', ''],
      ['env', 'A=1'],
      ['share', share],
    ]);
    expect(args).toEqual(
      expect.arrayContaining(['-kernel', '/k/vmlinux', '-initrd', '/k/initramfs', '-m', '64']),
    );
    const doubled = `local,path=${share.replaceAll(',', ',,')},mount_tag=share0,security_model=none,multidevs=remap`;
    expect(args).toContain(doubled);
  });

  it('gives a command a terminal of the size of this one, whose keys go to the guest while it runs', async () => {
    const running = start(['sizes'], { terminal: true });
    const { status, text, streams } = running;
    const setRawMode = vi.fn();
    streams.stdin.setRawMode = setRawMode;
    await firstOutput(running);
    expect(setRawMode.mock.calls).toEqual([[true]]);
    streams.stdout.emit('resize');
    streams.stdout.rows = 50;
    streams.stdout.emit('resize');
    expect(await status).toBe(0);
    expect(text.stdout).toBe('up\nsize 30 100\nsize 50 100\n');
    expect(setRawMode.mock.calls).toEqual([[true], [false]]);
  });

  it('is refused where the guest has no such module', async () => {
    const { error } = await failure(start(['exit', '0'], { modules: ['snd-usb-audio'] }));
    expect([error.status, error.message]).toEqual([125, 'the kernel 7.3.0 has no module snd-usb-audio']);
  });

  it.each(['/proc/1', '/dev', '/run/user'])(
    'is refused in %s, which the guest has of its own',
    async (cwd) => {
      const { error } = await failure(start(['exit', '0'], { cwd }));
      expect([error.status, error.message]).toEqual([
        125,
        `${cwd} is the guest's own there; use another folder`,
      ]);
    },
  );

  it('shares no root folder, since nothing that is written there would arrive', async () => {
    const { error } = await failure(start(['exit', '0'], { shares: [folder, '/tmp/..'] }));
    expect([error.status, error.message]).toEqual([
      125,
      '/ cannot be shared, since the guest runs on it; share a folder below',
    ]);
  });

  it("does not begin where the kernel's log has no place", async () => {
    const running = start(['exit', '7'], { console: '/nowhere/log' });
    const { error } = await failure(running);
    expect([error.status, running.text.stdout]).toEqual([125, '']);
    expect(error.message).toMatch(/^the log of the guest's kernel has no place: ENOENT: /);
  });

  it('names what to install where there is no QEMU', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const { error } = await failure(start(['exit', '0']));
    expect(error.status).toBe(125);
    expect(error.message).toMatch(
      /^QEMU is needed, and qemu-system-x86_64 is in no folder of the PATH\. Install it: /,
    );
  });
});

describe('A guest of arm64', () => {
  const fake = join(folder, 'fake');
  mkdirSync(fake);
  symlinkSync(join(FAKE, 'qemu-system-x86_64'), join(fake, 'qemu-system-aarch64'));
  const begin = (more: object = {}) => start(['show'], more, undefined, { ...kernel, arch: 'arm64' });

  it.each([
    ['kvm', '-accel kvm -cpu host ', false],
    ['tcg', '-accel tcg,thread=multi -cpu cortex-a72 ', true],
  ] as const)('has a machine of its own, with %s', async (accel, processors, isEmulated) => {
    vi.stubEnv('PATH', [fake, dirname(process.execPath)].join(delimiter));
    const { text, status } = begin({ accel });
    expect(await status).toBe(0);
    const args: string = JSON.parse(text.stdout).args.join(' ');
    expect(args.startsWith(`${processors}-machine virt,gic-version=max -nodefaults `)).toBe(true);
    expect(args).toContain(' -append console=ttyAMA0 loglevel=5 ');
    expect(args.includes('norandmaps')).toBe(isEmulated);
  });

  it('has a program of QEMU of its own', async () => {
    vi.stubEnv('PATH', '/nowhere');
    await expect(begin().status).rejects.toThrow(
      /^QEMU is needed, and qemu-system-aarch64 is in no folder of the PATH\. Install it: /,
    );
  });
});

describe('QEMU', () => {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  const install = (mode: number) =>
    writeFileSync(join(broken, 'qemu-system-x86_64'), '#!/bin/sh\necho "no libfoo" >&2; exit 127\n', {
      mode,
    });
  afterEach(() => rmSync(join(broken, 'qemu-system-x86_64')));

  it('says itself why it does not start', () => {
    install(0o755);
    vi.stubEnv('PATH', broken);
    expect(() => qemuVersion('x64')).toThrow(
      new RunError(125, 'qemu-system-x86_64 is installed, and does not start: no libfoo'),
    );
  });

  it('is no file that cannot be executed', () => {
    install(0o644);
    vi.stubEnv('PATH', broken);
    expect(() => qemuVersion('x64')).toThrow('is in no folder of the PATH');
  });
});

describe('A time', () => {
  afterEach(() => vi.useRealTimers());

  it('may be longer than a timer of Node.js takes', () => {
    vi.useFakeTimers();
    const [body, never] = [vi.fn(), vi.fn()];
    callAfter(2 ** 33, body);
    const end = callAfter(2 ** 33, never);
    vi.advanceTimersByTime(2 ** 33 - 1);
    expect(body).not.toHaveBeenCalled();
    end();
    vi.advanceTimersByTime(1);
    expect([body.mock.calls.length, never.mock.calls.length]).toEqual([1, 0]);
  });
});

describe('A process of a run', () => {
  const url = new URL('../../../vm/lib/process.mjs', import.meta.url).href;
  /** What a body ends with, as a process. */
  const ended = (body: string, stdout: 'pipe' | number = 'pipe') => {
    const program = `import { asProcess } from ${JSON.stringify(url)}; process.exitCode = await asProcess('vm', ${body});`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      stdio: ['ignore', stdout, 'pipe'],
    });
    return [status, stderr];
  };

  it('does not end as a command would where the system refuses something', () => {
    expect(ended("async () => (await import('node:fs')).readFileSync('/nowhere')")).toEqual([
      125,
      "vm: ENOENT: no such file or directory, open '/nowhere'\n",
    ]);
  });

  it('says why output is lost, and does not end as if all were well', () => {
    const body = "async () => { process.stdout.write('lost'); await new Promise(setImmediate); return 0; }";
    const lost = [125, 'vm: standard output: ENOSPC: no space left on device, write\n'];
    expect(ended(body, openSync('/dev/full', 'w'))).toEqual(lost);
  });
});

describe('The end of a run', () => {
  it('has the status of the signal that ended the command, and what the kernel said', async () => {
    const { error, log } = await failure(start(['kill', '9']));
    expect(error.status).toBe(137);
    expect(error.message).toMatch(/^SIGKILL ended the command\nThe end of its kernel log/);
    expect(log).toContain('the command has ended');
  });

  it('is a fault of the kernel where that panics, or has reported one', async () => {
    const panicked = await failure(start(['panic']));
    expect([panicked.error.status, panicked.log]).toEqual([123, expect.stringContaining('made up')]);
    expect(panicked.error.message).toMatch(/^the guest's kernel panicked: made up\n/);
    const reported = await failure(start(['report']));
    expect([reported.error.status, reported.log]).toEqual([123, expect.stringContaining('KASAN')]);
  });

  it('comes when the time is over', async () => {
    const { error } = await failure(start(['hang'], { timeout: 0.01 }));
    expect([error.status, error.message.split('\n')[0]]).toEqual([124, 'timed out after 0.01 s']);
  });

  it('does not come before a time of weeks', async () => {
    expect(await start(['exit', '7'], { timeout: 3_600_000 }).status).toBe(7);
  });

  it('has its status where the log of the kernel cannot be kept', async () => {
    vi.stubEnv('TMPDIR', '/nowhere');
    const { error } = await failure(start(['kill', '9']));
    expect(error.status).toBe(137);
    expect(error.message).toMatch(
      /^SIGKILL ended the command\nThe end of its kernel log \(not kept: ENOENT: .*\):\n/,
    );
  });

  it('comes with its signal, and keeps no log then', async () => {
    const interrupt = new AbortController();
    const running = start(['hang'], {}, interrupt.signal);
    await firstOutput(running);
    interrupt.abort();
    const { error, log } = await failure(running);
    expect([error.message, log]).toEqual(['the guest was stopped', undefined]);
  });
});
