// scripts/build-lib under a program that runs from dist/: what has not changed is not touched, and the rest is never half there.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../support/script-machine.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'alsa-utimer-build-')), 'a checkout');
  cpSync(join(root, 'scripts/build-lib'), join(folder, 'scripts/build-lib'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    rootDir: 'lib',
    outDir: 'dist',
    declaration: true,
    sourceMap: true,
    module: 'nodenext',
    noLib: true,
    types: [],
  };
  writeFileSync(join(folder, 'tsconfig.build.json'), JSON.stringify({ compilerOptions, include: ['lib'] }));
  // Of the standard library, whose reading takes most of a compiler's time, the little that it insists on.
  const globals = [
    'Array',
    'Boolean',
    'CallableFunction',
    'Function',
    'IArguments',
    'NewableFunction',
    'Number',
    'Object',
    'RegExp',
    'String',
  ];
  source(
    'globals.d.ts',
    globals.map((name) => `interface ${name}${name === 'Array' ? '<T>' : ''} {}`).join('\n'),
  );
  source('kept.ts', 'export const kept = 1;');
  source('part/changed.ts', 'export const changed = 1;');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

function source(name: string, text: string): void {
  mkdirSync(join(folder, 'lib', name, '..'), { recursive: true });
  writeFileSync(join(folder, 'lib', name), text);
}

const build = () => execFileSync('scripts/build-lib', { cwd: folder, encoding: 'utf8' });
const built = (name: string) => join(folder, 'dist', name);
const inode = (name: string) => statSync(built(name)).ino;

// A compiler starts six times.
describe('A compiled library', { timeout: 180_000 }, () => {
  it('has only the files replaced that changed, and none left that has no source', () => {
    build();
    const names = [
      'kept.d.ts',
      'kept.js',
      'kept.js.map',
      'part/changed.d.ts',
      'part/changed.js',
      'part/changed.js.map',
    ];
    for (const name of names) expect(existsSync(built(name)), name).toBe(true);
    const before = names.map(inode);
    build();
    expect(names.map(inode)).toEqual(before);

    source('part/changed.ts', 'export const changed = 2;');
    build();
    const after = names.map(inode);
    const replaced = names.filter((_, index) => after[index] !== before[index]);
    expect(replaced).toEqual(['part/changed.d.ts', 'part/changed.js']);

    rmSync(join(folder, 'lib/part'), { recursive: true });
    build();
    expect(readdirSync(join(folder, 'dist')).sort()).toEqual(['kept.d.ts', 'kept.js', 'kept.js.map']);
  });

  it('is left as it is by a source that does not compile', () => {
    build();
    const before = inode('kept.js');
    source('kept.ts', 'export const kept: = 1;');
    expect(spawnSync('scripts/build-lib', { cwd: folder }).status).not.toBe(0);
    expect(inode('kept.js')).toBe(before);
    expect(readdirSync(folder).sort()).toEqual([
      'dist',
      'lib',
      'node_modules',
      'package.json',
      'scripts',
      'tsconfig.build.json',
    ]);
  });
});
