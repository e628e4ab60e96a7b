// KVM or software emulation. /dev/kvm may exist and yet no guest boot with it (a nested hypervisor that does not pass
// it on), so a guest is booted once to see, and the answer kept until the machine is started anew.
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { Guest } from './guest.mjs';

const BOOT_WITH_KVM_TIMEOUT = 10_000;
/** Seconds of processors, of which a guest needs less than one. Where it has had these, it spins, and will not boot. */
const BOOT_WITH_KVM_SECONDS = 4;
const LOOK_MS = 200;

/** How many times longer than with KVM a command may take: Node.js starts seven times slower where it is emulated. */
export const TIME_FACTORS = { kvm: 1, tcg: 10 };

/**
 * @typedef {object} Choice
 * @property {'kvm' | 'tcg'} accel
 * @property {string} [why] why it is not KVM
 */

/** The answer is of this kernel, and of this start of the machine. */
function answerFile(kernel) {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return join(kernel.cache, `kvm-${release()}-${boot}`);
}

function readAnswer(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Keeps an answer, and drops those of earlier starts. Where the cache cannot be written to, the next run tries anew. */
function keepAnswer(path, answer) {
  try {
    writeAnswer(path, answer);
  } catch (error) {
    if (error.syscall === undefined) throw error;
  }
}

function writeAnswer(path, answer) {
  const folder = join(path, '..');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (name.startsWith('kvm-')) rmSync(join(folder, name), { force: true });
  }
  writeFileSync(`${path}.${process.pid}`, `${answer}\n`);
  renameSync(`${path}.${process.pid}`, path);
}

/**
 * Whether a guest boots with KVM; undefined where that is not known, because it took too long (the machine may only have been
 * busy) or was ended.
 *
 * @param {typeof smallGuest} start
 * @param {AbortSignal} signal ends the trial
 * @returns {Promise<boolean | undefined>}
 */
async function boots(kernel, start, signal, timeout) {
  const guest = start(kernel);
  /** @type {false | undefined} */
  let unready = false;
  const stop = () => {
    unready = undefined;
    return guest.stop();
  };
  const timer = setTimeout(stop, timeout);
  const look = setInterval(() => {
    if (guest.cpuSeconds() > BOOT_WITH_KVM_SECONDS) guest.stop();
  }, LOOK_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await guest.ready();
    return true;
  } catch {
    return unready;
  } finally {
    clearTimeout(timer);
    clearInterval(look);
    signal.removeEventListener('abort', stop);
    await guest.stop();
  }
}

/**
 * The guest of a trial.
 *
 * @returns {{ready(): Promise<void>, stop(): Promise<void>, cpuSeconds(): number}}
 */
const smallGuest = (kernel) => new Guest(kernel, { accel: 'kvm', cpus: 1, memory: 512, shares: [] });

/** Why nobody need try: undefined where the device can be opened. */
function deviceFault(device) {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return `there is no ${device}`;
    const way = 'sudo usermod --append --groups kvm "$USER", and log in anew';
    return `this user may not open ${device} (${error.code}): ${way}`;
  }
}

const REFUSED = 'no guest boots with /dev/kvm on this machine';

/**
 * What is known without a trial; undefined where a trial would have to tell.
 *
 * @param {{cache: string}} kernel
 * @returns {Choice | undefined}
 */
export function knownAccel(kernel, device = '/dev/kvm') {
  const fault = deviceFault(device);
  if (fault !== undefined) return { accel: 'tcg', why: fault };
  const known = readAnswer(answerFile(kernel));
  if (known === 'kvm') return { accel: 'kvm' };
  return known === 'tcg' ? { accel: 'tcg', why: REFUSED } : undefined;
}

/**
 * @param {'auto' | 'kvm' | 'tcg'} wanted
 * @param {{arch: string, cache: string}} kernel
 * @param {AbortSignal} signal
 * @param {{device?: string, start?: typeof smallGuest, timeout?: number, host?: string}} [trial] for tests
 * @returns {Promise<Choice>}
 */
export async function chooseAccel(
  wanted,
  kernel,
  signal,
  { device = '/dev/kvm', start = smallGuest, timeout = BOOT_WITH_KVM_TIMEOUT, host = process.arch } = {},
) {
  if (kernel.arch !== host) return { accel: 'tcg', why: `a guest of ${kernel.arch} is emulated` };
  if (wanted === 'kvm') return { accel: wanted };
  if (wanted === 'tcg') return { accel: wanted, why: 'emulation was asked for' };
  const known = knownAccel(kernel, device);
  if (known !== undefined) return known;
  const booted = await boots(kernel, start, signal, timeout);
  if (booted !== undefined) keepAnswer(answerFile(kernel), booted ? 'kvm' : 'tcg');
  if (booted) return { accel: 'kvm' };
  return {
    accel: 'tcg',
    why: booted === undefined ? `a trial of /dev/kvm took more than ${timeout / 1000} s` : REFUSED,
  };
}
