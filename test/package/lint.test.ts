// What publint and "are the types wrong?" say about the packed package. Neither asks the network.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Packed, pack, run } from '../support/packed.js';

const tools = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const entries = Object.keys(manifest.exports);
const packed = new Packed();
afterAll(() => packed.remove());

const publint = (archive: string) =>
  run(join(tools, 'publint'), ['run', archive, '--level', 'suggestion', '--strict'], packed.folder);
// The package is of ES modules: a CommonJS program loads them by require() where Node.js can, else by import().
const typesWrong = (archive: string) =>
  run(join(tools, 'attw'), [archive, '--profile', 'esm-only', '--no-emoji'], packed.folder);

describe('The packed package', () => {
  it('has nothing that publint would suggest', () => {
    expect(publint(packed.archive)).toContain('All good!');
  });

  it('has types that agree with what is loaded, by every entry', () => {
    const report = typesWrong(packed.archive);
    for (const entry of entries) expect(report).toContain(`"${join('alsa-utimer', entry)}"`);
  });
});

describe('A package whose types lead nowhere', () => {
  const folder = packed.user('wrong');
  run('tar', ['-xzf', packed.archive, '-C', folder, '--strip-components', '1'], folder);
  const path = join(folder, 'package.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('./dist/rtp/index.d.ts', './dist/rtp/gone.d.ts'));
  const { archive } = pack(folder, folder);

  it('is found by both', () => {
    expect(() => publint(archive)).toThrow();
    expect(() => typesWrong(archive)).toThrow();
  });
});
