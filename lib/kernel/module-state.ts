/** What is known of snd-timer: whether a rebuilt one is installed for a kernel, and which one the running kernel has loaded. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { AlsaError } from '../errors.js';
import { glanceInto } from '../proc.js';
import { readText } from '../text-file.js';
import { toolEnvironment } from '../tool-environment.js';
import type { ReadText } from './configuration.js';
import { builtModule, installedModule, MARK } from './module-plan.js';
import type { TargetKernel } from './target.js';

const run = promisify(execFile);

export interface ModuleState {
  /** 'none', 'ours', 'dkms', which is ours and kept by DKMS, or 'foreign': somebody else has put one there. */
  readonly installed: 'none' | 'ours' | 'dkms' | 'foreign';
  /** The path of the installed module, where there is one. */
  readonly path?: string;
  /** Whose signature it has, where it has one. */
  readonly signer?: string;
  /** Of the running kernel: whether it is the installed one. */
  readonly loaded: 'none' | 'installed' | 'other';
}

/** A field that modinfo(8) shows of a module, of the running kernel unless a path is given; undefined where there is none. @throws AlsaError ENOENT without modinfo */
async function moduleField(field: string, ...module: readonly string[]): Promise<string | undefined> {
  try {
    return (
      (await run('modinfo', ['-F', field, ...module], { env: toolEnvironment() })).stdout.trim() || undefined
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
    throw new AlsaError('There is no program modinfo', { code: 'ENOENT', hint: 'Install the package kmod.' });
  }
}

export async function moduleState(target: TargetKernel): Promise<ModuleState> {
  const loaded = readText('/sys/module/snd_timer/initstate') !== undefined;
  const path = await replacement(target);
  if (path === undefined) return { installed: 'none', loaded: loaded ? 'other' : 'none' };
  const isOurs = (await moduleField(MARK.field, path)) === MARK.value;
  const signer = await moduleField('signer', path);
  return {
    installed: !isOurs ? 'foreign' : path === installedModule(target) ? 'ours' : 'dkms',
    path,
    ...(signer === undefined ? {} : { signer }),
    loaded: !loaded ? 'none' : (await isLoaded(path)) ? 'installed' : 'other',
  };
}

/** The module that is taken in place of the kernel's own. depmod(8) has listed it, but for one that was just copied there. */
async function replacement(target: TargetKernel): Promise<string | undefined> {
  if (existsSync(installedModule(target))) return installedModule(target);
  // '(builtin)' for one that is no file.
  const listed = await moduleField('filename', '-k', target.release, 'snd-timer').catch(() => undefined);
  return listed?.startsWith('/') && !listed.startsWith(`${target.modules}/kernel/`) ? listed : undefined;
}

/** Other kernels that have a module where `utimer kernel install` puts it: an update of the kernel leaves that of the old one. */
export function otherReplacements({ release }: TargetKernel, modules = '/lib/modules'): string[] {
  const has = (other: string) => existsSync(installedModule({ modules: `${modules}/${other}` }));
  return glanceInto(modules)
    .sort()
    .filter((other) => other !== release && has(other));
}

/** A module of ours has a version, so modpost(8) sums its source, and the kernel tells the sum. The kernel's own need not have one. */
async function isLoaded(path: string): Promise<boolean> {
  const sum = readText('/sys/module/snd_timer/srcversion')?.trim();
  return sum !== undefined && sum === (await moduleField('srcversion', path));
}

/** Whether the running kernel has loaded a rebuilt module, installed or not: its own has no version. */
export const isRebuiltLoaded = (read: ReadText = readText): boolean =>
  read('/sys/module/snd_timer/version') !== undefined;

/** Whether a folder has a module of ours that was built for a kernel: by its mark, and its vermagic. */
export async function isBuiltFor({ release }: TargetKernel, folder: string): Promise<boolean> {
  const [mark, magic] = await Promise.all(
    [MARK.field, 'vermagic'].map((field) => moduleField(field, builtModule(folder))),
  );
  return mark === MARK.value && magic?.split(' ')[0] === release;
}
