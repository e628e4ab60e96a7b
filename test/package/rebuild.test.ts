// On a machine that the package has no binary for: the error says one command, and that command builds one. It needs a
// compiler, make, python3 and npm.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ASK, ASKED, Packed, run } from '../support/packed.js';

const packed = new Packed();
// Not where every path is: a folder whose name wants quoting.
const user = packed.user("a user's folder");
const installed = join(user, 'node_modules/alsa-utimer');

beforeAll(() => {
  packed.install(user);
  rmSync(join(installed, 'prebuilds'), { recursive: true });
}, 300_000);
afterAll(() => packed.remove());

it('builds the addon by the command that the error names, from the installed package alone', () => {
  const ask = () => run(process.execPath, ['--input-type=module', '--eval', ASK], user);
  const complaint = ask();
  expect(complaint).toContain(join(installed, 'prebuilds'));
  const [, command = ''] = /`(npm run .*? rebuild)`/.exec(complaint) ?? [];
  // A compiler that knows more warnings than ours is no reason to fail.
  run('sh', ['-c', command], packed.folder, { CXXFLAGS: '-Wpadded' });
  expect(ask()).toMatch(ASKED);
}, 1_800_000);

it('is asked for by the README in the same words', () => {
  expect(run('cat', ['README.md'], installed)).toContain('npm run --prefix node_modules/alsa-utimer rebuild');
});
