/** The source of a kernel: where the two files of snd-timer come from, in exactly the version that the kernel was built from. */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { AlsaError } from '../errors.js';
import { shellLine, shellQuote } from '../shell-line.js';
import type { PlannedLine } from './module-plan.js';
import type { TargetKernel } from './target.js';

const run = promisify(execFile);

export const SOURCE_FILES = ['timer.c', 'timer_compat.c'] as const;

export interface KernelSource {
  /** For people: 'linux-source-6.12 6.12.95-1'. */
  readonly name: string;
  /** The lines that put the files into a folder. */
  plan(folder: string): PlannedLine[];
}

/** What asks the package manager. Rejects where there is none, or the package is not there. */
export type AskPackages = (command: string, ...args: readonly string[]) => Promise<string>;

const askPackages: AskPackages = async (command, ...args) => (await run(command, args)).stdout;

/**
 * A folder, an archive, or, by default, the package of the distribution.
 *
 * @throws AlsaError ERR_NO_KERNEL_SOURCE
 */
export async function kernelSource(
  target: TargetKernel,
  given: string | undefined,
  ask: AskPackages = askPackages,
): Promise<KernelSource> {
  if (given === undefined) return packagedSource(target, ask);
  if (!existsSync(given)) throw noSource(`There is no ${given}`);
  return statSync(given).isDirectory() ? treeSource(given) : archiveSource(given);
}

/** A tree of the kernel, or a folder with the two files. */
function treeSource(tree: string): KernelSource {
  const folder = [`${tree}/sound/core`, tree].find((each) =>
    SOURCE_FILES.every((file) => existsSync(`${each}/${file}`)),
  );
  if (folder === undefined) throw noSource(`${tree} has no sound/core/timer.c`);
  return {
    name: folder,
    plan: (to) => [
      { why: 'the source', line: shellLine('cp', ...SOURCE_FILES.map((file) => `${folder}/${file}`), to) },
    ],
  };
}

function archiveSource(archive: string): KernelSource {
  return { name: archive, plan: (to) => [unpacked(shellQuote(archive), to)] };
}

/** `archive`: a word for the shell; '-' is standard input. */
function unpacked(archive: string, to: string): PlannedLine {
  // Archives name their folder as they like: linux-source-6.12/sound/core/timer.c.
  const wanted = SOURCE_FILES.map((file) => `'*/sound/core/${file}'`).join(' ');
  return {
    why: 'the two files of snd-timer',
    line: `tar -xf ${archive} -C ${shellQuote(to)} --wildcards --no-anchored --strip-components=3 ${wanted}`,
  };
}

/** Debian, Ubuntu and Raspberry Pi OS: linux-source-X.Y, in the version of the package of the kernel. */
async function packagedSource({ release }: TargetKernel, ask: AskPackages): Promise<KernelSource> {
  const image = `linux-image-${release}`;
  const version = await versionOf(image, ask);
  if (version === undefined) {
    throw noSource(
      `No package manager of Debian knows a package ${image}, of which the version would be that of the source`,
    );
  }
  const name = `linux-source-${/^\d+\.\d+/.exec(release)?.[0]}`;
  const offered = await versionsOf(name, ask);
  if (!offered.includes(version)) {
    const others = offered.length === 0 ? 'none' : offered.join(', ');
    throw noSource(
      `The source of ${image} ${version} is not on offer: ${name} is there in ${others}`,
      'Another version would bring back what this one has mended. Update the kernel, and start the machine with it; or point at the right source:',
    );
  }
  return {
    name: `${name} ${version}`,
    plan: (to) => [
      {
        why: `the source of the distribution, ${version}`,
        line: `cd ${shellQuote(to)} && ${shellLine('apt-get', 'download', `${name}=${version}`)}`,
      },
      {
        why: 'the two files of snd-timer',
        line: `cd ${shellQuote(to)} && dpkg-deb --fsys-tarfile ${name}_*.deb | tar -xO --wildcards '*/${name}.tar.*' | xz -dc | ${unpacked('-', '.').line}`,
      },
    ],
  };
}

async function versionOf(image: string, ask: AskPackages): Promise<string | undefined> {
  try {
    return installedVersion(await ask('dpkg-query', '--status', image));
  } catch {
    return undefined;
  }
}

/** As dpkg-query --status tells of a package: undefined where it was removed. */
function installedVersion(status: string): string | undefined {
  if (!/^Status: .* installed$/m.test(status)) return undefined;
  return /^Version: (.*)$/m.exec(status)?.[1];
}

/** As apt-cache madison lists them: `name | version | archive`. */
async function versionsOf(name: string, ask: AskPackages): Promise<string[]> {
  try {
    const lines = (await ask('apt-cache', 'madison', name)).split('\n');
    return [
      ...new Set(lines.map((line) => line.split('|')[1]?.trim() ?? '').filter((version) => version !== '')),
    ];
  } catch {
    return [];
  }
}

function noSource(message: string, hint = 'Point at the source that the kernel was built from:'): AlsaError {
  return new AlsaError(message, {
    code: 'ERR_NO_KERNEL_SOURCE',
    hint: `${hint} --source FOLDER, or an archive of it.`,
  });
}
