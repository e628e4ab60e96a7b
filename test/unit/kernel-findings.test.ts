// The findings about the kernel name cases of the conformance suite, which show them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const suite = join(root, 'test/kernel/conformance');

const CASE = /\b[A-Z]\d\d\b/g;

/** The rates that the documented formula gets wrong are R13 to R23, made of the table of those that are exact. */
const computed = Array.from({ length: 11 }, (_, index) => `R${13 + index}`);
const cases = new Set([
  ...computed,
  ...readdirSync(suite)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => readFileSync(join(suite, file), 'utf8').match(/(?<=[[(]['"`])[A-Z]\d\d\b/g) ?? []),
]);

const [head = '', ...findings] = readFileSync(join(root, 'docs/kernel-findings.md'), 'utf8').split('\n## ');

it('Every case that a finding names exists', () => {
  expect(cases.size).toBeGreaterThan(150);
  const named = findings.join('').match(CASE) ?? [];
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !cases.has(name))).toEqual([]);
});

it('Every finding is in the table, with its reproducer, and has a proposal', () => {
  const rows = [...head.matchAll(/^\| \[([^\]]*)\].*\| (\w*) +\|$/gm)].map(([, title, name]) => [
    title,
    name,
  ]);
  const told = findings.map((finding) => {
    expect(finding).toMatch(/^Proposal: \S/m);
    return [finding.split('\n')[0], finding.match(/^Reproducer: ([A-Z]\d\d)\b/m)?.[1]];
  });
  expect(rows).toEqual(told);
});
