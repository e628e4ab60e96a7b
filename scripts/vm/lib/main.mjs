// scripts/vm/run: one command in one guest.
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chooseAccel } from './accel.mjs';
import { FAILED, KERNEL_FAULT, RunError, TIMED_OUT } from './errors.mjs';
import { Guest } from './guest.mjs';
import { prepareKernel } from './kernel.mjs';
import { HELP, parseOptions } from './options.mjs';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
const INHERITED = /^(PATH|HOME|TERM|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;
/** Of their own in every guest, so a folder of the host below them cannot be seen there. */
const HIDDEN = /^\/(dev|proc|sys|run)(\/|$)/;

/** @param {import('./options.mjs').Options} options */
function environment(options) {
  const env = new Map();
  for (const [name, value] of Object.entries(process.env)) if (INHERITED.test(name)) env.set(name, value);
  for (const [name, value] of [
    ['USER', 'root'],
    ['LOGNAME', 'root'],
    ['SHELL', '/bin/sh'],
    ['UTIMER_VM', options.kernel],
    // Addons of the test runner for another processor: the checkout has those of this machine.
    ...(options.arch === 'x64' ? [] : [['NODE_PATH', '/usr/local/lib/node_modules']]),
  ]) {
    env.set(name, value);
  }
  for (const variable of options.env) {
    const [name, ...value] = variable.split('=');
    env.set(name, value.join('='));
  }
  return [...env].map(([name, value]) => `${name}=${value}`);
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

/** As long as the report of a program's crash, and what drivers said around it. */
const TAIL_LINES = 30;

/**
 * Adds to an error what the kernel said.
 *
 * @param {RunError} error
 * @param {Guest} guest
 * @param {import('./options.mjs').Options} options
 */
function withConsole(error, guest, options) {
  const path = guest.log.save(options.console);
  const tail = guest.log.tail(TAIL_LINES).replaceAll(/^/gm, '  ');
  return new RunError(error.status, `${error.message}\nThe end of its kernel log (whole: ${path}):\n${tail}`);
}

/**
 * @param {Guest} guest
 * @param {import('./options.mjs').Options} options
 */
async function runInGuest(guest, options) {
  let timer;
  const timedOut = new Promise((_, failed) => {
    if (options.timeout === undefined) return;
    const late = () => failed(new RunError(TIMED_OUT, `timed out after ${options.timeout} s`));
    timer = setTimeout(late, options.timeout * 1000);
  });
  try {
    const request = {
      ...options,
      cwd: process.cwd(),
      env: environment(options),
      folders: foldersOf(options),
    };
    return await Promise.race([guest.run(request, process), timedOut]);
  } catch (error) {
    throw error instanceof RunError ? withConsole(error, guest, options) : error;
  } finally {
    clearTimeout(timer);
    await guest.stop();
  }
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the exit status
 */
async function main(options, signal) {
  const cwd = process.cwd();
  for (const path of [cwd, ...options.shares]) {
    if (HIDDEN.test(path)) throw new RunError(FAILED, `${path} is the guest's own there; use another folder`);
  }
  const kernel = await prepareKernel(options.kernel, options.arch, signal);
  const accel = kernel.arch === 'x64' ? await chooseAccel(options.accel, kernel, signal) : 'tcg';
  signal.throwIfAborted();
  const guest = new Guest(kernel, { ...options, accel });
  signal.addEventListener('abort', () => guest.stop(), { once: true });
  // Whoever reads the output has gone: end as a program would whose write met a closed pipe.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', async () => {
      await guest.stop();
      process.exit(128 + constants.signals.SIGPIPE);
    });
  }
  const { status, signal: killer } = await runInGuest(guest, options);
  const report = guest.log.report();
  if (report !== undefined) {
    const path = guest.log.save(options.console);
    const message = `the guest's kernel reported a fault (the command's own status was ${status})`;
    throw new RunError(KERNEL_FAULT, `${message}\nThe report (whole kernel log: ${path}):\n${report}`);
  }
  // The kernel may have said why: no memory was left, or where a fault was.
  if (killer !== undefined)
    throw withConsole(new RunError(status, `${killer} ended the command`), guest, options);
  if (options.console !== undefined) guest.log.save(options.console);
  return status;
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => interrupted.abort(128 + constants.signals[name]));
}
try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else process.exitCode = await main(options, interrupted.signal);
} catch (error) {
  if (interrupted.signal.aborted) {
    // Now: output that nobody takes would keep this process.
    process.exit(interrupted.signal.reason);
  } else if (error instanceof RunError) {
    process.exitCode = error.status;
    process.stderr.write(`vm: ${error.message}\n`);
  } else {
    throw error;
  }
}
// Standard input may never end; nothing more is wanted from it.
process.stdin.destroy();
