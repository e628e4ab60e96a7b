/** The cases, which the package has as a bundle of test/kernel/conformance. */
import { packageRoot } from '../package-root.js';
import type { CaseFile } from './collect.js';
import { caseName } from './ktap.js';

/** All files of cases, in the order in which they run. */
export async function loadCases(): Promise<CaseFile[]> {
  const { collectCases } = await import(new URL('dist/selftest/cases.js', packageRoot).href);
  return collectCases();
}

/** What is wanted and not there: each number has a case, and a text is in a name. */
export function missingIn(files: readonly CaseFile[], wanted: string | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  const each = numbersOf(wanted) ?? [wanted];
  return each.find((one) => choose(files, one).length === 0);
}

/** Undefined where it is no list of numbers. */
function numbersOf(wanted: string): string[] | undefined {
  const numbers = wanted.toUpperCase().split(',');
  return numbers.every((number) => /^[A-Z]\d\d$/.test(number)) ? numbers : undefined;
}

/** The files with those cases only whose number is among these, or whose name has this text in it. */
export function choose(files: readonly CaseFile[], wanted: string | undefined): CaseFile[] {
  if (wanted === undefined) return [...files];
  const numbers = numbersOf(wanted);
  const isWanted = (name: string) =>
    numbers === undefined
      ? name.toLowerCase().includes(wanted.toLowerCase())
      : numbers.some((number) => name.startsWith(`${number} `));
  return files.flatMap((file) => {
    const cases = file.cases.filter(({ about, name }) => isWanted(caseName(about, name)));
    return cases.length === 0 ? [] : [{ ...file, cases }];
  });
}
