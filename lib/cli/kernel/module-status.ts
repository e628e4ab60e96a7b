/** What `utimer kernel status` tells: whether a kernel has userspace-driven timers, by itself or by a rebuilt module. */
import { release as runningRelease } from 'node:os';
import { configuredOption } from '../../kernel/configuration.js';
import { installedModule } from '../../kernel/module-plan.js';
import { type ModuleState, moduleState } from '../../kernel/module-state.js';
import { type TargetKernel, type TargetOptions, targetKernel } from '../../kernel/target.js';
import { readText } from '../../text-file.js';
import { UserTimer } from '../../timer/user-timer.js';
import type { Io } from '../output/io.js';
import { json, print } from '../output/printing.js';

interface KernelStatus extends ModuleState {
  readonly release: string;
  readonly isRunning: boolean;
  /** CONFIG_SND_UTIMER: 'y', 'n', or 'unknown'. */
  readonly option: string;
  /** Whether the running kernel has them, where that is the one. */
  readonly supported: boolean | undefined;
}

export async function printStatus(options: TargetOptions, asJson: boolean, io: Io): Promise<number> {
  const target = targetKernel(options);
  const status = await statusOf(target);
  await print(io, asJson ? json(status) : inWords(target, status));
  return 0;
}

async function statusOf(target: TargetKernel): Promise<KernelStatus> {
  const { release } = target;
  const isRunning = release === runningRelease();
  return {
    release,
    isRunning,
    option: configuredOption(readText, release, 'SND_UTIMER', isRunning) ?? 'unknown',
    supported: isRunning ? isSupported() : undefined,
    ...(await moduleState(target)),
  };
}

function inWords(
  target: TargetKernel,
  { release, isRunning, option, supported, installed, loaded }: KernelStatus,
): string {
  const lines = [`Linux ${release}${isRunning ? ', which is running' : ''}`, `CONFIG_SND_UTIMER: ${option}`];
  if (installed === 'none') lines.push('no rebuilt module is installed');
  else
    lines.push(
      `${installedModule(target)}: ${installed === 'ours' ? 'made by utimer kernel' : 'made by somebody else'}`,
    );
  if (!isRunning) return lines.join('\n');
  if (installed !== 'none') lines.push(LOADED[loaded]);
  lines.push(`userspace-driven timers: ${supported === undefined ? 'unknown' : supported ? 'yes' : 'no'}`);
  return lines.join('\n');
}

const LOADED: Readonly<Record<ModuleState['loaded'], string>> = {
  none: 'snd-timer is not loaded',
  installed: 'it is loaded',
  other: 'another one is loaded still',
};

/** Undefined where there is no device to ask. */
function isSupported(): boolean | undefined {
  try {
    return UserTimer.isSupported();
  } catch {
    return undefined;
  }
}
