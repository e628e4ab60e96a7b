/** Cases, as files of test/kernel/conformance declare them. */

/** What a case gets: a way to say that it must not go on here. */
export interface CaseContext {
  /** @throws Skipped where the condition holds */
  skip(condition: boolean, reason: string): void;
}

export interface Case {
  /** Of its suite; a case of a table has the values of its row in it. */
  readonly about: string;
  readonly name: string;
  readonly run: (context: CaseContext) => unknown;
}

export interface Hook {
  readonly run: () => unknown;
  readonly timeoutMs: number;
}

export interface CaseFile {
  readonly name: string;
  readonly cases: Case[];
  readonly beforeAll: Hook[];
  readonly afterEach: Hook[];
  readonly afterAll: Hook[];
}

/** The file whose module is being loaded, and the suite within it. */
let collected: CaseFile | undefined;
let suite: string | undefined;

/** What a file declares while `load` imports it, which happens once. */
export async function collect(name: string, load: () => Promise<unknown>): Promise<CaseFile> {
  const file: CaseFile = { name, cases: [], beforeAll: [], afterEach: [], afterAll: [] };
  collected = file;
  try {
    await load();
  } finally {
    collected = undefined;
  }
  return file;
}

/** The file, outside of its suites. */
export function currentFile(what: string): CaseFile {
  if (collected === undefined) throw new Error(`${what} outside of a file of cases`);
  if (suite !== undefined) throw new Error(`${what} within the suite '${suite}': it is for files`);
  return collected;
}

export function addCase(name: string, run: Case['run']): void {
  if (collected === undefined || suite === undefined) throw new Error(`the case '${name}' is in no suite`);
  collected.cases.push({ about: suite, name, run });
}

export function addSuite(name: string, declare: () => void): void {
  currentFile(`the suite '${name}'`);
  suite = name;
  try {
    declare();
  } finally {
    suite = undefined;
  }
}
