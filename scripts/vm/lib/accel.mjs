// KVM or software emulation. /dev/kvm may exist and yet no guest boot with it (a nested hypervisor that does not pass
// it on), so a guest is booted once to see, and the answer kept until the machine is started anew.
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { Guest } from './guest.mjs';

const BOOT_WITH_KVM_TIMEOUT = 10_000;

function cacheFile() {
  const cache = join(process.env.XDG_CACHE_HOME || join(process.env.HOME, '.cache'), 'alsa-utimer');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  mkdirSync(cache, { recursive: true });
  return join(cache, `kvm-${release()}-${boot}`);
}

function readAnswer(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** @param {AbortSignal} signal ends the trial */
async function boots(kernel, signal) {
  const guest = new Guest(kernel, { accel: 'kvm', cpus: 1, memory: 512, shares: [] });
  const stop = () => guest.stop();
  const timer = setTimeout(stop, BOOT_WITH_KVM_TIMEOUT);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await guest.ready();
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await guest.stop();
  }
}

/**
 * @param {'auto' | 'kvm' | 'tcg'} wanted
 * @returns {Promise<'kvm' | 'tcg'>}
 */
export async function chooseAccel(wanted, kernel, signal) {
  if (wanted !== 'auto') return wanted;
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  const path = cacheFile();
  const known = readAnswer(path);
  if (known === 'kvm' || known === 'tcg') return known;
  const answer = (await boots(kernel, signal)) ? 'kvm' : 'tcg';
  if (!signal.aborted) {
    writeFileSync(`${path}.${process.pid}`, `${answer}\n`);
    renameSync(`${path}.${process.pid}`, path);
  }
  return answer;
}
