/**
 * Results as KTAP (https://docs.kernel.org/dev-tools/ktap.html): a file of cases is a test, its cases are the subtests. A case is
 * printed when it ends, so a kernel that dies leaves what came before.
 */
import { release } from 'node:os';
import { stripVTControlCharacters } from 'node:util';

/** What became of a case. */
export interface CaseResult {
  /** As {@link caseName} makes it. */
  readonly name: string;
  readonly passed: boolean;
  /** Why it must not run here. A case that neither passed nor says why is a failure. */
  readonly skipped?: string | undefined;
  /** What was wrong, of several lines each. */
  readonly problems: readonly string[];
  readonly ms: number;
}

/** The number of the case, what it is about, and what it finds: 'U01 The interface: the version is 2.0.8'. */
export function caseName(about: string, name: string): string {
  const [, number = '', rest = name] = /^([A-Z]\d\d )(.*)$/.exec(name) ?? [];
  return `${number}${about}: ${rest}`;
}

/** '#' begins a directive. */
const plain = (text: string) => text.replaceAll('#', '');

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** One KTAP document: a version, a plan, and results that number themselves. */
class Document {
  readonly #write: (line: string) => void;
  readonly #indent: string;
  #number = 0;

  constructor(write: (line: string) => void, plan: number, depth = 0, about?: string) {
    this.#write = write;
    this.#indent = '  '.repeat(depth);
    this.say('KTAP version 1');
    if (about !== undefined) this.explain(about);
    this.say(`1..${plan}`);
  }

  result(passed: boolean, name: string, diagnostic?: string): void {
    this.#number += 1;
    const rest = diagnostic === undefined ? '' : ` # ${plain(diagnostic)}`;
    this.say(`${passed ? 'ok' : 'not ok'} ${this.#number} ${plain(name)}${rest}`);
  }

  explain(message: string): void {
    for (const line of stripVTControlCharacters(message).split('\n')) this.say(`# ${line}`);
  }

  say(line: string): void {
    this.#write(`${this.#indent}${line}`);
  }
}

export class KtapReport {
  readonly #write: (line: string) => void;
  #files: Document | undefined;
  #cases: Document | undefined;
  #passed = 0;
  readonly #failed: string[] = [];
  readonly #skipped: string[] = [];
  #slowest = { name: '', ms: 0 };
  #complete = true;

  /** @param write gets each line, without its end */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Whether nothing is wrong so far. */
  get ok(): boolean {
    return this.#failed.length === 0 && this.#complete;
  }

  begin(files: number): void {
    this.#files = new Document(this.#write, files, 0, `kernel ${release()}`);
  }

  beginFile(name: string, cases: number): void {
    this.#cases = new Document(this.#write, cases, 1, name);
  }

  endCase({ name, passed, skipped, problems, ms }: CaseResult): void {
    for (const problem of problems) this.#cases?.explain(problem);
    this.#cases?.result(passed || skipped !== undefined, name, skipped && `SKIP ${skipped}`);
    if (passed) this.#passed += 1;
    else if (skipped === undefined) this.#failed.push(name);
    else this.#skipped.push(`${name}: ${skipped}`);
    if (ms > this.#slowest.ms) this.#slowest = { name, ms };
  }

  /** @param errors what went wrong outside its cases */
  endFile(name: string, { ok, ms, errors }: { ok: boolean; ms: number; errors: readonly string[] }): void {
    for (const error of errors) this.#files?.explain(error);
    if (errors.length > 0) this.#failed.push(name);
    this.#files?.result(ok && errors.length === 0, name, seconds(ms));
  }

  /** @param reason why the rest does not follow */
  end(reason?: string): void {
    this.#files ??= new Document(this.#write, 0);
    const files = this.#files;
    files.explain(`passed ${this.#passed}, failed ${this.#failed.length}, skipped ${this.#skipped.length}`);
    for (const name of this.#failed) files.explain(`failed: ${name}`);
    for (const name of this.#skipped) files.explain(`skipped: ${name}`);
    files.explain(`slowest: ${this.#slowest.name} (${seconds(this.#slowest.ms)})`);
    const ended = this.#passed + this.#failed.length + this.#skipped.length;
    const why = reason ?? (ended === 0 ? 'no case has run' : undefined);
    if (why === undefined) return;
    this.#complete = false;
    files.say(`Bail out! ${plain(why)}`);
  }

  /** What is wrong with no case in particular. */
  explain(message: string): void {
    this.#files?.explain(message);
  }
}
