// Which C library a program wants, read from programs of several machines.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { interpreterOf, usesMusl } from '../../lib/native/libc.js';

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-libc-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program of two entries, PT_LOAD and PT_INTERP, whose loader's name lies far behind, where patchelf puts it. */
function elf(wide: boolean, little: boolean, loader?: string): Buffer {
  const bytes = Buffer.alloc(20_000);
  const u16 = (value: number, at: number) =>
    little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  const word = (value: number, at: number) => {
    if (wide && !little) u32(value, at + 4);
    else u32(value, at);
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2]);
  const table = 128;
  const size = wide ? 56 : 32;
  word(table, wide ? 32 : 28);
  u16(size, wide ? 54 : 42);
  u16(loader === undefined ? 1 : 2, wide ? 56 : 44);
  u32(1, table);
  if (loader !== undefined) {
    u32(3, table + size);
    word(17_000, table + size + (wide ? 8 : 4));
    word(loader.length + 1, table + size + (wide ? 32 : 16));
    bytes.write(`${loader}\0`, 17_000);
  }
  return bytes;
}

function program(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('The C library of a program', () => {
  it.each([
    ['x64', true, true, '/lib64/ld-linux-x86-64.so.2', false],
    ['x64-musl', true, true, '/lib/ld-musl-x86_64.so.1', true],
    ['nix', true, true, '/nix/store/abc-glibc-2.39/lib/ld-linux-x86-64.so.2', false],
    ['armhf-musl', false, true, '/lib/ld-musl-armhf.so.1', true],
    ['s390x', true, false, '/lib/ld64.so.1', false],
    ['s390x-musl', true, false, '/lib/ld-musl-s390x.so.1', true],
    ['ppc', false, false, '/lib/ld.so.1', false],
  ])('is that of the loader which it names: %s', (name, wide, little, loader, musl) => {
    const path = program(name, elf(wide, little, loader));
    expect(interpreterOf(path)).toBe(loader);
    expect(usesMusl(path)).toBe(musl);
  });

  it('is not told by a program that names none, is cut off, or is none', () => {
    const whole = elf(true, true, '/lib/ld-musl-x86_64.so.1');
    for (const [name, content] of [
      ['static', elf(true, true)],
      ['cut-header', whole.subarray(0, 60)],
      ['cut-table', whole.subarray(0, 200)],
      ['text', Buffer.from(`#!/bin/sh\n${'x'.repeat(100)}`)],
    ] as const) {
      const path = program(name, content);
      expect(interpreterOf(path), name).toBeUndefined();
      expect(usesMusl(path), name).toBe(false);
    }
    expect(usesMusl(join(folder, 'no-such-program'))).toBe(false);
  });
});
