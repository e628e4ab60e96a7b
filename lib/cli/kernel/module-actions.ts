/** What `utimer kernel` does with the module snd-timer; each resolves with its exit code. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { AlsaError } from '../../errors.js';
import { checkDkms, checkSource, dkmsInstallPlan, dkmsPackages, dkmsRemovePlan } from '../../kernel/dkms.js';
import {
  buildPlan,
  builtModule,
  installedModule,
  installPlan,
  RELOAD,
  removePlan,
} from '../../kernel/module-plan.js';
import {
  isBuiltFor,
  isRebuiltLoaded,
  type ModuleState,
  moduleState,
  otherReplacements,
} from '../../kernel/module-state.js';
import { signingKey, trustSteps } from '../../kernel/signing.js';
import { kernelSource } from '../../kernel/source.js';
import {
  checkHeaders,
  checkModules,
  checkVersion,
  isRunning,
  type TargetKernel,
  type TargetOptions,
  targetKernel,
  timerOption,
} from '../../kernel/target.js';
import { UserTimer } from '../../timer/user-timer.js';
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

interface InstallOptions extends ModuleOptions {
  /** Has DKMS build it, for this kernel and those to come. */
  readonly dkms: boolean;
}

export async function buildModule(options: ModuleOptions, io: Io): Promise<number> {
  const target = targetKernel(options);
  checkVersion(target);
  const folder = buildFolder(target, options);
  await build(target, folder, options, io);
  await print(io, `${options.dryRun ? 'That would make' : 'There is now'} ${builtModule(folder)}.`);
  return 0;
}

export async function installModule(options: InstallOptions, io: Io): Promise<number> {
  const target = targetKernel(options);
  checkModules(target);
  checkVersion(target);
  const option = timerOption(target);
  if (option === 'y') {
    await print(io, `Linux ${target.release} has CONFIG_SND_UTIMER itself: it needs no rebuilt module.`);
    return 0;
  }
  needRoot('install', options);
  const { installed } = await ownState(target);
  if (option === undefined && installed === 'none' && hasTimersItself(target)) {
    await print(
      io,
      `Linux ${target.release}, which is running, has userspace-driven timers: it needs no rebuilt module.`,
    );
    return 0;
  }
  if (options.dkms) await installByDkms(target, installed === 'ours', options, io);
  else await installByHand(target, installed === 'dkms', options, io);
  await print(
    io,
    [afterwards('the rebuilt module'), trustSteps()].filter((each) => each !== undefined).join('\n'),
  );
  return 0;
}

/** Timers of a rebuilt module that was removed and is still loaded end with the next start. */
const hasTimersItself = (target: TargetKernel): boolean =>
  isRunning(target) && UserTimer.isSupported() && !isRebuiltLoaded();

async function installByHand(
  target: TargetKernel,
  isWithDkms: boolean,
  options: ModuleOptions,
  io: Io,
): Promise<void> {
  if (isWithDkms)
    throw new AlsaError('DKMS has installed snd-timer, and would go on to rebuild it', {
      code: 'ERR_FOREIGN_MODULE',
      hint: 'Take it away first: `sudo utimer kernel remove`; or renew it: --dkms.',
    });
  const signing = signingKey();
  const folder = buildFolder(target, options);
  if (options.source !== undefined || !(await isBuiltFor(target, folder)))
    await build(target, folder, options, io);
  await runLines(installPlan(target, folder, signing), options.dryRun, io);
}

async function installByDkms(
  target: TargetKernel,
  isByHand: boolean,
  { source, dryRun }: ModuleOptions,
  io: Io,
): Promise<void> {
  await checkDkms();
  checkHeaders(target);
  const given = source === undefined ? undefined : kernelSource(target, resolve(source));
  if (given === undefined) await checkSource(target);
  const plan = [
    ...(isByHand ? removePlan(target) : []),
    ...(await dkmsInstallPlan(target, given, await dkmsPackages(target))),
  ];
  await runLines(plan, dryRun, io);
}

export async function removeModule(
  options: TargetOptions & { readonly dryRun: boolean },
  io: Io,
): Promise<number> {
  const target = targetKernel(options);
  needRoot('remove', options);
  const packages = await dkmsPackages(target);
  const { installed } = await ownState(target);
  const plan = [...dkmsRemovePlan(packages), ...(installed === 'ours' ? removePlan(target) : [])];
  if (plan.length === 0) {
    await print(io, `There is no ${installedModule(target)}, and DKMS has none: nothing is to be removed.`);
  } else {
    await runLines(plan, options.dryRun, io);
    await print(io, afterwards('its own module'));
  }
  for (const release of otherReplacements(target))
    await print(io, `Linux ${release} has one as well: utimer kernel remove --release ${release}`);
  return 0;
}

/** @param what the kernel gets */
const afterwards = (what: string): string =>
  `The kernel takes ${what} at its next start. To take it now, end what has sound open, unload the drivers of other sound cards, and then, as root: ${RELOAD}`;

async function build(
  target: TargetKernel,
  folder: string,
  { source, dryRun }: ModuleOptions,
  io: Io,
): Promise<void> {
  checkHeaders(target);
  const from = kernelSource(target, source && resolve(source));
  await print(io, `snd-timer for Linux ${target.release}`);
  await runLines(await buildPlan(target, from, folder), dryRun, io);
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
  // make(1) takes a list of words for M, and the shells that it runs give other characters a meaning.
  if (/[^\p{L}\p{N}/.,_+=@~-]/u.test(chosen))
    throw new UsageError(`a kernel module cannot be built in ${chosen}: choose another --folder`);
  return chosen;
}

function needRoot(what: 'install' | 'remove', { dryRun }: { readonly dryRun: boolean }): void {
  if (dryRun || process.geteuid?.() === 0) return;
  throw new AlsaError('Only root may change the modules of a kernel', {
    code: 'EACCES',
    hint: `Run it with sudo: \`sudo npx --no utimer kernel ${what}\`. With --dry-run it only shows what it would do, for which it needs no root.`,
  });
}

/** What is installed, where that is ours or nothing. What somebody else has put there stays. */
async function ownState(target: TargetKernel): Promise<ModuleState> {
  const state = await moduleState(target);
  if (state.installed !== 'foreign') return state;
  throw new AlsaError(`${state.path} was not made by utimer kernel`, {
    code: 'ERR_FOREIGN_MODULE',
    hint: 'It is left alone: whoever has put it there removes it.',
  });
}
