/** Where the kernel tells about sound cards and clocks, and reading it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { AlsaError, systemError } from './errors.js';
import { visibleLines, visibleText } from './visible-text.js';

let root = '/proc/asound';
let modules = '/sys/module';
let sysfs = '/sys';

/** The folder /proc/asound, or what stands in for it. */
export function procAsound(): string {
  return root;
}

/** Puts another folder in the place of /proc/asound, or `undefined` to go back. For unit tests. */
export function setProcAsound(path: string | undefined): void {
  root = path ?? '/proc/asound';
}

/** The folder /sys/module, or what stands in for it. */
export function sysModule(): string {
  return modules;
}

/** Puts another folder in the place of /sys/module, or `undefined` to go back. For unit tests. */
export function setSysModule(path: string | undefined): void {
  modules = path ?? '/sys/module';
}

/** The folder /sys, or what stands in for it. */
export function sys(): string {
  return sysfs;
}

/** Puts another folder in the place of /sys, or `undefined` to go back. For unit tests. */
export function setSys(path: string | undefined): void {
  sysfs = path ?? '/sys';
}

/** The text of a file that only helps to explain: undefined where it cannot be read, for whatever reason. Visible. */
export function glance(path: string): string | undefined {
  try {
    return visibleLines(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The names in a folder that only helps to explain. */
export function glanceInto(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Where a symbolic link leads that only helps to explain: undefined where it cannot be read. */
export function glanceAtLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The text of a file of /proc, visible: drivers and processes have written parts of it. Undefined where it does not exist. */
export function readProc(path: string): string | undefined {
  return attempt(path, () => visibleLines(readFileSync(path, 'utf8')));
}

/** The same of a file that holds one name, which may contain anything, also ends of lines. */
export function readProcName(path: string): string | undefined {
  return attempt(path, () => visibleText(readFileSync(path, 'utf8').replace(/\n$/, '')));
}

/** The names in a folder of /proc; none where it does not exist. */
export function listProc(path: string): string[] {
  return attempt(path, () => readdirSync(path)) ?? [];
}

/** The last three: a process or card that went while its file was open (fs/proc/inode.c: proc_reg_read, for EIO). */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ESRCH', 'ENODEV', 'EIO']);

function attempt<T>(path: string, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && GONE.has(code)) return undefined;
    throw fromFileSystem(error, path);
  }
}

/** The AlsaError for an error of node:fs; `hint` says what to do. */
export function fromFileSystem(error: unknown, path: string, hint?: string): AlsaError {
  const { errno, syscall, message } = error as NodeJS.ErrnoException;
  if (errno === undefined) {
    return new AlsaError(`${path}: ${message}`, { code: 'ERR_PROC', path, hint, cause: error });
  }
  return systemError(-errno, syscall ?? 'open', path, hint);
}
