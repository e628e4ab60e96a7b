// The modules of a kernel, by the index that depmod(8) writes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILED, RunError } from './errors.mjs';

/** The kernel takes a dash and an underscore for the same. */
const nameOf = (path) =>
  path
    .replace(/^.*\//, '')
    .replace(/\.ko(\.(gz|xz|zst))?$/, '')
    .replaceAll('-', '_');

/**
 * What has to be loaded for a module, in this order: paths below lib/modules/<release>; behind that of the module itself stand
 * its parameters.
 *
 * @param {string} folder has lib/modules/<release>
 * @param {string} module a name, with parameters behind it: 'snd-aloop index=3'
 * @returns {string[]}
 * @throws RunError
 */
export function moduleFiles(folder, module) {
  const [, name = '', parameters = ''] = /^(\S+)(.*)$/s.exec(module) ?? [];
  const modules = join(folder, 'lib/modules');
  const [release = ''] = readdirSync(modules);
  const lines = readFileSync(join(modules, release, 'modules.dep'), 'utf8').split('\n');
  const found = lines.find((line) => nameOf(line.split(':', 1)[0]) === nameOf(name));
  if (found === undefined) throw new RunError(FAILED, `the kernel ${release} has no module ${name}`);
  const [own = '', needed = ''] = found.split(':');
  // Those that others need stand last.
  return [...needed.trim().split(' ').filter(Boolean).reverse(), `${own}${parameters}`];
}
