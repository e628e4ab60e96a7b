// Which cases are left out on which kernel.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { choose, loadCases, missingIn } from '../../../lib/selftest/bundle.js';
import { defectsHere, HAZARDS, type Here, reasonToSkip } from '../../../lib/selftest/hazards.js';
import { caseName } from '../../../lib/selftest/ktap.js';
import { root } from '../../support/script-machine.js';
import { machine } from '../doctor/machine.js';

const MENDED = '7.3.4';
const HERE = { processors: 2, mayCrash: false, cardless: undefined };
const files = await loadCases();
const names = files.flatMap(({ cases }) => cases.map(({ about, name }) => caseName(about, name)));
const on = (release: string, change: Parameters<typeof machine>[0] = {}) =>
  defectsHere(machine({ release, ...change }));
const skippedWith = (here: Partial<Here>) =>
  names
    .filter((name) => reasonToSkip(name, { ...HERE, defects: new Set(), ...here }) !== undefined)
    .map((name) => name.slice(0, 3));
const skippedOn = (release: string) => skippedWith({ defects: on(release) });

describe('The bundle', () => {
  it('has every file of cases, each with cases', () => {
    const written = readdirSync(`${root}/test/kernel/conformance`)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => name.replace('.test.ts', ''));
    expect(files.map(({ name }) => name).sort()).toEqual(written.sort());
    expect(files.filter(({ cases }) => cases.length === 0)).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is chosen from by numbers, or by a part of the names', () => {
    const chosen = (wanted: string) =>
      choose(files, wanted).flatMap(({ cases }) => cases.map(({ name }) => name.slice(0, 3)));
    expect(chosen('u01,L45,R17')).toEqual(['U01', 'L45', 'L45', 'R17']);
    expect(chosen('START returns 1')).toEqual(['R28', 'R29']);
    expect(chosen('Z99')).toEqual([]);
    expect(choose(files, undefined)).toHaveLength(files.length);
  });

  it('has all that is chosen, or tells what it has not', () => {
    const asked = ['u01,L45', 'u01,Z99,Z98', 'START returns 1', 'no such name', undefined];
    expect(asked.map((wanted) => missingIn(files, wanted))).toEqual([
      ...[undefined, 'Z99', undefined, 'no such name', undefined],
    ]);
  });
});

describe('Cases that can crash a kernel', () => {
  it('exist', () => {
    for (const beginning of HAZARDS.flatMap(({ cases }) => cases))
      expect([beginning, names.some((name) => name.startsWith(beginning))]).toEqual([beginning, true]);
  });

  it.each<[string, string, string[]]>([
    ['nothing on one that is mended', MENDED, []],
    ['nothing on one of an older series that is mended', '6.12.110-amd64', []],
    ['what that series has not mended', '6.18.50', ['F33']],
    ['triggers at once', '6.12.95+deb13-amd64', ['F30', 'F33', 'L43', 'L45']],
  ])('are left out: %s', (_, release, left) => {
    expect(skippedOn(release).sort()).toEqual(left);
  });

  it('are all left out on the first kernel with such timers, and where the version cannot be read', () => {
    const all = skippedOn('6.12.0');
    expect(all).toEqual(expect.arrayContaining(['L41', 'L46', 'D01', 'D09', 'A18', 'F30', 'U25']));
    expect(skippedOn('unknown')).toEqual(all);
    expect(all.length).toBeLessThan(30);
  });

  it('run where the changelog of the package says that they are mended', () => {
    const version = '#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1 (2026-07-05)';
    const path = '/usr/share/doc/linux-image-6.12.95-amd64/changelog.gz';
    const changelog = (...lines: string[]) => ({
      [path]: `linux (6.12.95-1) trixie; urgency=high\n\n${lines.map((line) => `  * ${line}\n`).join('')}`,
    });
    const skipped = (files: Record<string, string>) =>
      skippedWith({ defects: on('6.12.95-amd64', { version, files }) });
    expect(skipped(changelog('Something else')).sort()).toEqual(['F30', 'F33', 'L43', 'L45']);
    // A fault without a number is mended by a version only.
    expect(skipped(changelog('Mends CVE-2026-68200', 'Mends CVE-2026-68201'))).toEqual(['F33']);
  });

  it('run where they are asked for', () => {
    expect(skippedWith({ defects: on('6.12.0'), mayCrash: true })).toEqual([]);
  });

  it('say why, and what runs them', () => {
    const [l43 = ''] = names.filter((name) => name.startsWith('L43'));
    expect(reasonToSkip(l43, { ...HERE, defects: on('6.12.95') })).toMatch(
      /^this kernel may crash: a timer .* \(CVE-2026-68200, .*\); --may-crash runs it$/,
    );
  });
});

describe('A case that finds no processor, or no card,', () => {
  it('does not run on one processor where it needs two', () => {
    expect(skippedWith({ processors: 1 })).toEqual(['L43']);
  });

  it('does not run without a card, if it is about cables', () => {
    const left = names.filter(
      (name) => reasonToSkip(name, { ...HERE, defects: new Set(), cardless: 'no' }) === undefined,
    );
    expect(new Set(left.map((name) => name[0]))).toEqual(new Set(['U', 'L', 'K']));
    // All others are of files that begin with a card.
    const withCard = files
      .filter(({ beforeAll }) => beforeAll.length > 1)
      .flatMap(({ cases }) => cases.map(({ name }) => name));
    expect(left.filter((name) => withCard.some((one) => one.startsWith(name.slice(0, 4))))).toEqual([]);
    expect(left.length + withCard.length).toBe(names.length - 1);
  });
});
