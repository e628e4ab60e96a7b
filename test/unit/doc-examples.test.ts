// The examples of documentation comments and of docs/ compile in the programs of people who copy them. That they run, and do
// what they say, is tested in the guest: test/kernel/examples.test.ts.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { documents, examplesOfComments, examplesOfDocument, moduleOf } from '../support/doc-examples.js';
import { complaints, RESOLUTIONS } from '../support/type-check.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const modules = new Map([
  ...examplesOfComments(root).map((example) => [example.name, moduleOf(example, 'v=0')] as const),
  ...documents(root)
    .flatMap((file) => examplesOfDocument(file, readFileSync(`${root}${file}`, 'utf8')))
    .map(({ name, source }) => [name, source] as const),
]);

const WRONG = "import { UserTimer } from 'alsa-utimer';\nUserTimer.create({ resolutionNs: 1 });";

describe.each(Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])(
  'With moduleResolution %s',
  (resolution) => {
    it('every example compiles under strict, and one that is wrong does not', { timeout: 120_000 }, () => {
      const found = complaints(new Map([...modules, ['wrong', WRONG]]), resolution);
      expect(found.size).toBeGreaterThan(60);
      expect([...found].filter(([, texts]) => texts.length > 0)).toEqual([
        ['wrong', [expect.stringContaining("Type 'number' is not assignable to type 'bigint'")]],
      ]);
    });
  },
);
