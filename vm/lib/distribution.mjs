// How QEMU is installed here, by os-release(5).
import { readFileSync } from 'node:fs';

/** By the names of distributions, and of those that others are like. */
const LINES = {
  debian: 'sudo apt-get install qemu-system-x86',
  ubuntu: 'sudo apt-get install qemu-system-x86',
  fedora: 'sudo dnf install qemu-system-x86-core',
  arch: 'sudo pacman -S qemu-system-x86',
  suse: 'sudo zypper install qemu-x86',
  opensuse: 'sudo zypper install qemu-x86',
  alpine: 'sudo apk add qemu-system-x86_64 setpriv',
  gentoo: 'sudo emerge app-emulation/qemu',
  nixos: 'nix-shell -p qemu',
};

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
 * @param {string} [release] the text of os-release
 */
export function installLine(release = readRelease()) {
  const value = (name) => new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(release)?.[1] ?? '';
  const names = [value('ID'), ...value('ID_LIKE').split(' ')];
  const known = names.find((name) => Object.hasOwn(LINES, name));
  return known === undefined ? "your distribution's package of qemu-system-x86_64" : LINES[known];
}
