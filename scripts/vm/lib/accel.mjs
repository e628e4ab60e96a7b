// KVM or software emulation. /dev/kvm may exist and yet no guest boot with it (a nested hypervisor that does not pass
// it on), so a guest is booted once to see, and the answer kept until the machine is started anew.
import { accessSync, constants, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { Guest } from './guest.mjs';

const BOOT_WITH_KVM_TIMEOUT = 10_000;

/** The kernels lie in a folder of the cache: its place is scripts/kernel/prepare's to know. */
function cacheFile(kernel) {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return join(dirname(kernel.folder), '..', `kvm-${release()}-${boot}`);
}

function readAnswer(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Keeps an answer, and drops those of earlier starts. */
function keepAnswer(path, answer) {
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith('kvm-')) rmSync(join(dirname(path), name), { force: true });
  }
  writeFileSync(`${path}.${process.pid}`, `${answer}\n`);
  renameSync(`${path}.${process.pid}`, path);
}

/**
 * Whether a guest boots with KVM; undefined where that is not known, because it took too long (the machine may only have been
 * busy) or was ended.
 *
 * @param {(kernel: object) => {ready(): Promise<void>, stop(): Promise<void>}} start
 * @param {AbortSignal} signal ends the trial
 * @returns {Promise<boolean | undefined>}
 */
async function boots(kernel, start, signal, timeout) {
  const guest = start(kernel);
  let stopped = false;
  const stop = () => {
    stopped = true;
    return guest.stop();
  };
  const timer = setTimeout(stop, timeout);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await guest.ready();
    return true;
  } catch {
    return stopped ? undefined : false;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await guest.stop();
  }
}

/** The guest of a trial. */
const smallGuest = (kernel) => new Guest(kernel, { accel: 'kvm', cpus: 1, memory: 512, shares: [] });

/**
 * @param {'auto' | 'kvm' | 'tcg'} wanted
 * @param {{folder: string}} kernel
 * @param {AbortSignal} signal
 * @param {{device?: string, start?: typeof smallGuest, timeout?: number}} [trial] for tests
 * @returns {Promise<'kvm' | 'tcg'>}
 */
export async function chooseAccel(
  wanted,
  kernel,
  signal,
  { device = '/dev/kvm', start = smallGuest, timeout = BOOT_WITH_KVM_TIMEOUT } = {},
) {
  if (wanted !== 'auto') return wanted;
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  const path = cacheFile(kernel);
  const known = readAnswer(path);
  if (known === 'kvm' || known === 'tcg') return known;
  const booted = await boots(kernel, start, signal, timeout);
  const answer = booted ? 'kvm' : 'tcg';
  if (booted !== undefined) keepAnswer(path, answer);
  return answer;
}
