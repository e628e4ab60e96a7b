// The installed package on machines that this one is not: arm64, emulated by qemu-user, and one whose C library is musl.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { librariesForMusl } from '../support/musl.js';
import { PROGRAM, printedOn } from '../support/package-program.js';
import { installedFile } from '../support/package-tools.js';
import { Packed, run } from '../support/packed.js';

const packed = new Packed();
const user = packed.user('user');

beforeAll(() => {
  packed.install(user);
  writeFileSync(join(user, 'program.mjs'), PROGRAM);
}, 300_000);
afterAll(() => packed.remove());

it('works on arm64', () => {
  // qemu-user lacks SO_RXQ_OVFL: Node.js receives what the addon has sent.
  const args = ['-L', '/usr/aarch64-linux-gnu', installedFile('node-arm64'), 'program.mjs', 'dgram'];
  expect(run('qemu-aarch64-static', args, user)).toBe(printedOn('arm64'));
});

it('works on musl', () => {
  const bun = installedFile('bun-musl');
  const env = { LD_LIBRARY_PATH: librariesForMusl(bun, join(packed.folder, 'libraries')) };
  expect(run(bun, ['program.mjs', 'native'], user, env)).toBe(printedOn('x64'));
});
