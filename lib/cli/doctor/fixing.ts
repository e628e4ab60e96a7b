/** What the doctor may mend by itself: shown first, and run when the user agrees. */
import { createInterface } from 'node:readline/promises';
import { type CheckResult, diagnose } from '../../doctor/diagnose.js';
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import { runInShell } from '../run/shell.js';
import { UsageError } from '../table/usage-error.js';
import { printResults } from './diagnosis.js';

/** What runs a line in a shell. @returns its exit status */
export type RunLine = (line: string, io: Io) => Promise<number>;

/** Where a diagnosis and a shell come from: tests have their own. */
export interface Fixing {
  readonly diagnose: () => AsyncIterable<CheckResult>;
  readonly run: RunLine;
  /** Whether this process is root, and needs no sudo. Asked when it matters: Deno asks for a permission first. */
  readonly isRoot: () => boolean;
}

const REAL: Fixing = { diagnose, run: runLine, isRoot: () => process.getuid?.() === 0 };

/**
 * Diagnoses, shows what is safe to run, runs it, and diagnoses anew, until nothing more is to be mended: what is loaded lets others
 * look further.
 *
 * @param agreed nobody is asked
 * @returns the exit code of the last diagnosis
 */
export async function fixMachine(agreed: boolean, io: Io, fixing: Fixing = REAL): Promise<number> {
  if (!agreed && !(io.stdin as Partial<NodeJS.ReadStream>).isTTY) {
    throw new UsageError(
      '--fix asks before it runs anything, and standard input is no terminal: --yes does not ask',
    );
  }
  const done = new Set<string>();
  for (;;) {
    const { code, results } = await printResults(io, fixing.diagnose());
    const lines = linesOf(results, fixing.isRoot()).filter((line) => !done.has(line));
    if (io.signal.aborted) return 1;
    if (lines.length === 0) {
      if (done.size === 0)
        await print(io, 'Nothing of this is mended by a command that is safe to run unasked.');
      return code;
    }
    await print(io, 'These commands are safe: what they change is gone when the machine starts anew.');
    for (const line of lines) await print(io, `  $ ${line}`);
    if (!agreed && !(await agrees(io))) return code;
    for (const line of lines) {
      done.add(line);
      const status = await fixing.run(line, io);
      if (io.signal.aborted) return 1;
      if (status !== 0) await print(io, `  ${line}: ended with status ${status}`);
    }
    await print(io, '');
  }
}

function linesOf(results: readonly CheckResult[], isRoot: boolean): string[] {
  const lines = results
    .filter(({ status }) => status === 'warn' || status === 'fail')
    .flatMap(({ fixes }) => fixes)
    .map((line) => (isRoot ? line.replace(/^sudo /, '') : line));
  return [...new Set(lines)];
}

async function agrees({ stdin, stdout, signal }: Io): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await lines.question('Run them? [y/N] ', { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}

/** With the terminal of this process, since sudo may ask for a password. */
async function runLine(line: string, { signal }: Io): Promise<number> {
  try {
    const status = await runInShell(line, 'inherit', signal);
    return typeof status === 'number' ? status : 1;
  } catch (error) {
    if (signal.aborted) return 1;
    throw error;
  }
}
