/**
 * What stands for vitest where the cases of test/kernel/conformance are bundled into the package: the functions of it that they
 * call, with the same meanings. rolldown.config.js puts it there.
 */
import { format } from 'node:util';
import { addCase, addSuite, type CaseContext, currentFile, type Hook } from './collect.js';

export { expect } from './expect.js';

const HOOK_TIMEOUT_MS = 60_000;

type Body = (context: CaseContext) => unknown;

export function describe(name: string, declare: () => void): void {
  addSuite(name, declare);
}

export function it(name: string, body: Body): void {
  addCase(name, body);
}

/** A case for each row of a table. Words as %s in the name are the values of the row. */
it.each =
  <T>(table: readonly T[]) =>
  (name: string, body: (...values: never[]) => unknown): void => {
    const words = name.match(/%[sdi]/g)?.length ?? 0;
    for (const row of table) {
      const values = (Array.isArray(row) ? row : [row]) as never[];
      addCase(format(name, ...values.slice(0, words)), () => body(...values));
    }
  };

const hook =
  (kind: 'beforeAll' | 'afterEach' | 'afterAll') =>
  (run: Hook['run'], timeoutMs = HOOK_TIMEOUT_MS): void => {
    currentFile(kind)[kind].push({ run, timeoutMs });
  };

export const beforeAll = hook('beforeAll');
/** Those that are declared last run first, as those of vitest do. */
export const afterEach = hook('afterEach');
export const afterAll = hook('afterAll');
