// What the dynamic linker reads in a shared object, as readelf tells it: of any processor.
import { execFileSync } from 'node:child_process';

/**
 * @typedef {object} DynamicSymbol
 * @property {string} name
 * @property {string | undefined} version
 * @property {boolean} isDefault of a definition: its version is the one that new programs get
 * @property {boolean} isDefined
 * @property {boolean} isWeak
 * @property {string} address
 */

/** @param {readonly string[]} args */
const readelf = (...args) =>
  execFileSync('readelf', ['--wide', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/**
 * @param {string} path
 * @returns {DynamicSymbol[]}
 */
export function dynamicSymbols(path) {
  const symbols = [];
  for (const line of readelf('--dyn-syms', path).split('\n')) {
    const [, address = '', bind, index, name, at, version] =
      /^ *\d+: ([0-9a-f]+) +\S+ \S+ +(\S+) +\S+ +(?:\[.*?\] +)?(\S+) ([^@ ]+)(@@?)?(\S+)?/.exec(line) ?? [];
    if (!name || bind === 'LOCAL') continue;
    symbols.push({
      name,
      version,
      isDefault: at !== '@',
      isDefined: index !== 'UND',
      isWeak: bind === 'WEAK',
      address,
    });
  }
  return symbols;
}

/**
 * The values of some entries of its dynamic section: NEEDED, RPATH and so on.
 *
 * @param {string} path
 * @param {readonly string[]} tags
 */
export function dynamicEntries(path, ...tags) {
  const lines = readelf('--dynamic', path).split('\n');
  return lines
    .filter((line) => tags.some((tag) => line.includes(`(${tag})`)))
    .map((line) =>
      line
        .trim()
        .replace(/^\S+ +/, '')
        .replace(/ +/g, ' '),
    );
}

/**
 * Whether it asks for a stack that code may run on.
 *
 * @param {string} path
 */
export function hasExecutableStack(path) {
  return !/GNU_STACK .* RW +0x/.test(readelf('--segments', path));
}

/**
 * The processor, as Node.js names it.
 *
 * @param {string} path
 */
export function processorOf(path) {
  const header = readelf('--file-header', path);
  if (/Machine: .*X86-64/.test(header)) return 'x64';
  if (/Machine: .*AArch64/.test(header)) return 'arm64';
  return undefined;
}
