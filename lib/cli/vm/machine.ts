/** The package alsa-utimer-vm, which carries the machine: whoever tests with it installs it beside this package. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Machine from 'alsa-utimer-vm';
import { AlsaError } from '../../errors.js';
import { packageRoot, packageVersion } from '../../package-root.js';
import type { Io } from '../output/io.js';

export type { Machine };

const NAME = 'alsa-utimer-vm';

/** What a command ends with that did not get to run. */
const NOT_RUN = 125;

/**
 * Runs `body` with the machine, as a process that signals end. Errors are printed.
 *
 * @param name of the command: 'vm run'
 * @returns the exit code
 */
export async function withMachine(
  name: string,
  { stderr }: Pick<Io, 'stderr'>,
  body: (machine: typeof Machine, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const program = `utimer ${name}`;
  try {
    const machine = await load(process.cwd());
    return await machine.asProcess(program, (signal) => body(machine, signal));
  } catch (error) {
    const isOfSystem = typeof (error as NodeJS.ErrnoException).syscall === 'string';
    if (!(error instanceof AlsaError) && !isOfSystem) throw error;
    stderr.write(`${program}: ${(error as Error).message}\n`);
    return NOT_RUN;
  }
}

/** @throws AlsaError ERR_VM_NOT_INSTALLED, ERR_VM_VERSION */
async function load(folder: string): Promise<typeof Machine> {
  const version = packageVersion();
  const hint = `npm install --save-dev ${NAME}@${version}`;
  const path = resolve([join(folder, 'package.json'), fileURLToPath(new URL('package.json', packageRoot))]);
  if (path === undefined) {
    throw new AlsaError(`the package ${NAME}, which carries the machine, is not installed`, {
      code: 'ERR_VM_NOT_INSTALLED',
      hint,
    });
  }
  const machine: typeof Machine = await import(pathToFileURL(path).href);
  if (machine.version === version) return machine;
  throw new AlsaError(`${NAME} ${machine.version} is not of the same version as alsa-utimer ${version}`, {
    code: 'ERR_VM_VERSION',
    path,
    hint,
  });
}

/** The package as the first of these files would find it: that of the project, then that of this package. */
function resolve(files: readonly string[]): string | undefined {
  for (const file of files) {
    try {
      return createRequire(file).resolve(NAME);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}
