// The kernel a guest boots: prepared by scripts/kernel/prepare, which is silent and quick when all is there.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { FAILED, RunError } from '../../../vm/lib/errors.mjs';

const PREPARE = join(import.meta.dirname, '../../kernel/prepare');

/**
 * @param {string} name stock, plain, small or sanitized
 * @param {'x64' | 'arm64'} arch
 * @param {AbortSignal} signal ends a preparation that is under way
 * @returns {Promise<import('../../../vm/index.mjs').Kernel>}
 */
export async function prepareKernel(name, arch, signal) {
  // A group of its own, so that make and its compilers end with it. Not at a terminal: sudo may have to ask there,
  // and Ctrl-C reaches all of the foreground group anyway.
  const ownGroup = !process.stdin.isTTY;
  const child = spawn(PREPARE, [name, '--arch', arch], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: ownGroup,
  });
  const { pid } = child;
  const stop = () => pid !== undefined && process.kill(ownGroup ? -pid : pid, 'SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    const status = await new Promise((done, failed) => child.on('error', failed).on('close', done));
    const [folder, initramfs, root] = output.split('\n');
    if (status !== 0 || !initramfs) {
      throw new RunError(FAILED, `the ${name} kernel could not be prepared; see the messages above`);
    }
    return {
      ...{ name, arch, initramfs, root: root || '/', cache: join(folder, '../..') },
      ...{ image: join(folder, 'vmlinux'), modules: join(folder, 'modules') },
    };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
