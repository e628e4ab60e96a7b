// Results as KTAP (https://docs.kernel.org/dev-tools/ktap.html) on standard output. A test that did not run is a failure,
// unless it says why this kernel must not run it.
import { release } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { skipReason } from './no-skips.js';

const say = (line: string) => process.stdout.write(`${line}\n`);
/** '#' begins a directive. */
const plain = (text: string) => text.replaceAll('#', '');
const explain = (message: string) => {
  for (const line of stripVTControlCharacters(message).split('\n')) say(`# ${line}`);
};

export default class KtapReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const broken = modules.filter((module) => module.errors().length > 0);
    say('KTAP version 1');
    say(`# kernel ${release()}`);
    say(`1..${tests.length + broken.length}`);
    let number = 0;
    const report = (passed: boolean, name: string, messages: readonly string[], skipped?: string) => {
      number += 1;
      for (const message of messages) explain(message);
      const directive = skipped === undefined ? '' : ` # SKIP ${plain(skipped)}`;
      say(`${passed ? 'ok' : 'not ok'} ${number} ${plain(name)}${directive}`);
      if (!passed) process.exitCode = 1;
    };
    for (const test of tests) {
      const reason = skipReason(test);
      report(test.result().state === 'passed' || reason !== undefined, test.name, problems(test), reason);
    }
    for (const module of broken) {
      report(
        false,
        module.relativeModuleId,
        module.errors().map((error) => error.stack ?? error.message),
      );
    }
    for (const error of unhandled) explain(error.stack ?? error.message);
    if (unhandled.length > 0 || number === 0) {
      say(number === 0 ? 'Bail out! no tests' : 'Bail out! an error outside the tests');
      process.exitCode = 1;
    }
  }
}

function problems(test: TestCase): string[] {
  const { state, errors } = test.result();
  if (state === 'passed' || skipReason(test) !== undefined) return [];
  if (state !== 'failed') return [`it was not run (${state})`];
  return errors.map((error) => [error.message, error.diff].filter(Boolean).join('\n'));
}
