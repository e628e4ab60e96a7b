// Programs that a bundler has made one of with the package: they find their binary where the package is not.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tool } from '../support/package-tools.js';
import { ASK, ASKED, Packed, run } from '../support/packed.js';

const packed = new Packed();
const user = packed.user('user');

beforeAll(() => {
  packed.install(user);
  writeFileSync(join(user, 'program.mjs'), ASK);
}, 300_000);
afterAll(() => packed.remove());

/** Moves what a bundler has made to a folder that has nothing else. */
function alone(made: string): string {
  const folder = join(packed.folder, 'alone', made);
  mkdirSync(join(packed.folder, 'alone'), { recursive: true });
  cpSync(join(user, made), folder, { recursive: true });
  return folder;
}

describe('A program bundled by esbuild', () => {
  const bundle = (name: string, ...options: readonly string[]) => {
    const common = ['program.mjs', '--bundle', '--platform=node', '--loader:.node=copy', '--log-level=error'];
    run(process.execPath, [tool('esbuild'), ...common, ...options, `--outdir=${name}`], user);
    return alone(name);
  };

  it('takes its binaries along, as CommonJS', () => {
    const folder = bundle('esbuild-cjs', '--format=cjs', '--out-extension:.js=.cjs');
    expect(readdirSync(folder).filter((name) => name.endsWith('.node'))).toHaveLength(2);
    expect(run(process.execPath, ['program.cjs'], folder)).toMatch(ASKED);
  });

  it('takes its binaries along, as an ES module that has require()', () => {
    const require = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";
    const folder = bundle(
      'esbuild-esm',
      '--format=esm',
      '--out-extension:.js=.mjs',
      `--banner:js=${require}`,
    );
    expect(run(process.execPath, ['program.mjs'], folder)).toMatch(ASKED);
  });
});

it('A program bundled by webpack takes its binaries along, and webpack is told nothing of them', () => {
  const output = join(user, 'webpack');
  const options = {
    mode: 'production',
    target: 'node20',
    entry: './program.mjs',
    context: user,
    output: { path: output },
  };
  writeFileSync(
    join(user, 'bundle.cjs'),
    `require(${JSON.stringify(tool('webpack'))})(${JSON.stringify(options)}, (error, stats) => {
      if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString());
    });`,
  );
  run(process.execPath, ['bundle.cjs'], user);
  const folder = alone('webpack');
  expect(readdirSync(folder).filter((name) => name.endsWith('.node'))).toHaveLength(2);
  expect(run(process.execPath, ['main.js'], folder)).toMatch(ASKED);
});
