/** Runs the lines of a plan: each is shown before it is run, or only shown. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { PlannedLine } from '../../kernel/module-plan.js';
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';

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
    if (!only) await run(line, io);
    io.signal.throwIfAborted();
  }
}

async function run(line: string, { signal }: Io): Promise<void> {
  // What they print is no output of this command: it goes where errors go.
  const child = spawn('sh', ['-e', '-c', line], { stdio: ['ignore', 2, 2], signal });
  const [status, endedBy] = await once(child, 'exit');
  if (status !== 0) throw new LineError(line, status ?? endedBy);
}
