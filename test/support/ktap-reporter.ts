// The results of vitest as KTAP on standard output. A case that did not run is a failure, unless it says why this kernel must not
// run it.
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSpecification } from 'vitest/node';
import { caseName, KtapReport } from '../../lib/selftest/ktap.js';
import { skipReason } from './no-skips.js';

export default class KtapReporter implements Reporter {
  readonly #report = new KtapReport((line) => process.stdout.write(`${line}\n`));

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#report.begin(specifications.length);
  }

  onTestModuleCollected(module: TestModule): void {
    this.#report.beginFile(nameOfModule(module), [...module.children.allTests()].length);
  }

  onTestCaseResult(test: TestCase): void {
    this.#report.endCase({
      name: test.parent.type === 'suite' ? caseName(test.parent.name, test.name) : test.name,
      passed: test.result().state === 'passed',
      skipped: skipReason(test),
      problems: problems(test),
      ms: test.diagnostic()?.duration ?? 0,
    });
  }

  onTestModuleEnd(module: TestModule): void {
    this.#report.endFile(nameOfModule(module), {
      ok: module.ok(),
      ms: module.diagnostic().duration,
      errors: module.errors().map(textOf),
    });
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const error of unhandled) this.#report.explain(textOf(error));
    this.#report.end(unhandled.length > 0 ? 'an error outside the cases' : undefined);
    if (!this.#report.ok) process.exitCode = 1;
  }
}

const textOf = ({ stack, message }: SerializedError) => stack ?? message;

const nameOfModule = (module: TestModule) =>
  module.relativeModuleId.replace(/^.*\//, '').replace(/\.test\.ts$/, '');

function problems(test: TestCase): string[] {
  const { state, errors } = test.result();
  if (state === 'passed' || skipReason(test) !== undefined) return [];
  if (state !== 'failed') return [`it was not run (${state})`];
  return errors.map((error) => [error.message, error.diff].filter(Boolean).join('\n'));
}
