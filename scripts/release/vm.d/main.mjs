// main.mjs KERNEL INITRAMFS MUSL FOLDER: fills the folder, whose name is that of a processor, with what the package carries of a
// kernel, and tells how much that is. MUSL is the licence of the C library in the initramfs.
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { offer } from './offer.mjs';
import { originOf } from './origin.mjs';

const [kernel = '', initramfs = '', musl = '', folder = ''] = process.argv.slice(2);
const partial = `${folder}.partial`;

/** As small as can be, in a window larger than the kernel. It takes half a minute. */
const COMPRESSION = {
  [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
};

function write(name, content) {
  mkdirSync(join(partial, name, '..'), { recursive: true });
  writeFileSync(join(partial, name), content);
}

function files() {
  const entries = readdirSync(partial, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Of each file, so that anybody can compare what a build of their own has. */
function checksums() {
  const sums = files().map((path) => {
    return [relative(partial, path), createHash('sha256').update(readFileSync(path)).digest('hex')];
  });
  return Object.fromEntries(sums.sort());
}

const { source, compiler } = originOf(readFileSync(join(kernel, 'built-from'), 'utf8'));
const release = readFileSync(join(kernel, 'release'), 'utf8').trim();

rmSync(partial, { recursive: true, force: true });
const vmlinux = readFileSync(join(kernel, 'vmlinux'));
const params = { ...COMPRESSION, [constants.BROTLI_PARAM_SIZE_HINT]: vmlinux.length };
write('vmlinux.br', brotliCompressSync(vmlinux, { params }));
write('initramfs', readFileSync(initramfs));
cpSync(join(kernel, 'modules'), join(partial, 'modules'), { recursive: true });
write('config', readFileSync(join(kernel, 'config')));
cpSync(join(kernel, 'licenses'), join(partial, 'licenses'), { recursive: true });
write('licenses/musl', readFileSync(musl));
write('SOURCE', offer({ arch: basename(folder), release, source, compiler }));
const sha256 = checksums();
write('kernel.json', `${JSON.stringify({ release, source, compiler, sha256 }, undefined, 2)}\n`);
const bytes = files().reduce((sum, path) => sum + statSync(path).size, 0);

rmSync(folder, { recursive: true, force: true });
renameSync(partial, folder);
console.log(`${folder}: Linux ${release}, ${bytes} bytes`);
