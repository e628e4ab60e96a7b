/** Runs cases one after the other, and reports each as it ends. */
import type { Case, CaseFile, Hook } from './collect.js';
import { UnexpectedError } from './expect.js';
import { caseName, type KtapReport } from './ktap.js';

/** How long a case may take: the slowest kernel takes a minute for the longest one. */
const CASE_TIMEOUT_MS = 120_000;

export interface Course {
  /** Why a case must not run on this machine. */
  skip(name: string): string | undefined;
  /** Aborted where the run is to end behind the case that runs. */
  readonly signal: AbortSignal;
  /** A case begins, once this is done. */
  begins(name: string): Promise<void> | void;
}

/** A case has found that it must not go on here. */
class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** What a case did not end in: it may still be at work, so nothing may follow. */
class LateError extends Error {
  override readonly name = 'LateError';
}

/** Runs all cases of the files, and ends the report. Says there why not all could run. */
export async function runFiles(
  files: readonly CaseFile[],
  report: KtapReport,
  course: Course,
): Promise<void> {
  report.begin(files.length);
  for (const file of files) {
    const stopped = await new FileRun(file, report, course).run();
    if (stopped !== undefined) {
      report.end(stopped);
      return;
    }
  }
  report.end();
}

/** One file: its cases between its hooks. */
class FileRun {
  readonly #file: CaseFile;
  readonly #report: KtapReport;
  readonly #course: Course;
  #ok = true;
  readonly #errors: string[] = [];
  #stopped: string | undefined;

  constructor(file: CaseFile, report: KtapReport, course: Course) {
    this.#file = file;
    this.#report = report;
    this.#course = course;
  }

  /** @returns why no other file may follow */
  async run(): Promise<string | undefined> {
    const { name, cases, beforeAll, afterAll } = this.#file;
    const began = performance.now();
    this.#report.beginFile(name, cases.length);
    const planned = cases.map((one) => {
      const of = caseName(one.about, one.name);
      return { one, name: of, skipped: this.#course.skip(of) };
    });
    // What a file sets up is for cases that run.
    const isNeeded = planned.some(({ skipped }) => skipped === undefined);
    if (isNeeded) await this.#hooks(beforeAll);
    for (const each of planned) {
      if (this.#stopped === undefined) await this.#case(each.one, each.name, each.skipped);
    }
    if (isNeeded) await this.#hooks(afterAll.toReversed());
    if (this.#stopped === undefined) {
      const ms = performance.now() - began;
      this.#report.endFile(name, { ok: this.#ok, ms, errors: this.#errors });
    } else {
      for (const error of this.#errors) this.#report.explain(error);
    }
    return this.#stopped;
  }

  /** @param refusal why it is not to be run at all */
  async #case(one: Case, name: string, refusal: string | undefined): Promise<void> {
    const began = performance.now();
    let skipped = refusal;
    const problems: string[] = [];
    if (skipped === undefined) {
      if (this.#errors.length > 0) {
        problems.push('it was not run, since its file could not be set up');
      } else {
        await this.#course.begins(name);
        try {
          await within(CASE_TIMEOUT_MS, name, () => one.run({ skip }));
        } catch (error) {
          if (error instanceof Skipped) skipped = error.message;
          else problems.push(this.#problem(error));
        }
        problems.push(...(await this.#cleanUp()));
      }
    }
    const failed = problems.length > 0;
    if (failed) this.#ok = false;
    const ms = performance.now() - began;
    const passed = skipped === undefined && !failed;
    this.#report.endCase({ name, passed, skipped: failed ? undefined : skipped, problems, ms });
    if (this.#course.signal.aborted) this.#stopped ??= 'interrupted';
  }

  /** Behind a case, whatever became of it. */
  async #cleanUp(): Promise<string[]> {
    const problems: string[] = [];
    for (const { run, timeoutMs } of this.#file.afterEach.toReversed()) {
      try {
        await within(timeoutMs, 'afterEach', run);
      } catch (error) {
        problems.push(this.#problem(error));
      }
    }
    return problems;
  }

  async #hooks(hooks: readonly Hook[]): Promise<void> {
    for (const { run, timeoutMs } of hooks) {
      try {
        await within(timeoutMs, `what ${this.#file.name} sets up`, run);
      } catch (error) {
        this.#errors.push(this.#problem(error));
      }
    }
  }

  #problem(error: unknown): string {
    if (error instanceof LateError) this.#stopped = error.message;
    if (error instanceof UnexpectedError || error instanceof LateError) return error.message;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function skip(condition: boolean, reason: string): void {
  if (condition) throw new Skipped(reason);
}

/** @throws LateError */
async function within(ms: number, what: string, run: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new LateError(`${what}: not done after ${ms / 1000} s`)), ms);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
