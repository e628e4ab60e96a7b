// Results as KTAP (https://docs.kernel.org/dev-tools/ktap.html) on standard output: a file is a test, its cases are the
// subtests. A case is reported as it ends, so that a kernel that dies leaves what came before. A case that did not run is a
// failure, unless it says why this kernel must not run it.
import { release } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSpecification } from 'vitest/node';
import { skipReason } from './no-skips.js';

/** '#' begins a directive. */
const plain = (text: string) => text.replaceAll('#', '');

/** One KTAP document: a version, a plan, and results that number themselves. */
class Document {
  readonly #indent: string;
  #number = 0;

  constructor(plan: number, depth = 0, about?: string) {
    this.#indent = '  '.repeat(depth);
    this.#say('KTAP version 1');
    if (about !== undefined) this.explain(about);
    this.#say(`1..${plan}`);
  }

  result(passed: boolean, name: string, diagnostic?: string): void {
    this.#number += 1;
    const rest = diagnostic === undefined ? '' : ` # ${plain(diagnostic)}`;
    this.#say(`${passed ? 'ok' : 'not ok'} ${this.#number} ${plain(name)}${rest}`);
    if (!passed) process.exitCode = 1;
  }

  explain(message: string): void {
    for (const line of stripVTControlCharacters(message).split('\n')) this.#say(`# ${line}`);
  }

  bailOut(reason: string): void {
    this.#say(`Bail out! ${reason}`);
    process.exitCode = 1;
  }

  #say(line: string): void {
    process.stdout.write(`${this.#indent}${line}\n`);
  }
}

export default class KtapReporter implements Reporter {
  #files: Document | undefined;
  #cases: Document | undefined;
  #passed = 0;
  readonly #failed: string[] = [];
  readonly #skipped: string[] = [];
  #slowest = { name: '', ms: 0 };

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#files = new Document(specifications.length, 0, `kernel ${release()}`);
  }

  onTestModuleCollected(module: TestModule): void {
    this.#cases = new Document([...module.children.allTests()].length, 1, nameOfModule(module));
  }

  onTestCaseResult(test: TestCase): void {
    const name = nameOf(test);
    const reason = skipReason(test);
    const passed = test.result().state === 'passed';
    for (const message of problems(test)) this.#cases?.explain(message);
    this.#cases?.result(passed || reason !== undefined, name, reason && `SKIP ${reason}`);
    if (passed) this.#passed += 1;
    else if (reason === undefined) this.#failed.push(name);
    else this.#skipped.push(`${name}: ${reason}`);
    const ms = test.diagnostic()?.duration ?? 0;
    if (ms > this.#slowest.ms) this.#slowest = { name, ms };
  }

  onTestModuleEnd(module: TestModule): void {
    const errors = module.errors();
    for (const { stack, message } of errors) this.#files?.explain(stack ?? message);
    if (errors.length > 0) this.#failed.push(nameOfModule(module));
    this.#files?.result(module.ok() && errors.length === 0, nameOfModule(module), seconds(module));
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const files = this.#files ?? new Document(0);
    files.explain(`passed ${this.#passed}, failed ${this.#failed.length}, skipped ${this.#skipped.length}`);
    for (const name of this.#failed) files.explain(`failed: ${name}`);
    for (const name of this.#skipped) files.explain(`skipped: ${name}`);
    files.explain(`slowest: ${this.#slowest.name} (${(this.#slowest.ms / 1000).toFixed(1)} s)`);
    for (const { stack, message } of unhandled) files.explain(stack ?? message);
    if (this.#passed + this.#failed.length === 0) files.bailOut('no case has run');
    else if (unhandled.length > 0) files.bailOut('an error outside the cases');
  }
}

const nameOfModule = (module: TestModule) =>
  module.relativeModuleId.replace(/^.*\//, '').replace(/\.test\.ts$/, '');

const seconds = (module: TestModule) => `${(module.diagnostic().duration / 1000).toFixed(1)} s`;

/** The number of the case, what it is about, and what it finds: 'U01 The interface: the version is 2.0.8'. */
function nameOf(test: TestCase): string {
  const { name, parent } = test;
  if (parent.type !== 'suite') return name;
  const [, number = '', rest = name] = /^([A-Z]\d\d )(.*)$/.exec(name) ?? [];
  return `${number}${parent.name}: ${rest}`;
}

function problems(test: TestCase): string[] {
  const { state, errors } = test.result();
  if (state === 'passed' || skipReason(test) !== undefined) return [];
  if (state !== 'failed') return [`it was not run (${state})`];
  return errors.map((error) => [error.message, error.diff].filter(Boolean).join('\n'));
}
