// The package as users get it: packed, installed, imported.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linksIn } from '../support/markdown-links.js';
import { ASK, ASKED, Packed, run } from '../support/packed.js';

const packed = new Packed();
const user = packed.user('user');
const manifest = () => JSON.parse(readFileSync(join(user, 'node_modules/alsa-utimer/package.json'), 'utf8'));

beforeAll(() => packed.install(user), 300_000);
afterAll(() => packed.remove());

/** As the files of cases have them, and those of the tables of resolutions. */
function numbersOfCases(): string[] {
  const folder = fileURLToPath(new URL('../kernel/conformance/', import.meta.url));
  const written = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/(?<=[[(]['"`])[A-Z]\d\d\b/g) ?? []);
  return [...written, ...Array.from({ length: 11 }, (_, index) => `R${13 + index}`)];
}

describe('The packed package', () => {
  it('holds the compiled library and the binaries, and no tests', () => {
    expect(packed.files).toContain('dist/index.js');
    expect(packed.files).toContain('dist/index.d.ts');
    expect(packed.files).toContain('docs/kernels.md'); // which errors refer to
    expect(packed.files).toContain('man/utimer.1');
    expect(packed.files.filter((path) => path.startsWith('prebuilds/')).toSorted()).toEqual([
      ...['alsa_utimer.node', 'raw', 'raw.copyright'].map((name) => `prebuilds/linux-arm64/${name}`),
      ...['alsa_utimer.node', 'raw', 'raw.copyright', 'raw32'].map((name) => `prebuilds/linux-x64/${name}`),
    ]);
    expect(packed.files.filter((path) => /^(test|build|native\/build)\//.test(path))).toEqual([]);
  });

  it('holds these files and folders, and nothing of the same name elsewhere', () => {
    const top = (paths: readonly string[]) => [...new Set(paths.map((path) => path.split('/')[0]))].sort();
    const within = (folder: string) =>
      packed.files
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1));
    expect(top(packed.files)).toEqual([
      ...[
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist',
        'docs',
        'examples',
        'man',
        'native',
        'package.json',
      ],
      'prebuilds',
      'snd-timer',
    ]);
    expect(top(within('docs'))).not.toContain('contributing');
  });

  it('has documents that link to nothing else of the checkout', () => {
    const pages = packed.files.filter((path) => path.endsWith('.md'));
    const links = pages.flatMap((page) => linksIn(join(user, 'node_modules/alsa-utimer'), page));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ path }) => !packed.files.includes(path))).toEqual([]);
  });

  it('gives npm nothing to run when it is installed', () => {
    expect(packed.files.filter((path) => /^[^/]*\.gyp$/.test(path))).toEqual([]);
    const { scripts = {}, gypfile } = manifest();
    expect(gypfile).toBe(false);
    for (const name of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(name);
  });

  it('has the cases of what kernels promise, and programs that run them', () => {
    const utimer = join(user, 'node_modules/.bin/utimer');
    const names = run(utimer, ['selftest', '--list'], user).trimEnd().split('\n');
    const numbers = new Set(names.map((name) => name.slice(0, 3)));
    expect(numbers).toEqual(new Set(numbersOfCases()));
    expect(run(utimer, ['selftest', '--list', '--only', 'l43'], user)).toMatch(/^L43 Several threads: .*\n$/);
    // What needs no kernel of these.
    for (const program of process.arch === 'x64' ? ['raw', 'raw32'] : ['raw']) {
      const path = join(user, `node_modules/alsa-utimer/prebuilds/linux-${process.arch}`, program);
      expect(JSON.parse(run(path, ['numbers'], user))).toMatchObject({ CREATE: 0xc020_54a5 });
    }
  });

  it('loads its binary, and reaches the kernel or says what is missing', () => {
    expect(run(process.execPath, ['--input-type=module', '--eval', ASK], user)).toMatch(ASKED);
  });

  it('has the documents that the error of an old kernel names, and a way in it that needs nothing else of ours', () => {
    // An addon that says what such a kernel does.
    const addon = join(user, 'old-kernel.cjs');
    writeFileSync(
      addon,
      `const error = { code: 'ENOTTY', errno: 25, syscall: 'ioctl SNDRV_TIMER_IOCTL_CREATE', path: '/dev/snd/timer' };
      const createUtimer = () => { throw Object.assign(new Error(), error); };
      module.exports = { errnos: {}, createUtimer };`,
    );
    const code = `
      process.env.ALSA_UTIMER_ADDON = ${JSON.stringify(addon)};
      const { UserTimer } = await import('alsa-utimer');
      try {
        UserTimer.create({ resolutionNs: 1_000_000n });
      } catch ({ code, hint, help }) {
        console.log(code, hint, help);
      }`;
    const said = run(process.execPath, ['--input-type=module', '--eval', code], user);
    expect(said).toMatch(/^ENOTTY /);
    const [path = '', help = ''] = said.match(/\/\S*\.md/g) ?? [];
    expect(help).toBe(join(user, 'node_modules/alsa-utimer/docs/symptoms.md'));
    expect(readFileSync(help, 'utf8')).toContain('<a id="timer-create-enotty"></a>');
    expect(path).toBe(join(user, 'node_modules/alsa-utimer/docs/kernels.md'));
    const [, section = ''] = /\n## On this machine(.*?)\n## /s.exec(readFileSync(path, 'utf8')) ?? [];
    expect(section).toContain('CONFIG_SND_UTIMER');
    expect(section).not.toContain('scripts/');
  });

  it('exports what package.json promises', () => {
    const { exports } = manifest();
    for (const name of Object.keys(exports).filter((path) => !path.endsWith('.json'))) {
      const specifier = `alsa-utimer${name.slice(1)}`;
      const code = `console.log(Object.keys(await import('${specifier}')).length > 0)`;
      expect(run(process.execPath, ['--input-type=module', '--eval', code], user), specifier).toBe('true\n');
    }
  });
});
