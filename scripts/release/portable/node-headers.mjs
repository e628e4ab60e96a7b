// Prints the folder of uv.h: beside the program of Node.js, else where node-gyp has put it.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const folders = [
  resolve(process.execPath, '../../include/node'),
  join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'node-gyp',
    process.versions.node,
    'include/node',
  ),
];
const found = folders.find((folder) => existsSync(join(folder, 'uv.h')));
if (!found) throw new Error(`no uv.h in ${folders.join(' or ')}`);
console.log(found);
