/** What `utimer kernel` does with the module snd-timer; each resolves with its exit code. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { AlsaError } from '../../errors.js';
import {
  buildPlan,
  builtModule,
  installedModule,
  installPlan,
  removePlan,
} from '../../kernel/module-plan.js';
import { isBuiltFor, moduleState } from '../../kernel/module-state.js';
import { signingKey } from '../../kernel/signing.js';
import { kernelSource } from '../../kernel/source.js';
import {
  checkHeaders,
  checkModules,
  type TargetKernel,
  type TargetOptions,
  targetKernel,
} from '../../kernel/target.js';
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import { UsageError } from '../table/usage-error.js';
import { runLines } from './planned-lines.js';

export interface ModuleOptions extends TargetOptions {
  readonly source?: string | undefined;
  readonly folder?: string | undefined;
  /** Only shows what would be run. */
  readonly dryRun: boolean;
}

export async function buildModule(options: ModuleOptions, io: Io): Promise<number> {
  const target = targetKernel(options);
  const folder = buildFolder(target, options);
  await build(target, folder, options, io);
  await print(io, `${options.dryRun ? 'That would make' : 'There is now'} ${builtModule(folder)}.`);
  return 0;
}

export async function installModule(options: ModuleOptions, io: Io): Promise<number> {
  const target = targetKernel(options);
  checkModules(target);
  needRoot('install', options);
  await hasModule(target);
  const signing = signingKey();
  const folder = buildFolder(target, options);
  if (options.source !== undefined || !(await isBuiltFor(target, folder)))
    await build(target, folder, options, io);
  await runLines(installPlan(target, folder, signing), options.dryRun, io);
  await print(io, AFTERWARDS);
  return 0;
}

export async function removeModule(
  options: TargetOptions & { readonly dryRun: boolean },
  io: Io,
): Promise<number> {
  const target = targetKernel(options);
  needRoot('remove', options);
  if (!(await hasModule(target))) {
    await print(io, `There is no ${installedModule(target)}: nothing is to be removed.`);
    return 0;
  }
  await runLines(removePlan(target), options.dryRun, io);
  await print(io, AFTERWARDS);
  return 0;
}

const AFTERWARDS =
  'The kernel takes it at the next start. To take it now, end what has sound open, and then: modprobe -r snd-aloop snd-hrtimer snd-pcm snd-timer; modprobe snd-timer';

async function build(
  target: TargetKernel,
  folder: string,
  { source, dryRun }: ModuleOptions,
  io: Io,
): Promise<void> {
  checkHeaders(target);
  const from = await kernelSource(target, source && resolve(source));
  await print(io, `snd-timer for Linux ${target.release}, from ${from.name}`);
  await runLines(buildPlan(target, from, folder), dryRun, io);
  if (!dryRun && !(await isBuiltFor(target, folder))) {
    throw new AlsaError(`${builtModule(folder)} is not for Linux ${target.release}`, {
      code: 'ERR_WRONG_MODULE',
      hint: `The headers in ${target.headers} are those of another kernel.`,
    });
  }
}

/** By default in the cache of the user, a folder for each kernel. */
function buildFolder({ release }: TargetKernel, { folder }: Pick<ModuleOptions, 'folder'>): string {
  const cache = process.env.XDG_CACHE_HOME || `${homedir()}/.cache`;
  const chosen = resolve(folder ?? `${cache}/alsa-utimer/snd-timer/${release}`);
  // make(1) takes a list of words for M.
  if (/[\s:#'"$]/.test(chosen))
    throw new UsageError(`a kernel module cannot be built in ${chosen}: choose another --folder`);
  return chosen;
}

function needRoot(what: 'install' | 'remove', { dryRun }: { readonly dryRun: boolean }): void {
  if (dryRun || process.geteuid?.() === 0) return;
  throw new AlsaError('Only root may change the modules of a kernel', {
    code: 'EACCES',
    hint: `Run \`sudo utimer kernel ${what}\`; --dry-run shows what it would do.`,
  });
}

/** Whether a module of ours is installed. What somebody else has put there stays. */
async function hasModule(target: TargetKernel): Promise<boolean> {
  const { installed } = await moduleState(target);
  if (installed !== 'foreign') return installed === 'ours';
  throw new AlsaError(`${installedModule(target)} was not made by utimer kernel`, {
    code: 'ERR_FOREIGN_MODULE',
    hint: 'It is left alone: whoever has put it there removes it.',
  });
}
