/** Whose system this is, and how one gets a kernel with userspace-driven timers there. */
import { RELOAD } from '../kernel/module-plan.js';
import { pagePath } from '../package-root.js';
import { shell } from './check.js';
import type { Machine } from './machine.js';

const GUIDE = pagePath('kernels.md');

type Family = 'debian' | 'raspberry-pi-os' | 'ubuntu' | 'fedora' | 'arch' | 'other';

export interface Distribution {
  readonly family: Family;
  /** For people: 'Debian GNU/Linux 13 (trixie)'. */
  readonly name: string;
  /** 'bookworm', where it has one. */
  readonly codename: string | undefined;
}

/** By /etc/os-release: os-release(5). */
export function distributionOf(machine: Pick<Machine, 'read'>): Distribution {
  const text = machine.read('/etc/os-release') ?? machine.read('/usr/lib/os-release') ?? '';
  const field = (name: string) => new RegExp(`^${name}="?(.*?)"?$`, 'm').exec(text)?.[1];
  const ids = [field('ID') ?? '', ...(field('ID_LIKE') ?? '').split(' ')];
  const name = field('PRETTY_NAME') ?? 'an unknown distribution';
  return { family: familyOf(machine, ids), name, codename: field('VERSION_CODENAME') };
}

const FAMILIES: readonly (readonly [family: Family, ids: readonly string[]])[] = [
  ['raspberry-pi-os', ['raspbian']],
  ['ubuntu', ['ubuntu']],
  ['debian', ['debian']],
  ['fedora', ['fedora', 'rhel', 'centos']],
  ['arch', ['arch']],
];

function familyOf(machine: Pick<Machine, 'read'>, ids: readonly string[]): Family {
  // The 64-bit Raspberry Pi OS calls itself Debian.
  if (machine.read('/etc/rpi-issue') !== undefined) return 'raspberry-pi-os';
  return FAMILIES.find(([, known]) => ids.some((id) => known.includes(id)))?.[0] ?? 'other';
}

/** How to get a newer kernel. */
export function newerKernel({ family, codename }: Distribution): string[] {
  if (family === 'debian' && codename === 'bookworm') {
    return [
      'Debian 12 has Linux 6.12 in bookworm-backports. Enable these, then install it, and start the machine anew:',
      shell('sudo apt-get install -t bookworm-backports linux-image-amd64 linux-headers-amd64'),
    ];
  }
  return [UPDATE[family]];
}

const UPDATE: Readonly<Record<Family, string>> = {
  debian: 'Debian 13 has Linux 6.12: update to it.',
  'raspberry-pi-os': 'Update Raspberry Pi OS: its releases since Debian 13 have Linux 6.12.',
  ubuntu: 'Ubuntu has a kernel with userspace-driven timers from Linux 6.15 on: update to such a release.',
  fedora: shell('sudo dnf upgrade kernel'),
  arch: shell('sudo pacman -Syu linux'),
  other: 'Update to a kernel of version 6.12 or later.',
};

/** A module that the kernel takes in place of its own snd-timer, by the list that depmod(8) has made. */
function installedModule({ read, release }: Pick<Machine, 'read' | 'release'>): string | undefined {
  const folder = `/lib/modules/${release}`;
  const [, path] = /^(updates\/\S*snd-timer\.ko[^:\s]*):/m.exec(read(`${folder}/modules.dep`) ?? '') ?? [];
  return path && `${folder}/${path}`;
}

/**
 * npx finds the command in a project, where no PATH has it, and that of `npm install --global` as well. Elsewhere it would fetch a
 * package of that name, and run it as root, but for --no.
 */
const utimerAsRoot = (command: string): string => `sudo npx --no utimer ${command}`;

/** How to get the option into a kernel that is new enough. */
export function rebuiltModule(machine: Pick<Machine, 'read' | 'release'>): string[] {
  const { release } = machine;
  const { family } = distributionOf(machine);
  const installed = installedModule(machine);
  if (installed !== undefined)
    return [
      `A rebuilt snd-timer is installed, ${installed}. Start the machine anew, and the kernel takes it; \`utimer kernel status\` tells whether it has. To take it now, end what has sound open, unload the drivers of other sound cards, and then:`,
      shell(`sudo sh -c '${RELOAD}'`),
    ];
  if (family === 'fedora' || family === 'arch') return [UPDATE[family]];
  const rebuild = `Rebuild the module snd-timer with the option, as ${GUIDE} says`;
  // Only dpkg tells which source a kernel was built from: elsewhere DKMS would find none for later kernels.
  if (family === 'other')
    return [
      `${rebuild}. FOLDER has the source that this kernel was built from:`,
      shell(utimerAsRoot('kernel install --source FOLDER')),
    ];
  return [
    `${rebuild}. DKMS does so again for each kernel that is installed later:`,
    shell(`sudo apt-get install build-essential dkms linux-headers-${release}`),
    shell(utimerAsRoot('kernel install --dkms')),
  ];
}
