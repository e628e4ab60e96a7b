/** DKMS, which rebuilds modules whenever a kernel is installed, and its package of snd-timer: snd-timer/ of this package. */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { AlsaError } from '../errors.js';
import { packageVersion, packedPath } from '../package-root.js';
import { shellLine, shellQuote } from '../shell-line.js';
import { toolEnvironment } from '../tool-environment.js';
import { BUILD_FILES, type PlannedLine } from './module-plan.js';
import { type KernelSource, kernelSource } from './source.js';
import { type TargetKernel, targetKernel } from './target.js';

const run = promisify(execFile);

/** What `dkms status` calls it. */
const NAME = 'alsa-utimer';

const TREE = `/var/lib/dkms/${NAME}`;

/** Where DKMS has the source of its packages. */
const sourceFolder = (version: string): string => `/usr/src/${NAME}-${version}`;

/** The source that was given for one kernel: snd-timer/pre-build takes it before it asks the distribution. */
const givenSource = (version: string, { release }: TargetKernel): string =>
  `${sourceFolder(version)}/sources/${release}`;

/**
 * How far DKMS has a version of the package, for one kernel: 'added' where it has not been built for that; 'left' where an installation or
 * a removal was cut off, so that there are folders which DKMS does not know.
 */
export type DkmsState = 'left' | 'added' | 'built' | 'installed';

/** A version of the package that DKMS has. */
export interface DkmsPackage {
  readonly version: string;
  readonly state: DkmsState;
}

/** The versions that DKMS has, as far as a kernel goes; none where there is no DKMS. */
export async function dkmsPackages({ release }: TargetKernel): Promise<DkmsPackage[]> {
  const status = await dkms('status', '-m', NAME, '-k', release);
  return versions().map((version) => ({
    version,
    state: isKnown(version) ? stateOf(status ?? '', version) : 'left',
  }));
}

/** As `dkms status` tells: 'alsa-utimer/0.1.0, 6.12.95+deb13-amd64, x86_64: installed', and perhaps warnings behind that. */
export function stateOf(status: string, version: string): DkmsState {
  const line = status.split('\n').find((each) => each.startsWith(`${NAME}/${version}, `));
  const [, state] = /: (built|installed)\b/.exec(line ?? '') ?? [];
  return (state as DkmsState | undefined) ?? 'added';
}

/** All that there are folders of. */
function versions(): string[] {
  // Beside versions, the tree has what is active, by kernel, and modules that were there before.
  const inTree = foldersIn(TREE).filter((name) => name !== 'original_module');
  const sources = foldersIn('/usr/src').filter((name) => name.startsWith(`${NAME}-`));
  return [...new Set([...inTree, ...sources.map((name) => name.slice(NAME.length + 1))])];
}

/** What `dkms add` leaves of a version. */
const isKnown = (version: string): boolean =>
  lstatSync(`${TREE}/${version}/source`, { throwIfNoEntry: false }) !== undefined;

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}

/** @throws AlsaError ERR_NO_DKMS */
export async function checkDkms(): Promise<void> {
  if ((await dkms('--version')) !== undefined) return;
  throw new AlsaError('DKMS is not installed', {
    code: 'ERR_NO_DKMS',
    hint: 'Install it: `sudo apt-get install dkms`. Without --dkms the module is for this kernel alone.',
  });
}

/**
 * DKMS gets the source by itself, and what it prints hides why there is none. So it is looked for before DKMS is given anything.
 *
 * @throws AlsaError ERR_NO_KERNEL_SOURCE
 */
export async function checkSource(target: TargetKernel): Promise<void> {
  const given = givenSource(packageVersion(), target);
  if (!existsSync(given)) await kernelSource(target, undefined)(given);
}

async function dkms(...args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run('dkms', args, { env: toolEnvironment() })).stdout;
  } catch {
    return undefined;
  }
}

/**
 * Gives the package to DKMS, and has it build and install the module for a kernel.
 *
 * @param source for this kernel alone; without it DKMS asks the distribution, as it does for each later one
 * @param others what DKMS has
 */
export async function dkmsInstallPlan(
  target: TargetKernel,
  source: KernelSource | undefined,
  others: readonly DkmsPackage[],
): Promise<PlannedLine[]> {
  const version = packageVersion();
  const folder = sourceFolder(version);
  const had = others.find((each) => each.version === version && each.state !== 'left');
  const given = givenSource(version, target);
  return [
    ...dkmsRemovePlan(others.filter((each) => each !== had)),
    { why: 'a folder for the source of the package', line: shellLine('mkdir', '-p', folder) },
    { why: 'what is built', line: shellLine('cp', ...BUILD_FILES, folder) },
    {
      why: 'what gets the source of a kernel, in exactly its version',
      line: shellLine('install', '-m', '755', ...['pre-build', 'source'].map(packed), folder),
    },
    {
      why: 'what DKMS does with it',
      line: `${shellLine('sed', `s/#MODULE_VERSION#/${version}/`, packed('dkms.conf'))} >${shellQuote(`${folder}/dkms.conf`)}`,
    },
    ...(source
      ? [
          {
            why: `the source of Linux ${target.release}: DKMS asks the distribution for others`,
            line: shellLine('mkdir', '-p', given),
          },
          ...(await source(given)),
        ]
      : []),
    ...(had ? [] : [{ why: 'the package, for DKMS', line: shellLine('dkms', 'add', `${NAME}/${version}`) }]),
    ...(had && had.state !== 'added'
      ? [{ why: 'not the module that there is', line: forKernel('unbuild', version, target) }]
      : []),
    {
      // Its status is 77 where the kernel has the option, and nothing was built.
      why: `the module, built and installed for ${target.release}`,
      line: `${forKernel('install', version, target)} || { [ $? = 77 ] || cat ${TREE}/${version}/build/make.log; exit 1; }`,
    },
  ];
}

const packed = (file: string): string => packedPath(`snd-timer/${file}`);

function forKernel(action: string, version: string, { release, headers }: TargetKernel): string {
  const elsewhere = headers === targetKernel({ release }).headers ? [] : ['--kernelsourcedir', headers];
  return shellLine('dkms', action, `${NAME}/${version}`, '-k', release, ...elsewhere);
}

/** Takes the package away from DKMS, with its modules in all kernels. */
export function dkmsRemovePlan(packages: readonly DkmsPackage[]): PlannedLine[] {
  return packages.flatMap(({ version, state }) => [
    state === 'left'
      ? {
          why: 'what an end in the middle has left of it',
          line: `${shellLine('rm', '-rf', `${TREE}/${version}`)}; [ ! -e ${TREE} ] || ${shellLine('rmdir', '--ignore-fail-on-non-empty', TREE)}`,
        }
      : {
          why: 'the package, and its modules in all kernels',
          line: shellLine('dkms', 'remove', `${NAME}/${version}`, '--all'),
        },
    { why: 'its source', line: shellLine('rm', '-rf', sourceFolder(version)) },
  ]);
}
