/** The addon, and the kernel: its version, its configuration, what is known to be wrong with it. */
import { AlsaError } from '../errors.js';
import { configuredOption } from '../kernel/configuration.js';
import { signatureReason } from '../kernel/signing.js';
import { FIRST_WITH_TIMERS, isBefore } from '../kernel/version.js';
import { hasWords32 } from '../processor.js';
import { type Check, fail, ok, type Step, safely, shell, skip, warn } from './check.js';
import { distributionOf, newerKernel, rebuiltModule } from './distribution.js';
import { defectsOf, isMendedBy, numbersOf } from './kernel-defects.js';
import { kernelPackage, kernelVersion } from './kernel-package.js';
import type { Machine } from './machine.js';

export const addon: Check = {
  id: 'addon',
  why: 'All calls of the kernel are made by the compiled addon.',
  run(machine) {
    try {
      machine.loadAddon();
    } catch (error) {
      if (!(error instanceof AlsaError)) throw error;
      return fail(
        `${error.message} (${machine.runtime}, ${machine.arch})`,
        ...(error.hint ? [error.hint] : []),
      );
    }
    return ok(`it loads (${machine.runtime}, ${machine.arch})`);
  },
};

export const kernelIsNew: Check = {
  id: 'kernel-version',
  why: 'Userspace-driven timers came with Linux 6.12.',
  run(machine) {
    const version = kernelVersion(machine);
    const distribution = distributionOf(machine);
    const seen = `Linux ${machine.release}, ${distribution.name}`;
    if (!version) return warn(`${seen}: its version cannot be read`);
    return isBefore(version, FIRST_WITH_TIMERS) ? fail(seen, ...newerKernel(distribution)) : ok(seen);
  },
};

export const kernelHasOption: Check = {
  id: 'kernel-option',
  why: 'Kernels without CONFIG_SND_UTIMER have no userspace-driven timers.',
  after: ['kernel-version'],
  run(machine) {
    const option = configuredOption(machine.read, machine.release, 'SND_UTIMER');
    if (option === 'y') return ok('CONFIG_SND_UTIMER=y');
    if (machine.supportsUserTimers())
      return ok('the module snd-timer has it, whatever the configuration of the kernel says');
    if (option === undefined) return skip('the configuration of the kernel is nowhere to be read');
    return fail(
      'CONFIG_SND_UTIMER is not set',
      ...(containerOf(machine) ? ["The kernel is the host's, so this is to be done there:"] : []),
      ...rebuiltModule(machine),
      ...signing(machine),
    );
  },
};

/** Where a rebuilt module must be signed. */
function signing(machine: Machine): string[] {
  const reason = signatureReason(machine.read);
  if (reason === undefined) return [];
  return [
    `The kernel ${reason}, so it takes signed modules only. The installation signs snd-timer, and says how the owner of the machine enrolls the key.`,
  ];
}

export const kernelDefects: Check = {
  id: 'kernel-defects',
  why: 'Some kernels have faults that other programs on the machine may use, or that end in a crash.',
  after: ['kernel-version'],
  run(machine) {
    const version = kernelVersion(machine);
    if (!version) return skip('the version of the kernel cannot be read');
    const name = `Linux ${version.join('.')}`;
    const known = defectsOf(version);
    if (known.length === 0) return ok(`none is known of ${name}`);
    const from = kernelPackage(machine);
    const left = known.filter((each) => !from?.changelog || !isMendedBy(from.changelog, each));
    if (left.length === 0)
      return ok(
        `none: the changelog of its package, ${from?.version}, has what mends ${known.map(numbersOf).join(', ')}`,
      );
    const told = from?.changelog
      ? `of which the changelog of its package, ${from.version}, does not tell that they are mended`
      : `unless the distribution has mended it, of which no changelog here tells`;
    return warn(
      `${name} has, ${told}: ${left.map((each) => `${numbersOf(each)} (${each.what})`).join('; ')}`,
      'Install the newest kernel of this series.',
    );
  },
};

export const processIsWide: Check = {
  id: 'process-bits',
  why: 'A 32-bit process on a 64-bit kernel can create timers since Linux 6.12.118 and 7.3.4.',
  after: ['kernel-version'],
  run(machine) {
    const version = kernelVersion(machine);
    if (!hasWords32(machine.arch)) return ok(`a process of 64 bits (${machine.arch})`);
    const isOld =
      version && (isBefore(version, [6, 12, 118]) || (version[0] === 7 && isBefore(version, [7, 3, 4])));
    const seen = `a process of 32 bits (${machine.arch})`;
    return isOld
      ? warn(
          `${seen}, on a kernel that may not serve it`,
          'Use a 64-bit Node.js where the kernel has 64 bits.',
        )
      : ok(seen);
  },
};

/** Whether the kernel has a module, or has it built in; undefined where its list of modules is not to be had. */
export function hasModule(machine: Machine, name: string): boolean | undefined {
  const folder = `/lib/modules/${machine.release}`;
  const lists = ['modules.dep', 'modules.builtin'].map((list) => machine.read(`${folder}/${list}`));
  if (lists.every((list) => list === undefined)) return undefined;
  return lists.some((list) => list?.includes(`/${name}.ko`));
}

/** How to load a module, or to get a kernel that has it. */
export function loading(machine: Machine, name: string): Step[] {
  if (containerOf(machine))
    return [`A container cannot load modules. On the host: ${shell(`sudo modprobe ${name}`)}`];
  if (hasModule(machine, name) !== false) return [safely(`sudo modprobe ${name}`)];
  const { family } = distributionOf(machine);
  const isCloud = machine.release.includes('cloud');
  if (family === 'debian' && isCloud) {
    return [
      "Debian's cloud kernels have no sound. Install the other one, and start the machine with it:",
      shell('sudo apt-get install linux-image-amd64'),
    ];
  }
  if (family === 'ubuntu')
    return [
      'The kernel of this machine has the module in a package of its own:',
      shell(`sudo apt-get install linux-modules-extra-${machine.release}`),
    ];
  return [
    `This kernel has no module ${name}: install one that has sound, or its package of further modules.`,
  ];
}

/** The namespace of all processes (include/linux/proc_ns.h: PROC_PID_INIT_INO). */
const ALL_PROCESSES = 'pid:[4026531836]';

/** What leaves a file in a container. Machines that were made from the image of one have it as well. */
const MARKS = { docker: '/.dockerenv', podman: '/run/.containerenv', lxc: '/dev/lxd' };

/** The kind of container that this runs in: it has a namespace of processes of its own. */
export function containerOf(machine: Machine): string | undefined {
  const namespace = machine.link('/proc/self/ns/pid');
  if (namespace === undefined || namespace === ALL_PROCESSES) return undefined;
  const [kind] = Object.entries(MARKS).find(([, path]) => machine.mode(path)) ?? ['of some kind'];
  return kind;
}

export const place: Check = {
  id: 'place',
  why: 'Containers have no devices and no modules but those that they are given, and WSL has a kernel of its own.',
  run(machine) {
    const container = containerOf(machine);
    if (container) return ok(`in a container (${container}), on the kernel of its host`);
    return ok(
      /microsoft/i.test(machine.release)
        ? 'in WSL, on the kernel of WSL'
        : 'on a machine, or a virtual one, with its own kernel',
    );
  },
};
