/** Runs a command in the machine, by the options of the command line. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from '../output/io.js';
import { mustBe, quoted, UsageError } from '../table/usage-error.js';
import { withMachine } from './machine.js';

/** As the rows of `options.ts` read them. */
export interface MachineValues {
  readonly loopback: boolean;
  readonly cpus: number;
  readonly memory: number;
  readonly accel: 'auto' | 'kvm' | 'tcg';
  readonly share?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly console?: string | undefined;
}

export interface Task {
  /** Of the command that runs it: 'vm run'. */
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly timeoutMs?: number | undefined;
}

/**
 * @returns the exit code
 * @throws UsageError
 */
export function runInMachine(
  { name, command, env, terminal = false, timeoutMs }: Task,
  { loopback, cpus, memory, accel, ...values }: MachineValues,
  io: Io,
): Promise<number> {
  const shares = (values.share ?? []).map(folder);
  const variables = Object.fromEntries((values.env ?? []).map(variable));
  return withMachine(name, io, (machine, signal) =>
    machine.run(command, {
      ...{ cpus, memory, accel, terminal, signal },
      modules: loopback ? ['snd-aloop'] : [],
      shares,
      env: { ...env, ...variables },
      ...(timeoutMs !== undefined && { timeout: timeoutMs / 1000 }),
      ...(values.console !== undefined && { console: resolve(values.console) }),
      note: (text) => void io.stderr.write(`utimer ${name}: ${text}\n`),
    }),
  );
}

function folder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return resolve(path);
  throw mustBe('--share', 'folders that exist, with : between them', path);
}

function variable(name: string): [name: string, value: string] {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
  if (value === undefined) throw new UsageError(`--env: the variable ${quoted(name)} is not set`);
  return [name, value];
}
