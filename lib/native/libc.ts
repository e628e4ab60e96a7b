/**
 * The C library of this process, as its own program names it: a dynamic program names the loader that it wants, and each C
 * library has one of its own. Nothing is asked of Node's report, which resolves the peers of all sockets and waits for all
 * workers.
 */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';

const PROGRAM = '/proc/self/exe';
const PT_INTERP = 3;

/** The loader that an ELF program names in PT_INTERP, or undefined where it names none. Throws where it cannot be read. */
export function interpreterOf(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const read = (position: number, length: number) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, position));
    };
    const header = read(0, 64);
    if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const wide = header[4] === 2;
    const little = header[5] === 1;
    const u16 = (bytes: Buffer, at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
    const u32 = (bytes: Buffer, at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
    const u64 = (bytes: Buffer, at: number) =>
      Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    const address = (bytes: Buffer, narrowAt: number, wideAt: number) =>
      wide ? u64(bytes, wideAt) : u32(bytes, narrowAt);

    const size = u16(header, wide ? 54 : 42);
    const count = u16(header, wide ? 56 : 44);
    const table = read(address(header, 28, 32), size * count);
    for (let at = 0; at + size <= table.length && size > 0; at += size) {
      const entry = table.subarray(at, at + size);
      if (u32(entry, 0) !== PT_INTERP) continue;
      const [name] = read(address(entry, 4, 8), Math.min(address(entry, 16, 32), 4096))
        .toString()
        .split('\0');
      return name;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** Whether a program runs on musl. `/proc/self/exe` is this process's; of a loader that was started by name, it is the loader. */
export function usesMusl(program: string = PROGRAM): boolean {
  try {
    return /(^|\/)ld-musl-/.test(interpreterOf(program) ?? readlinkSync(program));
  } catch {
    return false;
  }
}
