/** The source of a kernel: where the two files of snd-timer come from, in exactly the version that the kernel was built from. */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { AlsaError } from '../errors.js';
import { packedPath } from '../package-root.js';
import { shellLine, shellQuote } from '../shell-line.js';
import type { PlannedLine } from './module-plan.js';
import type { TargetKernel } from './target.js';

const run = promisify(execFile);

export const SOURCE_FILES = ['timer.c', 'timer_compat.c'] as const;

/** The lines that put the files into a folder, which is there. */
export type KernelSource = (folder: string) => Promise<PlannedLine[]>;

/**
 * A folder, an archive, or, by default, the packages of the distribution.
 *
 * @throws AlsaError ERR_NO_KERNEL_SOURCE, also from the function that it gives
 */
export function kernelSource(target: TargetKernel, given: string | undefined): KernelSource {
  if (given === undefined) return (folder) => packagedLines(target, folder);
  if (!existsSync(given)) throw noSource(`There is no ${given}`);
  return statSync(given).isDirectory() ? treeSource(given) : archiveSource(given);
}

/** A tree of the kernel, or a folder with the two files. */
function treeSource(tree: string): KernelSource {
  const folder = [`${tree}/sound/core`, tree].find((each) =>
    SOURCE_FILES.every((file) => existsSync(`${each}/${file}`)),
  );
  if (folder === undefined) throw noSource(`${tree} has no sound/core/timer.c`);
  const files = SOURCE_FILES.map((file) => `${folder}/${file}`);
  return async (to) => [{ why: 'the source', line: shellLine('cp', ...files, to) }];
}

function archiveSource(archive: string): KernelSource {
  // Archives name their folder as they like: linux-source-6.12/sound/core/timer.c, ./linux/sound/core/timer.c, or none at all. A file that
  // landed elsewhere would leave one of an earlier build in its place.
  const wanted = SOURCE_FILES.map((file) => `'*sound/core/${file}'`).join(' ');
  return async (to) => [
    {
      why: 'the two files of snd-timer',
      line: `tar -xf ${shellQuote(archive)} -C ${shellQuote(to)} --no-same-owner --wildcards --no-anchored --transform='s,.*/,,' ${wanted}`,
    },
  ];
}

/** Debian, Ubuntu and Raspberry Pi OS, as snd-timer/source of this package plans it: DKMS, which has no Node.js, asks it as well. */
async function packagedLines({ release }: TargetKernel, folder: string): Promise<PlannedLine[]> {
  const { stdout } = await run('sh', [packedPath('snd-timer/source'), release, folder]).catch((error) => {
    throw noSource(
      error.stderr.trim() || error.message,
      'Another version would bring back what this one has mended. Update the kernel, and start the machine with it; or add the source packages to the sources of apt (deb-src); or point at the right source:',
    );
  });
  return [...stdout.matchAll(/^# (.*)\n(.*)$/gm)].map(([, why = '', line = '']) => ({ why, line }));
}

function noSource(message: string, hint = 'Point at the source that the kernel was built from:'): AlsaError {
  return new AlsaError(message, {
    code: 'ERR_NO_KERNEL_SOURCE',
    hint: `${hint} --source FOLDER, or an archive of it.`,
  });
}
