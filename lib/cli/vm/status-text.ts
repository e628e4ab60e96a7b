/** What there is of the machine, as text. */
import type { Machine } from './machine.js';

export function statusText({ kernel, cache, qemu, ...choice }: Machine.Status): string {
  const rows = [
    ['kernel', `${kernel.release}, built from ${kernel.source} by ${kernel.compiler}`],
    ['QEMU', 'version' in qemu ? qemu.version : qemu.missing],
    ['runs by', runsBy(choice)],
    ['cache', `${cache.folder}${cache.isUnpacked ? '' : ' (the kernel is not unpacked yet)'}`],
  ] as const;
  return rows.map(([name, text]) => `${name.padEnd(7)}  ${text}`).join('\n');
}

function runsBy({ accel, why, timeFactor }: Pick<Machine.Status, 'accel' | 'why' | 'timeFactor'>): string {
  if (accel === undefined) return 'not known yet: `utimer vm prepare` tries KVM';
  if (accel === 'kvm') return 'KVM';
  return `emulation, since ${why}. Commands may take ${timeFactor} times longer, so time limits are ${timeFactor} times as long`;
}
