// `npm run rebuild`: builds the addon for this machine, in an installed package into native/build, in a checkout into build.
// It takes node-gyp from npm, which comes with Node.js, and Node's headers from beside its program, so that nothing is
// downloaded where they are there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const nodeGyp = process.env.npm_config_node_gyp;
const root = resolve(import.meta.dirname, '..');
if (!nodeGyp) {
  console.error(`rebuild: npm has node-gyp; run this as: npm run --prefix '${root}' rebuild`);
  process.exit(2);
}
// A package that has binding.gyp in its root would be built by npm whenever it is installed from a lock file.
const folder = existsSync(join(root, 'binding.gyp')) ? root : import.meta.dirname;
const prefix = resolve(process.execPath, '../..');
const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
const args = [nodeGyp, 'rebuild', '--jobs=max', `--directory=${folder}`, ...headers];
const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (error) throw error;
process.exitCode = status ?? 1;
