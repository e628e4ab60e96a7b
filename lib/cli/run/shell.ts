/** Lines of a shell that a command runs for its user. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a line, which ends at the first command that fails. What it prints is no output of this command: it goes where errors go.
 *
 * @param stdin 'inherit' where it may ask at the terminal of this process, as sudo does
 * @returns its exit status, or the name of the signal that has ended it
 * @throws AbortError
 */
export async function runInShell(
  line: string,
  stdin: 'inherit' | 'ignore',
  signal: AbortSignal,
): Promise<number | NodeJS.Signals> {
  const child = spawn('sh', ['-e', '-c', line], { stdio: [stdin, 2, 2], signal });
  const [status, endedBy] = await once(child, 'exit');
  return status ?? endedBy;
}
