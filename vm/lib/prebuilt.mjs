// The kernel that the package carries, and the cache that it is unpacked into.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { FAILED, RunError } from './errors.mjs';
import { checkFolders } from './run.mjs';

const PREBUILT = join(import.meta.dirname, '../prebuilt');

/**
 * @typedef {object} Facts what kernel.json has
 * @property {string} release as uname -r prints it
 * @property {string} source the package that it was built from, and its version
 * @property {string} compiler
 * @property {Record<string, string>} sha256 by the names of files
 */

/** @throws RunError where there is none: a user without an entry in passwd(5), or an empty HOME */
function homeFolder() {
  let home = '';
  try {
    home = homedir();
  } catch {}
  if (home.startsWith('/')) return home;
  throw new RunError(
    FAILED,
    'this user has no home folder for the cache: set HOME or XDG_CACHE_HOME to a folder',
  );
}

const checksum = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Everything of this package that is kept. */
export function cacheFolder(env = process.env) {
  const { XDG_CACHE_HOME } = env;
  // A relative path is to be ignored, by the specification of the variable.
  const folder = join(
    XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(homeFolder(), '.cache'),
    'alsa-utimer/vm',
  );
  checkFolders([folder]);
  return folder;
}

export class Prebuilt {
  /** @type {'x64' | 'arm64'} */
  #arch;
  #folder;
  /** @type {Facts} */
  facts;

  /**
   * @param {string} [arch] of this machine
   * @param {string} [prebuilt] has a folder for each
   * @throws RunError where there is no kernel for this machine
   */
  constructor(arch = process.arch, prebuilt = PREBUILT) {
    this.#folder = join(prebuilt, arch);
    const facts = join(this.#folder, 'kernel.json');
    if (!existsSync(facts)) {
      const others = existsSync(prebuilt) ? readdirSync(prebuilt).sort().reverse() : [];
      const why =
        others.length > 0
          ? `has no kernel for ${arch}: it has one for ${others.join(' and ')}`
          : 'was packed without its kernel';
      throw new RunError(FAILED, `alsa-utimer-vm ${why}`);
    }
    this.#arch = /** @type {'x64' | 'arm64'} */ (arch);
    try {
      this.facts = JSON.parse(readFileSync(facts, 'utf8'));
    } catch (error) {
      throw new RunError(FAILED, `${facts} is damaged: install alsa-utimer-vm anew (${error.message})`);
    }
  }

  /** Where it is unpacked: other bytes have another place. */
  #place() {
    const hash = checksum(JSON.stringify(this.facts));
    return join(cacheFolder(), `${this.facts.release}-${hash.slice(0, 12)}`);
  }

  get isUnpacked() {
    return existsSync(this.#place());
  }

  /** @returns {import('../index.mjs').Kernel} */
  #kernelIn(folder) {
    return {
      ...{ name: 'small', arch: this.#arch, root: '/', cache: cacheFolder() },
      image: join(folder, 'vmlinux'),
      initramfs: join(folder, 'initramfs'),
      modules: join(folder, 'modules'),
    };
  }

  /** The kernel as it is, or will be, in the cache. */
  get kernel() {
    return this.#kernelIn(this.#place());
  }

  /** Of what is unpacked: a guest with a damaged file would only not start. */
  #checkFiles() {
    for (const [name, sum] of Object.entries(this.facts.sha256)) {
      if (!/^(vmlinux\.br|initramfs|modules\/.*)$/s.test(name)) continue;
      if (checksum(readFileSync(join(this.#folder, name))) !== sum)
        throw new Error(`${join(this.#folder, name)} is damaged: install alsa-utimer-vm anew`);
    }
  }

  /**
   * Unpacks it into the cache, where it is whole or not at all.
   *
   * @param {AbortSignal} [signal]
   */
  async unpack(signal) {
    const place = this.#place();
    if (existsSync(place)) return this.kernel;
    // Of its own, whoever else unpacks: in another container a process may have the number of this one.
    let partial;
    try {
      this.#checkFiles();
      mkdirSync(dirname(place), { recursive: true });
      partial = mkdtempSync(`${place}.partial.`);
      chmodSync(partial, 0o755);
      for (const name of ['initramfs', 'modules'])
        cpSync(join(this.#folder, name), join(partial, name), { recursive: true });
      await pipeline(
        createReadStream(join(this.#folder, 'vmlinux.br')),
        createBrotliDecompress(),
        createWriteStream(join(partial, 'vmlinux')),
        { signal },
      );
      renameSync(partial, place);
    } catch (error) {
      // Another process was faster: what it unpacked is the same.
      if (existsSync(place)) return this.kernel;
      if (error.name === 'AbortError') throw error;
      throw new RunError(FAILED, `the kernel could not be unpacked to ${place}: ${error.message}`);
    } finally {
      if (partial !== undefined) rmSync(partial, { recursive: true, force: true });
    }
    return this.kernel;
  }
}

/** Removes what was unpacked, and what is known of KVM. */
export function clean() {
  const folder = cacheFolder();
  const existed = existsSync(folder);
  rmSync(folder, { recursive: true, force: true });
  return { folder, existed };
}
