// The archive that is tried and published: build/release/<name>-<version>.tgz, and beside it a seal, which says that the archive
// is of this commit and has been tried.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** @typedef {{filename: string, size: number, unpackedSize: number, files: {path: string, size: number}[]}} Contents */

/** @param {string} path */
const checksum = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/**
 * What npm packs of a folder, without a script of it.
 *
 * @param {string} folder
 * @param {string[]} args
 * @returns {Contents}
 */
function packed(folder, ...args) {
  const options = /** @type {const} */ ({ cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  return contentsIn(execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...args], options));
}

/**
 * The one package of what `npm pack --json` prints: before npm 12 a list, then an object by names.
 *
 * @param {string} text
 * @returns {Contents}
 */
export function contentsIn(text) {
  return Object.values(JSON.parse(text))[0];
}

export class Archive {
  /** @type {string} */
  #source;
  /** @type {{name: string, version: string}} */
  #manifest;
  /** @type {string} */
  path;

  /**
   * @param {string} root of the checkout
   * @param {{name: string, version: string}} manifest the package.json that is published
   * @param {string} [source] the folder of the package
   */
  constructor(root, manifest, source = root) {
    this.#source = source;
    this.#manifest = manifest;
    this.path = join(root, 'build/release', `${manifest.name}-${manifest.version}.tgz`);
  }

  get #seal() {
    return `${this.path}.json`;
  }

  /**
   * Packs what is built, with the package.json that is published. The checkout stays as it is.
   *
   * @returns {Contents}
   */
  pack() {
    const folder = dirname(this.path);
    mkdirSync(folder, { recursive: true });
    const copy = mkdtempSync(join(tmpdir(), 'alsa-utimer-release-'));
    try {
      for (const { path } of packed(this.#source, '--dry-run').files)
        cpSync(join(this.#source, path), join(copy, path));
      writeFileSync(join(copy, 'package.json'), `${JSON.stringify(this.#manifest, undefined, 2)}\n`);
      return packed(copy, '--pack-destination', folder);
    } finally {
      rmSync(copy, { recursive: true });
    }
  }

  /**
   * Notes that the archive has been tried.
   *
   * @param {string} commit
   */
  seal(commit) {
    writeFileSync(this.#seal, `${JSON.stringify({ commit, sha256: checksum(this.path) })}\n`);
  }

  /**
   * What keeps it from being published, in sentences.
   *
   * @param {string} commit
   * @returns {string[]}
   */
  faults(commit) {
    try {
      const sealed = JSON.parse(readFileSync(this.#seal, 'utf8'));
      if (sealed.commit !== commit)
        return [
          `${this.path} is of the commit ${sealed.commit}, and this is ${commit}: run the dry run again.`,
        ];
      if (sealed.sha256 !== checksum(this.path)) return [`${this.path} is not what the dry run has tried.`];
      return [];
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      return [`There is no ${error.path}, which \`npm run release -- --dry-run\` makes.`];
    }
  }
}

/**
 * A line for each file, the greatest first.
 *
 * @param {Contents} contents
 */
export function listed({ filename, size, unpackedSize, files }) {
  const rows = [...files].sort((one, other) => other.size - one.size);
  const lines = rows.map(({ path, size: bytes }) => `${String(bytes).padStart(9)}  ${path}`);
  const total = `${filename}: ${files.length} files of ${unpackedSize} bytes, ${size} bytes packed`;
  return `${[...lines, total].join('\n')}\n`;
}
