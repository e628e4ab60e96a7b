/** Plans: the lines of a shell that rebuild snd-timer for a kernel, install it there, or remove it. Shown before they are run. */
import { packedPath } from '../package-root.js';
import { shellLine } from '../shell-line.js';
import type { KernelSource } from './source.js';
import type { TargetKernel } from './target.js';

/** A line for a POSIX shell, and what it is for. */
export interface PlannedLine {
  readonly why: string;
  readonly line: string;
}

/** What modinfo(8) shows of a module that was built from snd-timer/ of this package: snd-timer/mark.c. */
export const MARK = { field: 'rebuilt_by', value: 'alsa-utimer' } as const;

/** What a build needs beside the source of the kernel. */
export const BUILD_FILES = ['Kbuild', 'mark.c'].map((file) => packedPath(`snd-timer/${file}`));

export const builtModule = (folder: string): string => `${folder}/snd-timer.ko`;

/** What the installed module is called. Kernels take those of updates/ before their own: depmod.d(5). */
export const installedModule = (target: Pick<TargetKernel, 'modules'>): string =>
  `${target.modules}/updates/snd-timer.ko`;

/** Where it is written first. A full disk, or an end in the middle, must not leave half a module to the next start. */
const partialModule = (target: TargetKernel): string => `${installedModule(target)}.partial`;

/** Builds `builtModule(folder)`. */
export async function buildPlan(
  target: TargetKernel,
  source: KernelSource,
  folder: string,
): Promise<PlannedLine[]> {
  return [
    { why: 'a folder for the build', line: shellLine('mkdir', '-p', folder) },
    ...(await source(folder)),
    {
      why: 'what is built: snd-timer, with the option, and with a mark by which it is known',
      line: shellLine('cp', ...BUILD_FILES, folder),
    },
    {
      // Type information for BPF is left out: kernels from 7.2 on refuse what does not fit theirs, and nothing reads it here.
      why: `the module, for ${target.release}`,
      line: shellLine(
        'make',
        '-C',
        target.headers,
        `M=${folder}`,
        'CONFIG_DEBUG_INFO_BTF_MODULES=',
        'modules',
      ),
    },
  ];
}

export interface SigningKey {
  readonly key: string;
  readonly certificate: string;
}

/** Puts a built module where the kernel finds it. */
export function installPlan(target: TargetKernel, folder: string, signing?: SigningKey): PlannedLine[] {
  const module = builtModule(folder);
  const sign: PlannedLine[] = signing
    ? [
        {
          why: 'the signature that this machine asks for',
          line: shellLine(
            ...([
              `${target.headers}/scripts/sign-file`,
              'sha256',
              signing.key,
              signing.certificate,
              module,
            ] as const),
          ),
        },
      ]
    : [];
  return [
    ...sign,
    { why: 'the module, beside its place', line: whole(module, partialModule(target)) },
    {
      why: 'the module, where the kernel looks first',
      line: shellLine('mv', partialModule(target), installedModule(target)),
    },
    depmod(target),
  ];
}

/** Copies a file, or leaves none. */
function whole(from: string, to: string): string {
  return `${shellLine('install', '-D', '-m', '644', from, to)} || { ${shellLine('rm', '-f', to)}; exit 1; }`;
}

/** Takes it away, and leaves nothing. */
export function removePlan(target: TargetKernel): PlannedLine[] {
  return [
    {
      why: 'the rebuilt module',
      line: shellLine('rm', '-f', installedModule(target), partialModule(target)),
    },
    {
      why: 'its folder, where nothing else is in it',
      line: shellLine('rmdir', '--ignore-fail-on-non-empty', `${target.modules}/updates`),
    },
    depmod(target),
  ];
}

/** The kernel takes what is installed now, and not only at its next start. Fails while a program, or another card, has sound open. */
export const RELOAD = 'modprobe -r snd-aloop snd-hrtimer snd-pcm snd-timer; modprobe snd-timer';

function depmod(target: TargetKernel): PlannedLine {
  return { why: 'the list of modules', line: shellLine('depmod', target.release) };
}
