// scripts/build-lib under a program that runs from dist/: what has not changed is not touched, and the rest is never half there.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../support/script-machine.js';

/** Compilers that copy, fast, and fail where a source says so. */
const compiler = (options: string, ...kinds: string[]) => `#!/bin/sh
[ "$1 $2 $3" = "${options}" ] || exit 9
(cd lib && find . -name '*.ts') | while read -r source; do
  mkdir -p "$(dirname "$4/$source")"
  for kind in ${kinds.join(' ')}; do echo "$kind of $(cat "lib/$source")" >"$4/\${source%.ts}.$kind"; done
done
! grep -qr error lib`;

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'alsa-utimer-build-')), 'a checkout');
  for (const name of ['build-lib', 'lib'])
    cpSync(join(root, 'scripts', name), join(folder, 'scripts', name), { recursive: true });
  put('node_modules/.bin/tsc', compiler('-p tsconfig.build.json --outDir', 'd.ts'), 0o755);
  put('node_modules/.bin/rolldown', compiler('--config rolldown.config.js --dir', 'js', 'js.map'), 0o755);
  put('tsconfig.build.json', '{}');
  put('lib/kept.ts', 'one');
  put('lib/part/changed.ts', 'one');
});
afterEach(() => rmSync(dirname(folder), { recursive: true }));

function put(name: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text, { mode });
}

const build = () => execFileSync('scripts/build-lib', { cwd: folder, encoding: 'utf8' });
const inode = (name: string) => statSync(join(folder, 'dist', name)).ino;

describe('A compiled library', () => {
  it('has only the files replaced that changed, and none left that has no source', () => {
    build();
    const kept = ['kept.d.ts', 'kept.js', 'kept.js.map'];
    const changed = ['part/changed.d.ts', 'part/changed.js', 'part/changed.js.map'];
    const before = [...kept, ...changed].map(inode);
    build();
    expect([...kept, ...changed].map(inode)).toEqual(before);

    put('lib/part/changed.ts', 'two');
    build();
    expect(kept.map(inode)).toEqual(before.slice(0, 3));
    expect(readFileSync(join(folder, 'dist/part/changed.js'), 'utf8')).toBe('js of two\n');
    // Replaced, not rewritten: whoever reads the old file has the whole of it.
    for (const name of changed) expect(before, name).not.toContain(inode(name));

    rmSync(join(folder, 'lib/part'), { recursive: true });
    build();
    expect(readdirSync(join(folder, 'dist')).sort()).toEqual(kept);
  });

  it('is left as it is by a source that does not compile', () => {
    build();
    const before = inode('kept.js');
    put('lib/kept.ts', 'an error');
    expect(spawnSync('scripts/build-lib', { cwd: folder }).status).not.toBe(0);
    expect(inode('kept.js')).toBe(before);
    expect(readdirSync(folder).sort()).toEqual([
      'dist',
      'lib',
      'node_modules',
      'scripts',
      'tsconfig.build.json',
    ]);
  });
});
