/** The tools of kmod, which load and unload modules. */
import { spawn } from 'node:child_process';
import { release } from 'node:os';
import { AlsaError } from '../errors.js';
import { shellLine } from '../shell-line.js';
import { visibleLines } from '../visible-text.js';

/** How long the tools may take, ms: both end at once, unless the kernel is stuck. */
const TOOL_TIMEOUT = 60_000;

/**
 * Where the tools are, NixOS last. Root must not run what somebody else has put into a folder of PATH, or into the folder that
 * the process happens to be in.
 */
const TOOL_PATH = '/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';

/**
 * Runs one of them, in a session of its own: Ctrl-C at the terminal is for this process to answer, and must not end the tool that
 * gives the machine back.
 *
 * @throws AlsaError ERR_MODPROBE
 */
export function runKmod(command: 'modprobe' | 'rmmod', args: readonly string[]): Promise<void> {
  const child = spawn(command, args, {
    env: { PATH: TOOL_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    timeout: TOOL_TIMEOUT,
    killSignal: 'SIGKILL',
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  return new Promise((resolve, reject) => {
    const fail = (said: string, cause?: Error) => reject(failure(command, args, said, cause));
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = `there is no program ${command} (package kmod) in ${TOOL_PATH}`;
      fail(error.code === 'ENOENT' ? missing : error.message, error);
    });
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else if (child.killed) fail(`it did not end within ${TOOL_TIMEOUT} ms`);
      else fail(visibleLines(text).trim() || `it ended with ${signal ?? `status ${status}`}`);
    });
  });
}

function failure(command: string, args: readonly string[], said: string, cause?: Error): AlsaError {
  const line = shellLine(command, ...args);
  return new AlsaError(`${line} failed: ${said}`, {
    code: 'ERR_MODPROBE',
    syscall: command,
    hint: explain(said, line),
    ...(cause && { cause }),
  });
}

function explain(said: string, line: string): string {
  if (/not permitted|permission denied/i.test(said)) {
    return `Loading and unloading modules needs root (CAP_SYS_MODULE). Have an administrator run: sudo ${line}`;
  }
  if (/not found in directory|no such file/i.test(said)) {
    return (
      `This kernel (${release()}) comes without snd-aloop (CONFIG_SND_ALOOP=m): install its package of extra modules ` +
      '(Ubuntu: linux-modules-extra), or a kernel that is not made for clouds only.'
    );
  }
  if (/in use/i.test(said)) {
    return 'A program has a substream, a control or a timer of a loopback card open: `fuser -v /dev/snd/*` names it.';
  }
  return `By hand it would be: sudo ${line}`;
}
