/** A command line as a process: its signals, its standard streams and its exit code. */
import { ENDING_SIGNALS, Interruption, type Io } from '../output/io.js';
import { standardOutputs, type WithoutReader } from '../output/output.js';
import { UnreadError } from '../output/printing.js';
import { unwaited } from '../output/terminal.js';

/** How long the last message may take to be taken. */
const LAST_WORDS_MS = 500;

export async function asProcess(
  run: (io: Io) => Promise<number>,
  withoutReader: WithoutReader = 'end',
): Promise<void> {
  const interrupt = new AbortController();
  const streams = { stdout: unwaited(process.stdout, 1), stderr: unwaited(process.stderr, 2) };
  const { stdout, stderr } = standardOutputs(streams, withoutReader, (code) => process.exit(code));
  // Without a handler a signal ends the process, whatever that is at.
  const release = () => {
    for (const signal of ENDING_SIGNALS) process.off(signal, abort);
  };
  const abort = (signal: NodeJS.Signals) => {
    release();
    interrupt.abort(new Interruption(signal));
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, abort);
  try {
    process.exitCode = await run({ stdin: process.stdin, stdout, stderr, signal: interrupt.signal });
  } catch (error) {
    if (!(error instanceof UnreadError)) throw error;
    // What nobody takes would keep the process; and perhaps nobody takes this either.
    stderr.write(`utimer: ${error.message}\n`, () => process.exit(1));
    setTimeout(() => process.exit(1), LAST_WORDS_MS);
  }
  // Whoever reads may take its time now, and a signal ends even that.
  release();
}
