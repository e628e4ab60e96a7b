/** What `utimer kernel status` tells: whether a kernel has userspace-driven timers, by itself or by a rebuilt module. */
import { type DkmsState, dkmsPackages } from '../../kernel/dkms.js';
import { isRebuiltLoaded, type ModuleState, moduleState } from '../../kernel/module-state.js';
import {
  isRunning,
  type TargetKernel,
  type TargetOptions,
  targetKernel,
  timerOption,
} from '../../kernel/target.js';
import { UserTimer } from '../../timer/user-timer.js';
import type { Io } from '../output/io.js';
import { json, print } from '../output/printing.js';

type KnownState = Exclude<DkmsState, 'left'>;

interface KernelStatus extends ModuleState {
  readonly release: string;
  readonly isRunning: boolean;
  /** CONFIG_SND_UTIMER: 'y', 'n', or 'unknown'. */
  readonly option: string;
  /** How far DKMS has it. */
  readonly dkms: KnownState | 'none';
  /** Whether the running kernel has them, where that is the one. */
  readonly supported: boolean | undefined;
}

export async function printStatus(options: TargetOptions, asJson: boolean, io: Io): Promise<number> {
  const target = targetKernel(options);
  const status = await statusOf(target);
  await print(io, asJson ? json(status) : inWords(status));
  return 0;
}

async function statusOf(target: TargetKernel): Promise<KernelStatus> {
  const { release } = target;
  const running = isRunning(target);
  return {
    release,
    isRunning: running,
    option: timerOption(target) ?? 'unknown',
    supported: running ? UserTimer.isSupported() : undefined,
    ...(await moduleState(target)),
    dkms: (await dkmsPackages(target)).map(({ state }) => state).find((state) => state !== 'left') ?? 'none',
  };
}

function inWords({
  release,
  isRunning: running,
  option,
  supported,
  installed,
  path,
  signer,
  loaded,
  dkms,
}: KernelStatus): string {
  const lines = [`Linux ${release}${running ? ', which is running' : ''}`, `CONFIG_SND_UTIMER: ${option}`];
  if (path === undefined) lines.push('no rebuilt module is installed');
  else lines.push(`${path}: ${MADE_BY[installed]}`, signer ? `signed by ${signer}` : 'not signed');
  if (dkms !== 'none') lines.push(`DKMS: ${DKMS[dkms]}`);
  if (!running) return lines.join('\n');
  if (installed !== 'none') lines.push(LOADED[loaded]);
  const isLeftover = installed === 'none' && (option === 'n' || isRebuiltLoaded());
  lines.push(`userspace-driven timers: ${timersText(supported, isLeftover)}`);
  return lines.join('\n');
}

/** @param isLeftover whether timers, where there are any, are those of a module that is no longer installed */
function timersText(supported: boolean | undefined, isLeftover: boolean): string {
  if (!supported) return 'no; `npx utimer doctor` says what to do';
  return isLeftover
    ? 'yes, of a module that is loaded and not installed: the next start of the machine ends them'
    : 'yes';
}

const MADE_BY: Readonly<Record<ModuleState['installed'], string>> = {
  none: 'none',
  ours: 'made by utimer kernel',
  dkms: 'made by utimer kernel, kept by DKMS',
  foreign: 'made by somebody else',
};

const DKMS: Readonly<Record<KnownState, string>> = {
  added: 'it has the package, and no module for this kernel',
  built: 'the module is built for this kernel, and not installed',
  installed: 'the module is installed for this kernel',
};

const LOADED: Readonly<Record<ModuleState['loaded'], string>> = {
  none: 'snd-timer is not loaded',
  installed: 'it is loaded',
  other: 'another one is loaded: this one is at the next start of the machine',
};
