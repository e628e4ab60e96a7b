// The guest by itself: QEMU is started by the line of the machine's README, and spoken with as that describes it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { expect } from 'vitest';

const source = fileURLToPath(new URL('../../vm/', import.meta.url));

/** Replacements in a line. */
type Words = readonly (readonly [from: string, to: string])[];

/** What the README says of the machine for arm64, and of emulation. */
const WORDS: Record<'x64' | 'arm64', Words> = {
  x64: [
    ['-accel kvm -cpu host', '-accel tcg,thread=multi -cpu Nehalem'],
    ["loglevel=5'", "loglevel=5 norandmaps maxcpus=1'"],
  ],
  arm64: [
    ['-accel kvm -cpu host', '-accel tcg,thread=multi -cpu cortex-a72'],
    ['qemu-system-x86_64', 'qemu-system-aarch64'],
    ['-machine pc', '-machine virt,gic-version=max'],
    ['console=ttyS0', 'console=ttyAMA0'],
    [' pci=noacpi 8250.nr_uarts=1', ''],
    ["loglevel=5'", "loglevel=5 norandmaps'"],
  ],
};

/** The first of its lines for a shell that starts QEMU, for a machine without KVM. */
function lineOfReadme(arch: 'x64' | 'arm64', root: string, more: Words): string {
  const [, line = ''] =
    /```sh\n(qemu-system-x86_64 .*?)```/s.exec(readFileSync(join(source, 'README.md'), 'utf8')) ?? [];
  const words: Words = [...WORDS[arch], ['path=/,', `path=${root},`], ...more];
  const changed = words.reduce((text, [from, to]) => text.replace(from, to), line.trimEnd());
  return root === '/'
    ? changed
    : `${changed} -virtfs local,path=/,mount_tag=host,security_model=none,multidevs=remap,readonly=on`;
}

/** A socket that QEMU connects to. */
async function port(folder: string, name: string): Promise<{ socket: Promise<Socket> }> {
  const server = createServer();
  const socket = once(server, 'connection').then(([connection]) => connection as Socket);
  server.listen(join(folder, `${name}.sock`));
  await once(server, 'listening');
  socket.then(() => server.close());
  return { socket };
}

function length(bytes: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes);
  return prefix;
}

/**
 * Boots the packed kernel, runs a command, and expects what that says.
 *
 * @param root the guest's root file system, of its processor; '/' is this machine's own
 * @param more of another machine than the usual one
 */
export async function bootsAndRunsACommand(
  arch: 'x64' | 'arm64',
  root: string,
  more: Words = [],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-guest-'));
  try {
    await speak(lineOfReadme(arch, root, more), join(source, 'prebuilt', arch), root === '/', folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function speak(line: string, prebuilt: string, isOwn: boolean, folder: string): Promise<void> {
  writeFileSync(join(folder, 'vmlinux'), brotliDecompressSync(readFileSync(join(prebuilt, 'vmlinux.br'))));
  copyFileSync(join(prebuilt, 'initramfs'), join(folder, 'initramfs'));
  const names = ['console', 'control', 'stdin', 'stdout', 'stderr'] as const;
  const ports = await Promise.all(names.map((name) => port(folder, name)));
  const qemu = spawn('sh', ['-c', `exec ${line}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(qemu, 'exit');
  const [log, control, stdin, stdout, stderr] = (await Promise.all(ports.map(({ socket }) => socket))) as [
    Socket,
    Socket,
    Socket,
    Socket,
    Socket,
  ];
  const text = { log: '', control: '', stdout: '', stderr: '' };
  for (const [name, socket] of Object.entries({ log, control, stdout, stderr }))
    socket.on('data', (chunk) => {
      text[name as keyof typeof text] += chunk;
    });
  const said = async (pattern: RegExp) => {
    while (!pattern.test(text.control)) await once(control, 'data');
    return pattern.exec(text.control) as RegExpExecArray;
  };

  await said(/^ready\n/);
  const [release = ''] = readdirSync(join(prebuilt, 'modules/lib/modules'));
  const records = [
    `modules=${prebuilt}/modules`,
    'load=kernel/sound/drivers/snd-aloop.ko id=Studio',
    ...(isOwn ? [] : [`folder=${prebuilt}/modules`]),
    'cwd=/',
    'env=PATH=/usr/bin:/bin',
    ...['sh', '-c', 'uname -r; cat /proc/asound/Studio/id; cat; echo err >&2; exit 3'].map(
      (word) => `arg=${word}`,
    ),
  ];
  const request = Buffer.from(records.map((record) => `${record}\0`).join(''));
  control.write(Buffer.concat([length(request.length), request]));
  await said(/^ready\nstarted\n/);
  stdin.write(Buffer.concat([length(3), Buffer.from('in\n'), length(0)]));
  const [, status, out, err] = await said(/^ready\nstarted\nended (\d+) (\d+) (\d+)\n$/);
  while (text.stdout.length < Number(out)) await once(stdout, 'data');
  while (text.stderr.length < Number(err)) await once(stderr, 'data');
  expect([status, text.stdout, text.stderr]).toEqual(['3', `${release}\nStudio\nin\n`, 'err\n']);
  while (!/guest: the command has ended\r\n/.test(text.log)) await once(log, 'data');
  // The guest switches itself off when the host is gone.
  control.destroy();
  expect(await ended).toEqual([0, null]);
}
