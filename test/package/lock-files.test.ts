// An install from a lock file, with everything that a package manager runs by itself: what continuous integration does
// with every program that depends on this one.
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tool } from '../support/package-tools.js';
import { ASK, ASKED, Packed, run } from '../support/packed.js';

interface Manager {
  readonly name: string;
  /** Absent: the npm of this machine. */
  readonly tool?: 'npm-10' | 'pnpm' | 'yarn' | 'yarn-4';
  readonly add: readonly string[];
  readonly install: readonly string[];
  readonly lockFile: string;
  /** How it runs Node; by itself where the packages lie in node_modules. */
  readonly node?: readonly string[];
}

/** In the user's own folder: the one way that each of them can write into a lock file. */
const ARCHIVE = 'file:./alsa-utimer.tgz';

const managers: readonly Manager[] = [
  {
    name: 'npm, as it came with Node.js',
    add: ['install', ARCHIVE],
    install: ['ci'],
    lockFile: 'package-lock.json',
  },
  {
    name: 'npm 10',
    tool: 'npm-10',
    add: ['install', ARCHIVE],
    install: ['ci'],
    lockFile: 'package-lock.json',
  },
  {
    name: 'pnpm',
    tool: 'pnpm',
    add: ['add', ARCHIVE],
    install: ['install', '--frozen-lockfile'],
    lockFile: 'pnpm-lock.yaml',
  },
  {
    name: 'yarn 1',
    tool: 'yarn',
    add: ['add', ARCHIVE],
    install: ['install', '--frozen-lockfile'],
    lockFile: 'yarn.lock',
  },
  {
    name: 'yarn 4, without node_modules',
    tool: 'yarn-4',
    add: ['add', `alsa-utimer@${ARCHIVE}`],
    install: ['install', '--immutable'],
    lockFile: 'yarn.lock',
    node: ['node'],
  },
];

const packed = new Packed();
afterAll(() => packed.remove());

describe('An install from a lock file', () => {
  it.each(managers)('succeeds, and loads the binary: $name', (manager) => {
    const { name, add, install, lockFile, node } = manager;
    const user = packed.user(name.replaceAll(/\W+/g, '-'));
    // Of the folder above, which is the machine's, nothing is a workspace of yarn's.
    if (lockFile === 'yarn.lock') writeFileSync(join(user, lockFile), '');
    const manage = (args: readonly string[]) => {
      // The cache of the machine may have another package of this name and version.
      const env = {
        ...{ YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' },
        ...{ YARN_CACHE_FOLDER: join(user, '.cache'), YARN_ENABLE_GLOBAL_CACHE: 'false' },
      };
      return manager.tool
        ? run(process.execPath, [tool(manager.tool), ...args], user, env)
        : run('npm', args, user, env);
    };
    copyFileSync(packed.archive, join(user, 'alsa-utimer.tgz'));
    manage(add);
    expect(existsSync(join(user, lockFile))).toBe(true);
    for (const made of ['node_modules', '.pnp.cjs', '.yarn'])
      rmSync(join(user, made), { recursive: true, force: true });

    manage(install);
    writeFileSync(join(user, 'ask.js'), ASK);
    const said = node ? manage([...node, 'ask.js']) : run(process.execPath, ['ask.js'], user);
    expect(said).toMatch(ASKED);
  });
});
