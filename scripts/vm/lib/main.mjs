// scripts/vm/run: one command in one guest, with a kernel of scripts/kernel/prepare.
import { fileURLToPath } from 'node:url';
import { chooseAccel } from '../../../vm/lib/accel.mjs';
import { guestEnvironment } from '../../../vm/lib/environment.mjs';
import { asProcess } from '../../../vm/lib/process.mjs';
import { checkFolders, checkShares, run } from '../../../vm/lib/run.mjs';
import { prepareKernel } from './kernel.mjs';
import { HELP, parseOptions } from './options.mjs';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

/** @param {import('./options.mjs').Options} options */
function environment(options) {
  return guestEnvironment(process.env, {
    UTIMER_VM: options.kernel,
    // Addons of the test runner for another processor: the checkout has those of this machine.
    ...(options.arch === 'x64' ? {} : { NODE_PATH: '/usr/local/lib/node_modules' }),
    ...options.env,
  });
}

/**
 * The folders of this machine that a guest with another root file system needs: this checkout, and where the command runs.
 *
 * @param {import('./options.mjs').Options} options
 */
function foldersOf({ arch }) {
  if (arch === 'x64') return [];
  const cwd = process.cwd();
  return cwd === '/' || `${cwd}/`.startsWith(CHECKOUT)
    ? [CHECKOUT.slice(0, -1)]
    : [CHECKOUT.slice(0, -1), cwd];
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the exit status
 */
async function main(signal) {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const cwd = process.cwd();
  checkFolders([cwd]);
  checkShares(options.shares);
  const kernel = await prepareKernel(options.kernel, options.arch, signal);
  const { accel } = await chooseAccel(options.accel, kernel, signal);
  const more = { accel, cwd, env: environment(options), folders: foldersOf(options) };
  return run(kernel, { ...options, ...more }, process, signal);
}

process.exitCode = await asProcess('vm', main);
