// Programs for musl on a machine of glibc, whose packages musl and musl-tools bring the linker and the compiler.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './packed.js';
import { dynamicSymbols } from './portable.js';

export const MUSL = '/lib/ld-musl-x86_64.so.1';
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * A folder of the libraries that a program for musl needs besides: libstdc++, of Debian's own archive, with what the program uses of
 * it. Debian has none for musl.
 */
export function librariesForMusl(program: string, folder: string): string {
  mkdirSync(folder);
  symlinkSync(MUSL, join(folder, 'libc.musl-x86_64.so.1'));
  const inMusl = new Set(dynamicSymbols(MUSL).flatMap(({ name, isDefined }) => (isDefined ? [name] : [])));
  const undefinedNames = dynamicSymbols(program).filter(
    ({ name, isDefined, isWeak }) => !isDefined && !isWeak && !inMusl.has(name),
  );
  // The program has copies of these, by which it would be their owner.
  const copied = ['17__class', '20__si_class', '21__vmi_class'].map(
    (name) => `_ZTVN10__cxxabiv1${name}_type_infoE`,
  );
  const names = [...undefinedNames.map(({ name }) => name), ...copied];
  writeFileSync(join(folder, 'exports.map'), `{ global: ${names.join('; ')}; local: *; };`);
  // Of libstdc++ 13.
  const newer =
    'namespace std { void __glibcxx_assert_fail(const char*, int, const char*, const char*) { __builtin_trap(); } }';
  writeFileSync(join(folder, 'newer.cc'), newer);
  const ofCompiler = (name: string) => run('g++', [`-print-file-name=${name}`], folder).trim();
  const parts = [
    ...[ofCompiler('crtbeginS.o'), 'newer.cc', source('../../scripts/release/portable/compat.cc')],
    ...['-Wl,-Bstatic', '-lstdc++', '-lgcc_eh', '-lgcc', '-Wl,-Bdynamic', ofCompiler('crtendS.o')],
  ];
  const options = [
    '-std=c++20',
    '-fPIC',
    '-shared',
    '-nodefaultlibs',
    '-nostartfiles',
    '-o',
    'libstdc++.so.6',
  ];
  const linking = ['-soname,libstdc++.so.6', '--version-script=exports.map', '--gc-sections'];
  const wanted = names.map((name) => `-u,${name}`);
  run('g++', [...options, ...[...linking, ...wanted].map((option) => `-Wl,${option}`), ...parts], folder);
  return folder;
}
