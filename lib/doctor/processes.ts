/** Processes of the machine, by the names that the kernel has for them: it cuts these at 15 characters. */
import type { Machine } from './machine.js';

export interface NamedProcess {
  readonly pid: string;
  readonly name: string;
}

/** Those with one of some names, in the order of /proc. */
export function processesNamed(
  machine: Pick<Machine, 'names' | 'read'>,
  names: readonly string[],
): NamedProcess[] {
  return machine.names('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    const name = machine.read(`/proc/${pid}/comm`)?.trim() ?? '';
    return names.includes(name) ? [{ pid, name }] : [];
  });
}
