/** Runs the lines of a plan: each is shown before it is run, or only shown. */
import type { PlannedLine } from '../../kernel/module-plan.js';
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import { runInShell } from '../run/shell.js';

/** A line that ended with another status than 0. */
export class LineError extends Error {
  override readonly name = 'LineError';
  readonly code = 'ERR_LINE_FAILED';

  constructor(line: string, status: number | string) {
    super(`${line}\nended with ${typeof status === 'number' ? `status ${status}` : status}`);
  }
}

/** @param only shows them, and runs nothing. @throws LineError */
export async function runLines(plan: readonly PlannedLine[], only: boolean, io: Io): Promise<void> {
  for (const { why, line } of plan) {
    await print(io, `# ${why}\n${line}`);
    const status = only ? 0 : await runInShell(line, 'ignore', io.signal);
    if (status !== 0) throw new LineError(line, status);
    io.signal.throwIfAborted();
  }
}
