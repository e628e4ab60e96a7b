// The functions and objects of the C library that a binary may use, from the file `symbols`.
import { readFileSync } from 'node:fs';

/** By name: where glibc takes an older version for a name without one, that version. @type {ReadonlyMap<string, string | undefined>} */
export const ALLOWED = new Map(
  readFileSync(new URL('symbols', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', version] = line.split(/ +/);
      return [name, version];
    }),
);
