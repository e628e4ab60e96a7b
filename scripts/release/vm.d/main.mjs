// main.mjs KERNEL INITRAMFS MUSL FOLDER: fills the folder with what the package carries of a kernel. MUSL is the licence of the C
// library in the initramfs.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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

/** Of each file, so that anybody can compare what a build of their own has. */
function checksums() {
  const files = readdirSync(partial, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const sums = files.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
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
write('SOURCE', offer({ release, source, compiler }));
const sha256 = checksums();
write('kernel.json', `${JSON.stringify({ release, source, compiler, sha256 }, undefined, 2)}\n`);

rmSync(folder, { recursive: true, force: true });
renameSync(partial, folder);
