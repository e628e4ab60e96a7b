// The package on every runtime, over a fake of ALSA.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeAlsaEnvironment } from '../support/fake-alsa.js';
import { smoke, works } from '../support/package-smoke.js';
import { runProgram } from '../support/readiness-contract.js';
import { confined, DENO_PERMISSIONS, runtimes } from '../support/runtimes.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'dist/cli/main.js');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const all = runtimes();
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Bun reads files without the C library, so that no fake of /proc/asound reaches it. */
const PARTS_WITHOUT_PROC = ['timers', 'pacer', 'rtp', 'gap'];

describe.each(all)('$name runs', (runtime) => {
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-runtime-'));
  folders.push(folder);
  const fake = { ...runtime, env: fakeAlsaEnvironment(folder) };
  works(fake, runtime.name === 'bun' ? PARTS_WITHOUT_PROC : undefined);

  it('the command line', async () => {
    expect(await runProgram(fake, cli, '--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
    const listed = await runProgram(fake, cli, 'list', '--json');
    expect(listed).toMatchObject({ code: 0, signal: null, stderr: '' });
    const [first = ''] = listed.stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({ class: 'global' });
  });
});

describe('Deno with the permissions that it needs runs', () => {
  const [deno] = runtimes('deno');
  if (!deno) throw new Error('there is no Deno');
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-runtime-'));
  folders.push(folder);
  works({ ...confined(deno), env: fakeAlsaEnvironment(folder) }, ['timers', 'pacer']);
  works({ ...confined(deno, '--allow-sys'), env: fakeAlsaEnvironment(folder) }, ['rtp']);

  it.each(DENO_PERMISSIONS)('and without %s says so, and ends', async (permission) => {
    const { args, ...rest } = confined(deno);
    const without = { ...rest, args: args.filter((arg) => arg !== permission) };
    const ended = await runProgram(without, cli, 'list');
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.stderr).toContain(permission);
  });

  it('and says what cables need: Deno lets nobody else read /proc', async () => {
    const refused = { ...confined(deno), env: fakeAlsaEnvironment(folder) };
    const ended = await runProgram(refused, smoke, 'cable');
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.stderr).toContain('--allow-all');
  });
});
