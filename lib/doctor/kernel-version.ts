/** Versions of kernels, and what is known to be wrong with them. */
import type { Machine } from './machine.js';

export type Version = readonly [major: number, minor: number, patch: number];

/**
 * The version of the kernel's source. Ubuntu's uname says 6.17.0 for each of its updates, and /proc/version_signature which one
 * it is.
 */
export function kernelVersion(machine: Pick<Machine, 'release' | 'read'>): Version | undefined {
  const signature = machine.read('/proc/version_signature')?.trim().split(' ').at(-1);
  return parse(signature) ?? parse(machine.release);
}

function parse(text: string | undefined): Version | undefined {
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

export function isBefore(one: Version, other: Version): boolean {
  const at = [0, 1, 2].find((i) => one[i] !== other[i]);
  return at !== undefined && (one[at] as number) < (other[at] as number);
}

/** A defect that a process can meet, and the first version of each series that has it no more. */
interface Defect {
  readonly name: string;
  readonly what: string;
  readonly mended: readonly Version[];
}

const versions = (...texts: string[]) => texts.map((text) => parse(text) as Version);

const DEFECTS: readonly Defect[] = [
  {
    name: 'CVE-2026-23191',
    what: 'a cable that starts at two ends at once uses freed memory',
    mended: versions('6.12.69', '6.18.9'),
  },
  {
    name: 'CVE-2026-53192, CVE-2026-53193',
    what: 'a listener whose timer is closed meanwhile uses freed memory',
    mended: versions('6.12.94', '6.18.36', '7.0.13'),
  },
  {
    name: 'CVE-2026-68200, CVE-2026-68201',
    what: 'a timer that other programs trigger twice at once uses freed memory; this library never does that',
    mended: versions('6.12.101', '6.18.42', '7.1.6'),
  },
  {
    name: 'CVE-2026-74503',
    what: 'an instance whose timer has gone is used again',
    mended: versions('6.12.103', '6.18.44', '7.1.8'),
  },
];

/** The defects of a version, by the series that it belongs to. */
export function defectsOf(version: Version): readonly Defect[] {
  const [major, minor] = version;
  return DEFECTS.filter(({ mended }) => {
    const series = mended.find((each) => each[0] === major && each[1] === minor);
    return isBefore(version, series ?? (mended.at(-1) as Version));
  });
}
