// The machine for arm64 as it is packed. There is no arm64 machine here to boot it on its own files: QEMU emulates one, on the root
// file system that scripts/vm/run has for guests of arm64; and qemu-user plays the Node.js of an arm64 machine.
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { arm64Root } from '../support/arm64-root.js';
import { installedFile } from '../support/package-tools.js';
import { ASK, Packed, run as runHere } from '../support/packed.js';
import { RecordedFrames } from '../support/recorded-frames.js';

/** What a guest shows of itself: its processor, and the name of its card. */
const SHOWN = "process.arch + ' ' + fs.readFileSync('/proc/asound/card0/id', 'utf8').trim()";

const packed = new Packed();
const machine = new Packed('vm');
const user = packed.user('user');
const cache = join(packed.folder, 'cache');
const node = installedFile('node-arm64');

let release: string;
let run: (command: readonly string[], more?: object) => Promise<string>;

beforeAll(async () => {
  packed.install(user, machine.archive);
  const root = arm64Root();
  vi.stubEnv('XDG_CACHE_HOME', cache);
  const part = (name: string) =>
    import(pathToFileURL(join(user, 'node_modules/alsa-utimer-vm/lib', name)).href);
  const { Prebuilt } = await part('prebuilt.mjs');
  const { run: runInGuest } = await part('run.mjs');
  const prebuilt = new Prebuilt('arm64');
  release = prebuilt.facts.release;
  const kernel = { ...(await prebuilt.unpack()), root };
  const env = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/root'];
  const guest = { cwd: user, folders: [user], env, shares: [], accel: 'tcg', cpus: 2, memory: 1024 };
  /** What a command prints that ends well. */
  run = async (command, more = {}) => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    streams.stdin.end();
    const said = Promise.all([text(streams.stdout), text(streams.stderr)]);
    const request = { ...guest, command, ...more };
    const status = await runInGuest(kernel, request, streams, new AbortController().signal);
    streams.stdout.end();
    streams.stderr.end();
    const [stdout, stderr] = await said;
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  };
});
afterAll(() => {
  vi.unstubAllEnvs();
  packed.remove();
  machine.remove();
});

describe('The packed machine for arm64', () => {
  it('boots, and shows the Loopback card', async () => {
    const started = performance.now();
    const shown = await run(['sh', '-c', 'uname -rm; aplay -l'], { modules: ['snd-aloop'] });
    console.log(`aplay -l in the emulated machine for arm64: ${Math.round(performance.now() - started)} ms`);
    expect(shown).toMatch(new RegExp(`^${release} aarch64\n`));
    expect(shown).toMatch(/^card 0: Loopback \[Loopback\], device 0/m);
  });

  it('has the date of this machine', async () => {
    const earliest = Math.floor(Date.now() / 1000) - 1;
    const date = Number(await run(['date', '+%s']));
    expect(date).toBeGreaterThanOrEqual(earliest);
    expect(date).toBeLessThanOrEqual(Date.now() / 1000 + 1);
  });

  it('makes timers', async () => {
    expect(await run(['node', '--input-type=module', '--eval', ASK])).toBe('asked: made\n');
  });

  it('gives a recorder each frame that is written into the card', async () => {
    const frames = new RecordedFrames(user);
    await run(frames.command, { modules: ['snd-aloop'], shares: [frames.results] });
    frames.expectAll();
  });

  it('is what `utimer vm` takes on an arm64 machine', () => {
    const emulated = (...args: string[]) =>
      runHere('qemu-aarch64-static', ['-L', '/usr/aarch64-linux-gnu', node, ...args], user, {
        XDG_CACHE_HOME: cache,
      });
    const vm = ['node_modules/alsa-utimer/dist/cli/main.js', 'vm'];
    expect(emulated(...vm, 'prepare')).toMatch(/^runs by {2}emulation/m);
    expect(JSON.parse(emulated(...vm, 'status', '--json'))).toMatchObject({
      accel: 'tcg',
      kernel: { release },
    });
    // A program for arm64 on the files of this machine, which are of another kind.
    const libraries = '/usr/aarch64-linux-gnu/lib';
    const program = [`${libraries}/ld-linux-aarch64.so.1`, '--library-path', libraries, node];
    expect(emulated(...vm, 'run', '--loopback', '--', ...program, '--print', SHOWN)).toBe('arm64 Loopback\n');
  });
});
