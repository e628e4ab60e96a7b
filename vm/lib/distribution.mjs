// How QEMU is installed here, by os-release(5).
import { readFileSync } from 'node:fs';

/** By the names of distributions, and of those that others are like: for x64, and for arm64. */
const LINES = {
  debian: ['sudo apt-get install qemu-system-x86', 'sudo apt-get install qemu-system-arm'],
  ubuntu: ['sudo apt-get install qemu-system-x86', 'sudo apt-get install qemu-system-arm'],
  fedora: ['sudo dnf install qemu-system-x86-core', 'sudo dnf install qemu-system-aarch64-core'],
  arch: ['sudo pacman -S qemu-system-x86', 'sudo pacman -S qemu-system-aarch64'],
  suse: ['sudo zypper install qemu-x86', 'sudo zypper install qemu-arm'],
  opensuse: ['sudo zypper install qemu-x86', 'sudo zypper install qemu-arm'],
  alpine: ['sudo apk add qemu-system-x86_64 setpriv', 'sudo apk add qemu-system-aarch64 setpriv'],
  gentoo: ['sudo emerge app-emulation/qemu', 'sudo emerge app-emulation/qemu'],
  nixos: ['nix-shell -p qemu', 'nix-shell -p qemu'],
};

/** Of the program, where nothing is known of the distribution. */
const UNKNOWN = ['qemu-system-x86_64', 'qemu-system-aarch64'].map(
  (program) => `your distribution's package of ${program}`,
);

function readRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/**
 * A line for a shell, or what else to do.
 *
 * @param {'x64' | 'arm64'} arch of the guest
 * @param {string} [release] the text of os-release
 */
export function installLine(arch, release = readRelease()) {
  const value = (name) => new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(release)?.[1] ?? '';
  const names = [value('ID'), ...value('ID_LIKE').split(' ')];
  const known = names.find((name) => Object.hasOwn(LINES, name));
  return (known === undefined ? UNKNOWN : LINES[known])[arch === 'x64' ? 0 : 1];
}
