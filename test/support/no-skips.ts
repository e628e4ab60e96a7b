// Where the kernel is present, a test that did not run is a failure: this reporter turns skips of its suite into one.
import type { Reporter, TestModule } from 'vitest/node';

export default class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules
      .filter((module) => module.project.name === 'kernel')
      .flatMap((module) => [...module.children.allTests()])
      .filter((test) => test.result().state === 'skipped');
    for (const test of skipped) console.error(`not run: ${test.fullName}`);
    if (skipped.length > 0) process.exitCode = 1;
  }
}
