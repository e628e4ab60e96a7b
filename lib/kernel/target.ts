/** A target: the kernel that a module is built for, and where its modules and headers are. */
import { existsSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { AlsaError } from '../errors.js';
import { readText } from '../text-file.js';
import { configuredOption, type ReadText } from './configuration.js';
import { FIRST_WITH_TIMERS, isBefore, parseVersion } from './version.js';

export interface TargetKernel {
  /** As uname -r prints it. */
  readonly release: string;
  /** Its modules: /lib/modules/RELEASE. */
  readonly modules: string;
  /** What modules are built against: a folder with its Makefile and Module.symvers. */
  readonly headers: string;
}

export interface TargetOptions {
  /** Default: the running kernel. */
  readonly release?: string | undefined;
  /** Default: /lib/modules/RELEASE/build. */
  readonly headers?: string | undefined;
}

/** Names a kernel, whether or not it is there. */
export function targetKernel({ release = runningRelease(), headers }: TargetOptions = {}): TargetKernel {
  const modules = `/lib/modules/${release}`;
  return { release, modules, headers: headers ?? `${modules}/build` };
}

export const isRunning = ({ release }: TargetKernel): boolean => release === runningRelease();

/** CONFIG_SND_UTIMER, as `configuredOption` gives it. */
export function timerOption(target: TargetKernel, read: ReadText = readText): string | undefined {
  return configuredOption(read, target.release, 'SND_UTIMER', isRunning(target));
}

/**
 * The source of an older kernel has nothing that the option would build: a module of it is like the kernel's own.
 *
 * @throws AlsaError ERR_KERNEL_TOO_OLD
 */
export function checkVersion({ release }: TargetKernel): void {
  const version = parseVersion(release);
  if (!version || !isBefore(version, FIRST_WITH_TIMERS)) return;
  throw new AlsaError(`Linux ${release} is too old: userspace-driven timers came with Linux 6.12`, {
    code: 'ERR_KERNEL_TOO_OLD',
    hint: 'Install a newer kernel, and start the machine with it: `npx utimer doctor` says how.',
  });
}

/** @throws AlsaError ERR_NO_KERNEL_HEADERS */
export function checkHeaders({ release, headers }: TargetKernel): void {
  if (existsSync(`${headers}/Makefile`)) return;
  throw new AlsaError(`There are no headers of Linux ${release} in ${headers}`, {
    code: 'ERR_NO_KERNEL_HEADERS',
    hint: `Install them: \`apt-get install linux-headers-${release}\` on Debian, Ubuntu and Raspberry Pi OS; or say where they are: --headers FOLDER.`,
  });
}

/** @throws AlsaError ERR_NO_KERNEL_MODULES */
export function checkModules({ release, modules }: TargetKernel): void {
  if (existsSync(modules)) return;
  throw new AlsaError(`There is no ${modules}`, {
    code: 'ERR_NO_KERNEL_MODULES',
    hint: `No kernel ${release} is installed here. In a container, run this on its host.`,
  });
}
