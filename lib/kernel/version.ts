/** Versions of kernels. */

export type Version = readonly [major: number, minor: number, patch: number];

/** The first that a process can make timers in. */
export const FIRST_WITH_TIMERS: Version = [6, 12, 0];

/** That of a text that begins with one: '6.12.95+deb13-amd64'. */
export function parseVersion(text: string | undefined): Version | undefined {
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

export function isBefore(one: Version, other: Version): boolean {
  const at = [0, 1, 2].find((i) => one[i] !== other[i]);
  return at !== undefined && (one[at] as number) < (other[at] as number);
}
