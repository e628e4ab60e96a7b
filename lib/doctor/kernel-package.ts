/** The package that the running kernel came from, its version, and what its changelog says was mended: distributions mend without a new version. */
import { parseVersion, type Version } from '../kernel/version.js';
import type { Machine } from './machine.js';

export interface KernelPackage {
  /** '6.12.95-1~bpo12+1'. */
  readonly version: string;
  /** Its changelog up to this version, newest first, in one line; undefined where that is not installed, or knows nothing of the version. */
  readonly changelog: string | undefined;
}

/** Undefined where the kernel does not tell its package: that of Debian, Raspberry Pi OS and Ubuntu does. */
export function kernelPackage(
  machine: Pick<Machine, 'release' | 'version' | 'read'>,
): KernelPackage | undefined {
  const version = debianVersion(machine) ?? ubuntuVersion(machine);
  return version === undefined ? undefined : { version, changelog: changelogOf(machine, version) };
}

/** '6.12.95-1' of '#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1 (2026-07-05)'. */
function debianVersion({ version }: Pick<Machine, 'version'>): string | undefined {
  return / Debian (\S+) /.exec(version)?.[1];
}

/** '6.17.0-7.7' of 'Ubuntu 6.17.0-7.7-generic 6.17.4'. */
function ubuntuVersion({ read }: Pick<Machine, 'read'>): string | undefined {
  return /^Ubuntu (\S+)-/.exec(read('/proc/version_signature') ?? '')?.[1];
}

/**
 * The version of the running kernel's source. Ubuntu's uname says 6.17.0 for each of its updates, and /proc/version_signature which
 * one it is. Debian's, before Debian 13, says so behind the version of its package.
 */
export function kernelVersion(machine: Pick<Machine, 'release' | 'version' | 'read'>): Version | undefined {
  const signature = machine.read('/proc/version_signature')?.trim().split(' ').at(-1);
  const debian = debianVersion(machine)?.replace(/^\d+:/, '');
  return parseVersion(signature) ?? parseVersion(debian) ?? parseVersion(machine.release);
}

/** Debian's signed image, which has a changelog of its own above that of linux; an unsigned one; the modules of Ubuntu. */
const CHANGELOGS = ['image', 'modules'].flatMap((part) =>
  ['changelog.gz', 'changelog.Debian.gz'].map((file) => ({ part, file })),
);

function changelogOf(
  { release, read }: Pick<Machine, 'release' | 'read'>,
  version: string,
): string | undefined {
  for (const { part, file } of CHANGELOGS) {
    const text = read(`/usr/share/doc/linux-${part}-${release}/${file}`);
    // The package may be newer than the kernel that runs, which was started before an update.
    const starts = [`(${version}) `, `\n  * Sign kernel from linux ${version}\n`].map(
      (start) => text?.indexOf(start) ?? -1,
    );
    const start = starts.find((at) => at >= 0);
    if (start !== undefined) return text?.slice(start).replace(/\s+/g, ' ');
  }
  return undefined;
}
