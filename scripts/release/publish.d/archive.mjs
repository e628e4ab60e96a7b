// The archive that is tried and published: build/release/<name>-<version>.tgz, and beside it a seal, which says that the archive
// is of this commit and has been tried.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {{filename: string, size: number, unpackedSize: number, files: {path: string, size: number}[]}} Contents */

/** @param {string} path */
const checksum = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

export class Archive {
  /** @type {string} */
  #source;
  /** @type {string} */
  path;

  /**
   * @param {string} root of the checkout
   * @param {{name: string, version: string}} manifest
   * @param {string} [source] the folder of the package
   */
  constructor(root, { name, version }, source = root) {
    this.#source = source;
    this.path = join(root, 'build/release', `${name}-${version}.tgz`);
  }

  get #seal() {
    return `${this.path}.json`;
  }

  /**
   * Packs what is built.
   *
   * @returns {Contents}
   */
  pack() {
    const folder = dirname(this.path);
    mkdirSync(folder, { recursive: true });
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const options = /** @type {const} */ ({ cwd: this.#source, encoding: 'utf8', maxBuffer: 1 << 26 });
    const [packed] = JSON.parse(execFileSync('npm', args, options));
    return packed;
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
