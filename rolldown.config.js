// How lib/ becomes dist/: a module for each way in, and what they share. A program reads few files then, and starts in a
// third of the time; so does the thread of each bridge.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

const { exports, bin } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const compiled = [...Object.values(exports).map((entry) => entry.default), bin.utimer];

/** What package.json exports and starts, the thread of a bridge, and what scripts/ takes from lib/. */
const ENTRIES = [
  ...compiled.flatMap((path) => /^(?:\.\/)?dist\/(.*)\.js$/.exec(path)?.[1] ?? []),
  ...['bridge/worker', 'tools'],
];

/** The cases of `utimer selftest`, a file each, are those of vitest's, without vitest and without a compiler. */
const CONFORMANCE = fileURLToPath(new URL('test/kernel/conformance/', import.meta.url));
const ofCases = {
  name: 'cases',
  /**
   * @param {string} name
   * @param {string} [from]
   */
  resolveId(name, from) {
    if (!from?.startsWith(CONFORMANCE)) return;
    const stand = { vitest: 'vitest.ts', './programs.js': 'programs.ts' }[name];
    if (stand) return fileURLToPath(new URL(`lib/selftest/${stand}`, import.meta.url));
  },
};

export default defineConfig({
  input: {
    ...Object.fromEntries(ENTRIES.map((name) => [name, `lib/${name}.ts`])),
    'selftest/cases': `${CONFORMANCE}all.ts`,
  },
  plugins: [ofCases],
  platform: 'node',
  // Of package.json: a bundler of a program chooses what it stands for.
  external: ['#prebuilt'],
  // As tsconfig.json says: what Node 20 does not know is written in older words.
  transform: { target: 'es2023' },
  output: {
    format: 'esm',
    // Names of classes and functions are what util.inspect and stack traces show.
    keepNames: true,
    entryFileNames: '[name].js',
    chunkFileNames: ({ facadeModuleId, name }) =>
      facadeModuleId?.startsWith(CONFORMANCE)
        ? `selftest/${name.replace('.test', '')}.js`
        : 'shared/[name].js',
    sourcemap: true,
  },
});
