// The package alsa-utimer-vm as it is packed, with a made-up kernel: a real one takes ten minutes. test/machine runs that.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { linksIn } from '../support/markdown-links.js';
import { pack, run } from '../support/packed.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-vm-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KERNEL: Record<string, string> = {
  ...{
    release: '7.3.4\n',
    config: 'CONFIG_SND_UTIMER=y\n',
    vmlinux: 'a kernel',
    initramfs: 'process 1',
    musl: 'MIT\n',
  },
  'built-from': 'Package: linux-source-7.3\nSource: linux\nVersion: 7.3.4-1\nCompiler: gcc\n',
  ...{ 'licenses/COPYING': 'GPL\n', 'licenses/GPL-2.0': '2\n', 'licenses/Linux-syscall-note': 'note\n' },
  'modules/lib/modules/7.3.4/modules.dep': 'kernel/sound/drivers/snd-aloop.ko:\n',
  'modules/lib/modules/7.3.4/kernel/sound/drivers/snd-aloop.ko': 'a module',
};
for (const [path, text] of Object.entries(KERNEL)) {
  mkdirSync(dirname(join(folder, 'kernel', path)), { recursive: true });
  writeFileSync(join(folder, 'kernel', path), text);
}
const source = join(folder, 'vm');
cpSync(join(root, 'vm'), source, {
  recursive: true,
  filter: (path) => !relative(join(root, 'vm'), path).startsWith('prebuilt'),
});
cpSync(join(root, 'LICENSE'), join(source, 'LICENSE'));
const made = (name: string) => join(folder, 'kernel', name);
run(
  process.execPath,
  [
    join(root, 'scripts/release/vm.d/main.mjs'),
    made(''),
    made('initramfs'),
    made('musl'),
    join(source, 'prebuilt/x64'),
  ],
  root,
);
const { archive, files } = pack(source, folder);

describe('The packed machine', () => {
  it('holds its program, the source of the guest, and a kernel with all that its licence asks for', () => {
    const program = ['lib', 'guest'].flatMap((part) =>
      readdirSync(join(root, 'vm', part)).map((name) => `${part}/${name}`),
    );
    expect(program).toEqual(expect.arrayContaining(['lib/run.mjs', 'guest/init.c']));
    const kernel =
      'SOURCE config initramfs kernel.json licenses/COPYING licenses/GPL-2.0 licenses/Linux-syscall-note';
    const modules = 'modules.dep kernel/sound/drivers/snd-aloop.ko';
    expect(files.toSorted()).toEqual(
      [
        ...['LICENSE', 'README.md', 'index.d.mts', 'index.mjs', 'package.json'],
        ...program,
        ...`${kernel} licenses/musl vmlinux.br`.split(' ').map((name) => `prebuilt/x64/${name}`),
        ...modules.split(' ').map((name) => `prebuilt/x64/modules/lib/modules/7.3.4/${name}`),
      ].sort(),
    );
  });

  it('has a README that links to nothing outside of it', () => {
    expect(linksIn(source, 'README.md').filter(({ path }) => !files.includes(path))).toEqual([]);
  });

  it('is installed without a script, and tells what there is', () => {
    const user = join(folder, 'user');
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{ "type": "module" }');
    run('npm', ['install', archive], user);
    const { scripts } = JSON.parse(
      readFileSync(join(user, 'node_modules/alsa-utimer-vm/package.json'), 'utf8'),
    );
    expect(scripts).toBeUndefined();
    const code =
      "const { status, version } = await import('alsa-utimer-vm'); console.log(version, status().kernel.release)";
    const said = run(process.execPath, ['--input-type=module', '--eval', code], user, {
      XDG_CACHE_HOME: folder,
    });
    expect(said).toBe('0.1.0 7.3.4\n');
  });

  it('has types that a compiler of today takes', () => {
    writeFileSync(
      join(folder, 'user/program.ts'),
      `import { prepare, type Status, run, RunError } from 'alsa-utimer-vm';
      const { timeFactor = 1 }: Status = await prepare();
      try { await run(['ls'], { timeout: 3 * timeFactor }); } catch (error) { if (error instanceof RunError) process.exit(error.status); }`,
    );
    const compiler = join(root, 'node_modules/.bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
    const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
    expect(run(compiler, [...options, ...types, 'program.ts'], join(folder, 'user'))).toBe('');
  });
});
