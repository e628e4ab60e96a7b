// The kernels that continuous integration keeps: named by all that makes them, and kept whatever the tests say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../support/script-machine.js';

const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8');
const prepare = readFileSync(join(root, 'scripts/kernel/prepare'), 'utf8');

describe('The cache of continuous integration', () => {
  it('is named by the architecture and every file that a kernel or its initramfs is named by', () => {
    const [, key = ''] = /\bkey: (kernels-.*)/.exec(workflow) ?? [];
    expect(key).toContain('{{ runner.arch }}');
    const patterns = [...key.matchAll(/'([^']*)\/\*\*'/g)].map(([, folder = '']) => folder);
    const hashed = [...prepare.matchAll(/"\$(scripts|configs)"?(\/[\w./*-]+)/g)].map(
      ([, variable, path = '']) =>
        variable === 'scripts' ? `scripts${path}` : `scripts/kernel/config${path}`,
    );
    const recipe = hashed.filter((path) =>
      /\/(stock|small|source|initramfs)\.sh$|\.config$|guest/.test(path),
    );
    expect(recipe).toEqual(expect.arrayContaining(['scripts/kernel/lib/stock.sh', 'scripts/vm/guest/*']));
    for (const path of recipe)
      expect(
        patterns.some((folder) => path.startsWith(`${folder}/`)),
        path,
      ).toBe(true);
  });

  it('is saved before the tests run', () => {
    const [save, test] = ['actions/cache/save@', '.ci/run'].map((step) => workflow.indexOf(step));
    expect(save).toBeGreaterThan(0);
    expect(test).toBeGreaterThan(save as number);
  });
});
