// A run as a process: signals end it, so does a reader of its output that goes, and its errors are told.
import { constants } from 'node:os';
import { RunError } from './errors.mjs';

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
  // Whoever reads the output has gone: end as a program would whose write met a closed pipe.
  const unread = () => interrupt('SIGPIPE');
  for (const stream of [process.stdout, process.stderr]) stream.on('error', unread);
  try {
    return await body(interrupted.signal);
  } catch (error) {
    // Now: output that nobody takes would keep this process.
    if (interrupted.signal.aborted) process.exit(interrupted.signal.reason);
    if (!(error instanceof RunError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    return error.status;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    // Standard input may never end; nothing more is wanted from it.
    process.stdin.destroy();
  }
}
