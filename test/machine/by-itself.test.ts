// The guest by itself: QEMU is started by the line of the package's README, and spoken with as that describes it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../vm/', import.meta.url));
const prebuilt = join(source, 'prebuilt/x64');
const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-guest-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The first of its lines for a shell that starts QEMU, for a machine without KVM. */
function lineOfReadme(): string {
  const [, line = ''] =
    /```sh\n(qemu-system-x86_64 .*?)```/s.exec(readFileSync(join(source, 'README.md'), 'utf8')) ?? [];
  return line
    .replace('-accel kvm -cpu host', '-accel tcg,thread=multi -cpu Nehalem')
    .replace("loglevel=5'", "loglevel=5 norandmaps maxcpus=1'");
}

/** A socket that QEMU connects to. */
async function port(name: string): Promise<{ socket: Promise<Socket> }> {
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

it('boots and runs a command', async () => {
  writeFileSync(join(folder, 'vmlinux'), brotliDecompressSync(readFileSync(join(prebuilt, 'vmlinux.br'))));
  copyFileSync(join(prebuilt, 'initramfs'), join(folder, 'initramfs'));
  const names = ['console', 'control', 'stdin', 'stdout', 'stderr'] as const;
  const ports = await Promise.all(names.map(port));
  const qemu = spawn('sh', ['-c', `exec ${lineOfReadme()}`], {
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
});
