/** Lines of a shell that a command runs for its user. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { toolEnvironment } from '../../tool-environment.js';
import { onInterrupt } from '../output/io.js';

/**
 * Runs a line, which ends at the first command that fails. What it prints is no output of this command: it goes where errors go.
 *
 * @param stdin 'inherit' where it may ask at the terminal of this process, as sudo does: then Ctrl-C reaches all that the line runs.
 * With 'ignore' it has a session of its own, and `signal` ends all of that
 * @returns its exit status, or the name of the signal that has ended it
 * @throws AbortError
 */
export async function runInShell(
  line: string,
  stdin: 'inherit' | 'ignore',
  signal: AbortSignal,
): Promise<number | NodeJS.Signals> {
  const command = ['-e', '-c', line];
  const env = toolEnvironment();
  if (stdin === 'inherit') return endOf(spawn('sh', command, { stdio: [stdin, 2, 2], env, signal }));
  signal.throwIfAborted();
  const child = spawn('sh', command, { stdio: [stdin, 2, 2], env, detached: true });
  using _interrupt = onInterrupt(signal, () => endGroup(child.pid));
  const status = await endOf(child);
  signal.throwIfAborted();
  return status;
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [status, endedBy] = await once(child, 'exit');
  return status ?? endedBy;
}

/** The shell, and what it runs: dkms or make would go on without it. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGTERM');
  } catch (error) {
    // It has just ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
