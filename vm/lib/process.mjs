// A run as a process: signals end it, so does a reader of its output that goes, and its errors are told.
import { constants } from 'node:os';
import { FAILED, RunError } from './errors.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** What a process ends with that a signal has ended. */
const endedBy = (name) => 128 + constants.signals[name];

/**
 * Runs `body`, and ends this process where a signal comes or nobody takes its output any more.
 *
 * @param {string} name what errors begin with
 * @param {(signal: AbortSignal) => Promise<number>} body
 * @returns {Promise<number>} the exit status
 */
export async function asProcess(name, body) {
  const interrupted = new AbortController();
  const interrupt = (signal) => interrupted.abort(endedBy(signal));
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const tell = (message) => process.stderr.write(`${name}: ${message}\n`);
  const watch = (stream, what) => {
    stream.on('error', (error) => {
      // Whoever reads the output has gone: end as a program would whose write met a closed pipe.
      if (error.code === 'EPIPE') return interrupt('SIGPIPE');
      if (stream !== process.stderr) tell(`${what}: ${error.message}`);
      interrupted.abort(FAILED);
    });
  };
  watch(process.stdout, 'standard output');
  watch(process.stderr, 'standard error');
  try {
    const status = await body(interrupted.signal);
    // The command may have ended well, and yet not all that it wrote is where it belongs.
    return interrupted.signal.reason === FAILED ? FAILED : status;
  } catch (error) {
    // Now: output that nobody takes would keep this process.
    if (interrupted.signal.aborted) process.exit(interrupted.signal.reason);
    // What the system refuses: no status of the command.
    if (!(error instanceof RunError) && typeof error?.syscall !== 'string') throw error;
    tell(error.message);
    return error instanceof RunError ? error.status : FAILED;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    // Standard input may never end; nothing more is wanted from it.
    process.stdin.destroy();
  }
}
