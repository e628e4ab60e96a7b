// What the dynamic linkers of other C libraries say of an addon, by test/support/open-addon/open.c.
import { existsSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedFile } from './package-tools.js';
import { run } from './packed.js';
import { dynamicSymbols } from './portable.js';

const PROGRAM = fileURLToPath(new URL('open-addon/open.c', import.meta.url));

/** C that defines every name of Node-API and libuv that an addon wants. */
function runtimeFor(addon: string, scratch: string): string {
  const names = dynamicSymbols(addon).filter(
    ({ name, isDefined }) => !isDefined && /^(napi|node_api|uv)_/.test(name),
  );
  const path = join(scratch, 'runtime.c');
  writeFileSync(path, names.map(({ name }) => `void ${name}(void) { __builtin_trap(); }\n`).join(''));
  return path;
}

export function openOnMusl(addon: string, scratch: string): string {
  run('musl-gcc', ['-rdynamic', '-o', 'open-musl', PROGRAM, runtimeFor(addon, scratch)], scratch);
  return run('./open-musl', [addon], scratch);
}

/** glibc 2.17 with its linker, from a package of compilers for old machines. */
function oldGlibc(): string {
  const archive = installedFile('glibc-2.17');
  const folder = join(dirname(archive), 'x86_64-unknown-linux-gnu/sysroot');
  if (existsSync(folder)) return folder;
  const partial = mkdtempSync(join(dirname(archive), 'partial-'));
  run('tar', ['-xf', archive, '-C', partial, './x86_64-unknown-linux-gnu/sysroot'], partial);
  try {
    renameSync(join(partial, 'x86_64-unknown-linux-gnu'), dirname(folder));
  } catch (error) {
    if (!existsSync(folder)) throw error; // else another test file was faster
  }
  return folder;
}

export function openOnOldGlibc(addon: string, scratch: string): string {
  const glibc = oldGlibc();
  const start = ['crt1.o', 'crti.o', 'crtn.o', 'libc_nonshared.a'].map((name) => `${glibc}/usr/lib/${name}`);
  const libraries = ['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0'].map(
    (name) => `${glibc}/lib/${name}`,
  );
  const options = [
    '-nostdlib',
    '-no-pie',
    '-fno-stack-protector',
    '-rdynamic',
    '-Wl,--no-as-needed,--allow-shlib-undefined',
    '-o',
    'open-glibc',
  ];
  run('gcc', [...options, PROGRAM, runtimeFor(addon, scratch), ...libraries, ...start], scratch);
  return run(`${glibc}/lib/ld-2.17.so`, ['--library-path', `${glibc}/lib`, './open-glibc', addon], scratch);
}
