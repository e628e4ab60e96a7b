/** What a process may do, by capabilities (include/uapi/linux/capability.h). */
import type { Machine } from './machine.js';

const NUMBERS = { CAP_SYS_MODULE: 16n, CAP_SYS_NICE: 23n } as const;

/** Whether this process has a capability; undefined where that cannot be read. */
export function hasCapability(
  machine: Pick<Machine, 'read'>,
  name: keyof typeof NUMBERS,
): boolean | undefined {
  const [, granted] = /^CapEff:\s*([0-9a-f]+)$/m.exec(machine.read('/proc/self/status') ?? '') ?? [];
  return granted === undefined ? undefined : ((BigInt(`0x${granted}`) >> NUMBERS[name]) & 1n) === 1n;
}
