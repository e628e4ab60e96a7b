// The installed package finds its binary, or says in one error what it has tried and what to do.
import { copyFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedFile } from '../support/package-tools.js';
import { ASK, ASKED, Packed, run } from '../support/packed.js';

const packed = new Packed();
const user = packed.user('user');
const installed = join(user, 'node_modules/alsa-utimer');
const other = process.arch === 'x64' ? 'arm64' : 'x64';
const binary = (of: string, processor: string = process.arch) =>
  join(of, `prebuilds/linux-${processor}/alsa_utimer.node`);

/** Prints the code of the error that says why there is no addon, and all its words. */
const COMPLAIN = `
import { UserTimer } from 'alsa-utimer';
try { UserTimer.create({ resolutionNs: 1n }).close(); } catch (error) { console.log(error.code + ' ' + error.message); }`;

beforeAll(() => {
  packed.install(user);
  writeFileSync(join(user, 'ask.mjs'), ASK);
  writeFileSync(join(user, 'complain.mjs'), COMPLAIN);
}, 300_000);
afterAll(() => packed.remove());

/** A copy of the program and the package, to be spoilt. */
function copy(name: string): string {
  const folder = join(packed.folder, name);
  cpSync(user, folder, { recursive: true });
  return folder;
}

describe('The binary of the package', () => {
  it('is loaded by a program of CommonJS', () => {
    const said = run(
      process.execPath,
      [
        '--input-type=commonjs',
        '--no-warnings',
        '--eval',
        ASK.replace(/import (.*) from (.*);/, 'const $1 = require($2);'),
      ],
      user,
    );
    expect(said).toMatch(ASKED);
  });

  it.each([
    ['for another processor', (path: string) => copyFileSync(binary(installed, other), path)],
    ['empty', (path: string) => writeFileSync(path, '')],
    [
      'no binary',
      (path: string) => writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\n'.repeat(40)),
    ],
  ])('ends no process where it is wrong, and is named with what to do: %s', (name, spoil) => {
    const folder = copy(name.replaceAll(' ', '-'));
    const wrong = join(folder, 'node_modules/alsa-utimer');
    spoil(binary(wrong));
    const said = run(process.execPath, ['complain.mjs'], folder);
    expect(said).toMatch(/^ERR_ADDON_NOT_FOUND /);
    for (const tried of ['build/Release', 'native/build/Release', `prebuilds/linux-${process.arch}`])
      expect(said).toContain(`${join(wrong, tried)}/alsa_utimer.node: `);
    expect(said).toContain(`npm run --prefix ${wrong}/ rebuild`);
  });
});

describe('Where a process may load no addons', () => {
  // Node 20 has another word for it.
  const permissions = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';

  it.each([
    ['Node.js without addons', ['--no-addons']],
    ['Node.js with permissions', [permissions, '--allow-fs-read=*', '--no-warnings']],
  ])('it says so, and what permits it: %s', (_, options) => {
    const said = run(process.execPath, [...options, 'complain.mjs'], user);
    expect(said).toMatch(/^ERR_ADDON_FORBIDDEN /);
    expect(said).toContain('--allow-addons');
    expect(said).not.toContain('npm run');
  });

  it.each([
    ['all but addons', ['--allow-read', '--allow-env', '--allow-sys']],
    ['no reading of the environment', ['--allow-read']],
  ])('it says so on Deno: %s', (_, permitted) => {
    const said = run(
      installedFile('deno'),
      ['run', '--no-prompt', '--node-modules-dir=manual', ...permitted, 'complain.mjs'],
      user,
      {
        NO_COLOR: '1',
      },
    );
    expect(said).toMatch(/^ERR_ADDON_FORBIDDEN /);
    expect(said).toContain('--allow-ffi');
  });
});
