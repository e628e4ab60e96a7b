// One command in one guest.
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { callAfter } from './delay.mjs';
import { FAILED, KERNEL_FAULT, RunError, TIMED_OUT } from './errors.mjs';
import { Guest } from './guest.mjs';
import { moduleFiles } from './modules.mjs';

/**
 * @typedef {object} Request
 * @property {string[]} command the program, and its arguments
 * @property {string} cwd
 * @property {string[]} env NAME=VALUE, all that the command gets
 * @property {string[]} shares folders that the guest can write to, at the same paths
 * @property {string[]} [folders] what a guest with another root file system sees of this machine
 * @property {string[]} [modules] what is loaded before the command starts: names, with parameters behind them
 * @property {boolean} [terminal] whether the command gets a terminal, in place of its three streams
 * @property {'kvm' | 'tcg'} accel
 * @property {number} cpus
 * @property {number} memory in MiB
 * @property {number | undefined} [timeout] in seconds from the start of the guest
 * @property {string | undefined} [console] a file for the kernel's log
 */

/** Of their own in every guest, so a folder of the host below them cannot be seen there. */
const HIDDEN = /^\/(dev|proc|sys|run)(\/|$)/;

/**
 * @param {readonly string[]} paths
 * @throws RunError where a guest would not see one of these
 */
export function checkFolders(paths) {
  for (const path of paths) {
    if (HIDDEN.test(path)) throw new RunError(FAILED, `${path} is the guest's own there; use another folder`);
  }
}

/**
 * @param {readonly string[]} paths that the guest is to write to
 * @throws RunError where what it writes would not arrive
 */
export function checkShares(paths) {
  checkFolders(paths);
  if (paths.some((path) => resolve(path) === '/'))
    throw new RunError(FAILED, '/ cannot be shared, since the guest runs on it; share a folder below');
}

/**
 * @param {string | undefined} path of the log
 * @throws RunError where it cannot be written: before anything is done
 */
function checkConsole(path) {
  if (path === undefined) return;
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new RunError(FAILED, `the log of the guest's kernel has no place: ${error.message}`);
  }
}

/** As long as the report of a program's crash, and what drivers said around it. */
const TAIL_LINES = 30;

/**
 * Keeps the log of the kernel, and tells where. What has become of it must not hide what has become of the command.
 *
 * @param {Guest} guest
 * @param {Request} request
 */
function keptLog(guest, request) {
  try {
    return `whole: ${guest.log.save(request.console)}`;
  } catch (error) {
    return `not kept: ${error.message}`;
  }
}

/**
 * Adds to an error what the kernel said.
 *
 * @param {RunError} error
 * @param {Guest} guest
 * @param {Request} request
 */
function withConsole(error, guest, request) {
  const log = keptLog(guest, request);
  const tail = guest.log.tail(TAIL_LINES).replaceAll(/^/gm, '  ');
  return new RunError(error.status, `${error.message}\nThe end of its kernel log (${log}):\n${tail}`);
}

/**
 * @param {Guest} guest
 * @param {Request & import('./guest.mjs').Loads} request
 * @param {import('./guest.mjs').Streams} streams
 * @param {AbortSignal} signal
 */
async function runInGuest(guest, request, streams, signal) {
  let inTime = () => {};
  const timedOut = new Promise((_, failed) => {
    if (request.timeout === undefined) return;
    const late = () => failed(new RunError(TIMED_OUT, `timed out after ${request.timeout} s`));
    inTime = callAfter(request.timeout * 1000, late);
  });
  try {
    return await Promise.race([guest.run(request, streams), timedOut]);
  } catch (error) {
    // Nobody asks why a guest that was to end has ended.
    throw error instanceof RunError && !signal.aborted ? withConsole(error, guest, request) : error;
  } finally {
    inTime();
    await guest.stop();
  }
}

/**
 * @param {Guest} guest
 * @param {string} path
 * @param {number} status of the command
 */
function saveLog(guest, path, status) {
  try {
    guest.log.save(path);
  } catch (error) {
    const message = `the log of the guest's kernel is not kept: ${error.message}`;
    throw new RunError(FAILED, `${message} (the command's own status was ${status})`);
  }
}

/**
 * Boots a guest, runs a command in it, and ends it.
 *
 * @param {import('../index.mjs').Kernel} kernel
 * @param {Request} request
 * @param {import('./guest.mjs').Streams} streams
 * @param {AbortSignal} signal ends the guest
 * @returns {Promise<number>} the exit status of the command
 * @throws RunError
 */
export async function run(kernel, request, streams, signal) {
  checkFolders([request.cwd]);
  checkShares(request.shares);
  const loads = (request.modules ?? []).flatMap((module) => moduleFiles(kernel.modules, module));
  checkConsole(request.console);
  signal.throwIfAborted();
  const guest = new Guest(kernel, request);
  const stop = () => guest.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { status, signal: killer } = await runInGuest(guest, { ...request, loads }, streams, signal);
    const report = guest.log.report();
    if (report !== undefined) {
      const log = keptLog(guest, request);
      const message = `the guest's kernel reported a fault (the command's own status was ${status})`;
      throw new RunError(KERNEL_FAULT, `${message}\nThe report (kernel log, ${log}):\n${report}`);
    }
    // The kernel may have said why: no memory was left, or where a fault was.
    if (killer !== undefined)
      throw withConsole(new RunError(status, `${killer} ended the command`), guest, request);
    if (request.console !== undefined) saveLog(guest, request.console, status);
    return status;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
