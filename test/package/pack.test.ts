// The package as users get it: packed, installed without running any script, imported.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-package-'));
const user = join(folder, 'user');

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

let files: string[] = [];

beforeAll(() => {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  );
  files = packed.files.map(({ path }: { path: string }) => path);
  mkdirSync(user);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run(
    'npm',
    [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      join(folder, packed.filename),
    ],
    user,
  );
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe('The packed package', () => {
  it('holds the compiled library and a binary, and no tests', () => {
    expect(files).toContain('dist/index.js');
    expect(files).toContain('dist/index.d.ts');
    expect(files).toContain('docs/kernels.md'); // which errors refer to
    expect(files.filter((path) => /^prebuilds\/.*\.node$/.test(path))).toHaveLength(1);
    expect(files.filter((path) => path.startsWith('test/') || path.startsWith('build/'))).toEqual([]);
  });

  it('asks npm to run nothing when it is installed', () => {
    const { scripts = {}, gypfile } = JSON.parse(run('cat', ['node_modules/alsa-utimer/package.json'], user));
    expect(gypfile).toBe(false);
    expect(Object.keys(scripts)).not.toEqual(expect.arrayContaining(['install']));
    expect(scripts).not.toHaveProperty('preinstall');
    expect(scripts).not.toHaveProperty('postinstall');
  });

  it('loads its binary, and reaches the kernel or says what is missing', () => {
    const code = `
      import { UserTimer } from 'alsa-utimer';
      try { console.log('asked', typeof UserTimer.isSupported()); } catch (error) { console.log('asked', error.syscall); }`;
    expect(run(process.execPath, ['--input-type=module', '--eval', code], user)).toMatch(
      /^asked (boolean|open)\n$/,
    );
  });

  it('exports what package.json promises', () => {
    const { exports } = JSON.parse(run('cat', ['node_modules/alsa-utimer/package.json'], user));
    for (const name of Object.keys(exports).filter((path) => !path.endsWith('.json'))) {
      const specifier = `alsa-utimer${name.slice(1)}`;
      const code = `console.log(Object.keys(await import('${specifier}')).length > 0)`;
      expect(run(process.execPath, ['--input-type=module', '--eval', code], user), specifier).toBe('true\n');
    }
  });
});
