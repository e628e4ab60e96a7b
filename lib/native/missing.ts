/** Why a machine has no addon that loads, and what to do: the hint of ERR_ADDON_NOT_FOUND. */
import { hasWords32 } from '../processor.js';

export interface AddonlessMachine {
  /** `process.platform` and `process.arch`: 'linux-x64'. */
  readonly platform: string;
  readonly arch: string;
  /** What the kernel calls the processor, `uname -m`: 'aarch64' under a 32-bit Node.js, too. */
  readonly machine: string;
  /** Whether the package has a binary for it. */
  readonly hasBinary: boolean;
}

/** Node.js for the processors that the package has binaries for, by the kernel's names of these. */
const WIDE: Readonly<Record<string, string>> = { aarch64: 'arm64', x86_64: 'x64' };

/** @param rebuild the command that builds an addon for this machine, to be pasted */
export function whyNoAddon(
  { platform, arch, machine, hasBinary }: AddonlessMachine,
  rebuild: string,
): string {
  const build =
    `un \`${rebuild}\` (it needs a C++20 compiler, make and python3), or set ALSA_UTIMER_ADDON to the path of an addon built ` +
    'elsewhere.';
  if (hasBinary) return `There is no addon here that loads. R${build}`;
  const wide = hasWords32(arch) ? WIDE[machine] : undefined;
  if (wide === undefined) return `The package has no binary for ${platform}. R${build}`;
  return (
    `This is a 32-bit Node.js (${arch}) on a 64-bit kernel (${machine}), and the package has no binary for it. Take Node.js for ` +
    `${wide}. Otherwise r${build} A 32-bit process can create timers there since Linux 6.12.118 and 7.3.4 only.`
  );
}
