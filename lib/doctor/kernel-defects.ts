/** What is known to be wrong with kernels, by their versions. */
import { isBefore, parseVersion, type Version } from '../kernel/version.js';

/** A fault of kernels. */
export interface Defect {
  readonly what: string;
  /** What mends it: the subjects of the kernel's commits, by which changelogs name them, under the numbers of what they mend. */
  readonly fixes: Readonly<Record<string, string>>;
  /** The first version of each series that has it no more. */
  readonly mended: readonly Version[];
}

export const versions = (...texts: string[]): Version[] => texts.map((text) => parseVersion(text) as Version);

/** Those that a process can meet. */
export const DEFECTS = {
  startRace: {
    what: 'a cable that starts at two ends at once uses freed memory',
    fixes: { 'CVE-2026-23191': 'ALSA: aloop: Fix racy access at PCM trigger' },
    mended: versions('6.12.70', '6.18.10'),
  },
  formatRace: {
    what: 'a capture that is closed while its player starts with another format uses freed memory',
    fixes: { 'CVE-2026-46090': 'ALSA: aloop: Fix peer runtime UAF during format-change stop' },
    mended: versions('6.12.88', '6.18.27', '7.0.4'),
  },
  freedTimer: {
    what: 'a listener whose timer is closed meanwhile uses freed memory',
    fixes: {
      'CVE-2026-53192': 'ALSA: timer: Fix UAF at snd_timer_user_params()',
      'CVE-2026-53193': 'ALSA: timer: Forcibly close timer instances at closing',
    },
    mended: versions('6.12.94', '6.18.36', '7.0.13'),
  },
  triggersAtOnce: {
    what: 'a timer that other programs trigger twice at once uses freed memory; this library never does that',
    fixes: {
      'CVE-2026-68200': "ALSA: timer: don't re-enter an instance callback that is still running",
      'CVE-2026-68201': "ALSA: timer: drain a slave's callback before its master detaches it",
    },
    mended: versions('6.12.101', '6.18.42', '7.1.6'),
  },
  goneTimer: {
    what: 'an instance whose timer has gone is used again',
    fixes: { 'CVE-2026-74503': 'ALSA: timer: Clear SNDRV_TIMER_IFLG_DEAD once the close completes' },
    mended: versions('6.12.103', '6.18.44', '7.1.8'),
  },
} as const satisfies Record<string, Defect>;

/** Whether a version has a defect, by the series that it belongs to. */
export function hasDefect(version: Version, { mended }: Pick<Defect, 'mended'>): boolean {
  const [major, minor] = version;
  const series = mended.find((each) => each[0] === major && each[1] === minor);
  return isBefore(version, series ?? (mended.at(-1) as Version));
}

/** The defects of a version. */
export function defectsOf(version: Version): readonly Defect[] {
  return Object.values(DEFECTS).filter((defect) => hasDefect(version, defect));
}

/** Whether a changelog, in one line, has all that mends a defect: by its numbers, or by the kernel's commits. */
export function isMendedBy(changelog: string, { fixes }: Defect): boolean {
  const all = Object.entries(fixes);
  return all.length > 0 && all.every((names) => names.some((name) => changelog.includes(name)));
}

/** 'CVE-2026-68200, CVE-2026-68201'. */
export const numbersOf = ({ fixes }: Defect): string => Object.keys(fixes).join(', ');
