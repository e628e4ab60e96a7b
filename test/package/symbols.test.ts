// What the binaries of the package may use of a C library, compared with C libraries: this machine's glibc, that of arm64, and
// musl. It needs the packages libc6-arm64-cross and musl.
import { describe, expect, it } from 'vitest';
import { MUSL } from '../support/musl.js';
import { ALLOWED, type DynamicSymbol, dynamicSymbols } from '../support/portable.js';

/** What no C library has: names of the runtime, and what is absent everywhere. */
const names = [...ALLOWED.keys()].filter((name) => !/^(uv_|_ITM_)/.test(name));

const defined = (path: string) => dynamicSymbols(path).filter(({ isDefined }) => isDefined);

const GLIBC = {
  x64: {
    first: 'GLIBC_2.2.5',
    paths: ['libc.so.6', 'libm.so.6', 'ld-linux-x86-64.so.2'].map((name) => `/lib/x86_64-linux-gnu/${name}`),
  },
  arm64: {
    first: 'GLIBC_2.17',
    paths: ['libc.so.6', 'libm.so.6', 'ld-linux-aarch64.so.1'].map(
      (name) => `/usr/aarch64-linux-gnu/lib/${name}`,
    ),
  },
};

/** The second number of a version of glibc 2. */
const minor = (version = '') => Number(/^GLIBC_2\.(\d+)/.exec(version)?.[1] ?? Number.NaN);

describe.each(['x64', 'arm64'] as const)('A name without a version, in glibc for %s', (processor) => {
  const { first, paths } = GLIBC[processor];
  const libraries = paths.map(defined);
  const definitions = (name: string): readonly DynamicSymbol[] =>
    libraries
      .map((library) => library.filter((symbol) => symbol.name === name))
      .find(({ length }) => length > 0) ?? [];
  // elf/dl-lookup.c of glibc, check_match(): the first version, else the default one.
  const taken = (name: string) => {
    const all = definitions(name);
    return all.find(({ version }) => version === first) ?? all.find(({ isDefault }) => isDefault);
  };

  it.each(names)('has been there since 2.28 or before: %s', (name) => {
    const same = definitions(name).filter(({ address }) => address === taken(name)?.address);
    expect(Math.min(...same.map(({ version }) => minor(version)))).toBeLessThanOrEqual(28);
  });

  it('is what a program of today gets, or what is said of it', () => {
    const others = names.filter((name) => {
      const current = definitions(name).find(({ isDefault }) => isDefault);
      return current?.address !== taken(name)?.address && ALLOWED.get(name) !== taken(name)?.version;
    });
    expect(others).toEqual([]);
  });
});

it('Each name is in musl', () => {
  const inMusl = new Set(defined(MUSL).map(({ name }) => name));
  expect(names.filter((name) => !inMusl.has(name))).toEqual([]);
});

it('The comparison finds what would bind to another function, what is too new, and what musl lacks', () => {
  const x64 = GLIBC.x64.paths.flatMap(defined);
  const of = (name: string) => x64.filter((symbol) => symbol.name === name);
  const addresses = new Set(of('pthread_cond_wait').map(({ address }) => address));
  expect(of('pthread_cond_wait').map(({ version }) => version)).toContain(GLIBC.x64.first);
  expect(addresses.size).toBeGreaterThan(1);
  expect(of('fstat').map(({ version }) => minor(version))).toEqual([33]);
  expect(defined(MUSL).some(({ name }) => name === 'gnu_get_libc_version')).toBe(false);
  for (const name of ['pthread_cond_wait', 'fstat', 'gnu_get_libc_version'])
    expect(names).not.toContain(name);
});
