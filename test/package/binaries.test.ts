// The binaries of the package: one for each processor, which loads into glibc 2.28 or later and into musl.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openOnMusl, openOnOldGlibc } from '../support/open-addon.js';
import { run } from '../support/packed.js';
import { processorOf } from '../support/portable.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'alsa-utimer-binaries-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const binary = (processor: string) => join(root, `prebuilds/linux-${processor}/alsa_utimer.node`);
const check = (path: string) => run(process.execPath, ['scripts/release/portable/check.mjs', path], root);

/** What is wrong with an addon that is refused. */
function refusal(path: string): string {
  try {
    return `nothing: ${check(path)}`;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

describe.each(['x64', 'arm64'])('The binary for %s', (processor) => {
  it('is for that processor, needs no library, and uses nothing that a C library may lack', () => {
    expect(processorOf(binary(processor))).toBe(processor);
    expect(check(binary(processor))).toBe('');
  });
});

it.each([
  ['x64', 'raw', 'X86-64'],
  ['x64', 'raw32', '80386'],
  ['arm64', 'raw', 'AArch64'],
])('The program of the cases for %s, %s, needs no library at all', (processor, name, machine) => {
  const path = join(root, `prebuilds/linux-${processor}`, name);
  const headers = run('readelf', ['--file-header', '--program-headers', '--wide', path], root);
  expect(headers).toMatch(new RegExp(`Machine: .*${machine}`));
  expect(headers).not.toMatch(/INTERP|DYNAMIC/);
  expect(readFileSync(path).includes(root)).toBe(false);
  // Small enough to be packed.
  expect(readFileSync(path).length).toBeLessThan(150_000);
});

it.each(['mips', '', 'x64 arm64'])('No binary is made for the processor %j, in clear words', (processor) => {
  const make = () => run('make', ['--directory', 'scripts/release/portable', `ARCH=${processor}`], root);
  expect(make).toThrow(`ARCH must be x64 or arm64, not '${processor}'`);
});

it('An addon that is built in the common way is refused, by all that makes it one of this machine', () => {
  const said = refusal(join(root, 'build/Release/alsa_utimer.node'));
  expect(said).toMatch(/: has \(NEEDED\) Shared library: \[libstdc\+\+\.so\.6\]$/m);
  expect(said).toMatch(/: wants \w+ of GLIBC_2\.\d+/m);
  expect(said).toMatch(/: exports _Z\w+$/m);
});

it.each([
  ['pthread_cond_wait', 'is another function in an old glibc'],
  ['fstat', 'was no function of glibc 2.28'],
  ['napi_create_external_arraybuffer', 'fails in Electron'],
])('An addon that uses %s is refused: it %s', (name) => {
  const folder = mkdtempSync(join(scratch, 'refused-'));
  const source = `void ${name}(void); void napi_register_module_v1(void) { ${name}(); } void node_api_module_get_api_version_v1(void) {}`;
  writeFileSync(join(folder, 'addon.c'), source);
  run('gcc', ['-w', '-fno-builtin', '-shared', '-fPIC', '-nostdlib', '-o', 'addon.node', 'addon.c'], folder);
  expect(refusal(join(folder, 'addon.node'))).toMatch(new RegExp(`^\\S+: wants ${name}, .*\\n$`));
});

describe('With every name resolved at once, the binary for x64', () => {
  it('opens on musl', () => {
    expect(openOnMusl(binary('x64'), scratch)).toBe('9\n');
  });

  it('opens on a glibc that is older than any that Node.js 20 runs on, and a common build does not', () => {
    expect(openOnOldGlibc(binary('x64'), scratch)).toBe('9\n');
    expect(() => openOnOldGlibc(join(root, 'build/Release/alsa_utimer.node'), scratch)).toThrow(
      /GLIBC_\S+ not found/,
    );
  });
});

it('The same sources make the same binary in another folder', () => {
  const copy = join(scratch, 'another-folder');
  const portable = 'scripts/release/portable';
  for (const path of ['native', portable, 'package-lock.json', 'build-dev/portable/x64']) {
    const filter = (source: string) => !source.startsWith(join(root, 'native/build'));
    cpSync(join(root, path), join(copy, path), { recursive: true, preserveTimestamps: true, filter });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What is left of the objects is no older than its sources. A whole build would take minutes: scripts/release/reproduce.
  for (const made of ['alsa_utimer.node', 'alsa/utimer.o', 'binding/errors.o', 'compat.o']) {
    const path = join(copy, 'build-dev/portable/x64', made);
    expect(readFileSync(path).length).toBeGreaterThan(0);
    rmSync(path);
  }
  run('make', ['--directory', portable, 'ARCH=x64'], copy);
  const again = readFileSync(join(copy, 'build-dev/portable/x64/alsa_utimer.node'));
  expect(again.equals(readFileSync(binary('x64')))).toBe(true);
});
