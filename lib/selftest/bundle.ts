/** The cases, which the package has as a bundle of test/kernel/conformance. */
import { packageRoot } from '../package-root.js';
import type { CaseFile } from './collect.js';
import { caseName } from './ktap.js';

/** All files of cases, in the order in which they run. */
export async function loadCases(): Promise<CaseFile[]> {
  const { collectCases } = await import(new URL('dist/selftest/cases.js', packageRoot).href);
  return collectCases();
}

/** The files with those cases only whose number is among these, or whose name has this text in it. */
export function choose(files: readonly CaseFile[], wanted: string | undefined): CaseFile[] {
  if (wanted === undefined) return [...files];
  const numbers = wanted.toUpperCase().split(',');
  const isNumbers = numbers.every((number) => /^[A-Z]\d\d$/.test(number));
  const isWanted = (name: string) =>
    isNumbers
      ? numbers.some((number) => name.startsWith(`${number} `))
      : name.toLowerCase().includes(wanted.toLowerCase());
  return files.flatMap((file) => {
    const cases = file.cases.filter(({ about, name }) => isWanted(caseName(about, name)));
    return cases.length === 0 ? [] : [{ ...file, cases }];
  });
}
