// Where the kernel is present, a test that did not run is a failure: this reporter turns skips of its suite into one, unless
// the test itself found that this kernel must not run it, and says why.
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules
      .filter((module) => module.project.name === 'kernel')
      .flatMap((module) => [...module.children.allTests()])
      .filter((test) => test.result().state === 'skipped');
    for (const test of skipped) {
      const reason = skipReason(test);
      console.error(`not run: ${test.fullName}${reason === undefined ? '' : `: ${reason}`}`);
      if (reason === undefined) process.exitCode = 1;
    }
  }
}

/** Why a test that ran as far as that did not go on. */
export function skipReason(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}
