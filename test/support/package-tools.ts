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
};

const PROGRAMS = {
  'npm-10': 'bin/npm-cli.js',
  pnpm: 'bin/pnpm.cjs',
  yarn: 'bin/yarn.js',
  'yarn-4': 'bin/yarn.js',
  'typescript-5.7': 'bin/tsc',
} satisfies Record<keyof typeof VERSIONS, string>;

/** The script of a tool, for Node to run. */
export function tool(name: keyof typeof VERSIONS): string {
  return join(installed(), 'node_modules', name, PROGRAMS[name]);
}

function installed(): string {
  const dependencies = JSON.stringify(VERSIONS);
  const hash = createHash('sha256').update(dependencies).digest('hex').slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'alsa-utimer');
  const folder = join(cache, `package-tools-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(join(cache, '.package-tools.partial.'));
  writeFileSync(join(partial, 'package.json'), `{ "private": true, "dependencies": ${dependencies} }`);
  run('npm', ['install', '--ignore-scripts'], partial);
  try {
    renameSync(partial, folder);
  } catch {
    // Another test file was faster.
    rmSync(partial, { recursive: true });
  }
  return folder;
}
