// The machine of the package: its kernel, and how commands are run in it.
import { readFileSync } from 'node:fs';
import { chooseAccel, knownAccel, TIME_FACTORS } from './lib/accel.mjs';
import { guestEnvironment } from './lib/environment.mjs';
import { RunError } from './lib/errors.mjs';
import { clean, Prebuilt } from './lib/prebuilt.mjs';
import { qemuVersion } from './lib/qemu.mjs';
import { run as runInGuest } from './lib/run.mjs';

export { asProcess } from './lib/process.mjs';
export { clean, RunError };

/** @type {string} */
export const version = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).version;

const NEVER = new AbortController().signal;

/** @type {typeof import('./index.d.mts').run} */
export async function run(command, options = {}) {
  const { signal = NEVER, accel: wanted = 'auto', note = () => {}, timeout, streams = process } = options;
  const kernel = await new Prebuilt().unpack(signal);
  const { accel, why } = await chooseAccel(wanted, kernel, signal);
  const factor = TIME_FACTORS[accel];
  if (accel === 'tcg') {
    const limit = timeout === undefined ? '' : `, and ${timeout} s are ${timeout * factor} s`;
    note(`no KVM: ${why}. The machine is emulated: commands may take ${factor} times longer${limit}`);
  }
  const env = { UTIMER_VM: kernel.name, UTIMER_VM_TIME_FACTOR: `${factor}`, ...options.env };
  const request = {
    command: [...command],
    cwd: options.cwd ?? process.cwd(),
    env: guestEnvironment(process.env, env),
    shares: [...(options.shares ?? [])],
    modules: [...(options.modules ?? [])],
    terminal: options.terminal ?? false,
    accel,
    cpus: options.cpus ?? 2,
    memory: options.memory ?? 2048,
    timeout: timeout === undefined ? undefined : timeout * factor,
    console: options.console,
  };
  return runInGuest(kernel, request, streams, signal);
}

/** @type {typeof import('./index.d.mts').status} */
export function status() {
  const { facts, isUnpacked, kernel } = new Prebuilt();
  return statusOf(facts, kernel, isUnpacked, knownAccel(kernel));
}

/** @type {typeof import('./index.d.mts').prepare} */
export async function prepare({ signal = NEVER } = {}) {
  const prebuilt = new Prebuilt();
  // Without QEMU nothing else is of use.
  qemuVersion(prebuilt.kernel.arch);
  const kernel = await prebuilt.unpack(signal);
  return statusOf(prebuilt.facts, kernel, true, await chooseAccel('auto', kernel, signal));
}

/**
 * @param {import('./lib/prebuilt.mjs').Facts} facts
 * @param {import('./index.d.mts').Kernel} kernel
 * @param {boolean} isUnpacked
 * @param {import('./lib/accel.mjs').Choice | undefined} choice
 */
function statusOf({ release, source, compiler }, kernel, isUnpacked, choice) {
  const { accel, why } = choice ?? {};
  return {
    kernel: { release, source, compiler },
    cache: { folder: kernel.cache, isUnpacked },
    qemu: askQemu(kernel.arch),
    ...(accel && { accel, timeFactor: TIME_FACTORS[accel] }),
    ...(why !== undefined && { why }),
  };
}

/** @param {'x64' | 'arm64'} arch */
function askQemu(arch) {
  try {
    return { version: qemuVersion(arch) };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { missing: error.message };
  }
}
