/**
 * The programs that speak to the kernel for the cases, as the package has them: static, for 64 bits and, where the package has
 * one, for 32. rolldown.config.js puts this in the place of test/kernel/conformance/programs.ts, which compiles them.
 */
import { existsSync } from 'node:fs';
import { machine } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AlsaError } from '../errors.js';
import { packageRoot } from '../package-root.js';

export interface Programs {
  readonly native: string;
  readonly narrow: string | undefined;
}

/**
 * Those that came with the package, or those of a checkout that were compiled for this machine.
 *
 * @throws AlsaError ERR_UNSUPPORTED_PLATFORM
 */
export async function findPrograms(): Promise<Programs> {
  const platform = `${process.platform}-${process.arch}`;
  const folders = [`prebuilds/${platform}`, `build/conformance/${machine()}`];
  for (const folder of folders) {
    const path = (name: string) => fileURLToPath(new URL(`${folder}/${name}`, packageRoot));
    if (!existsSync(path('raw'))) continue;
    return { native: path('raw'), narrow: existsSync(path('raw32')) ? path('raw32') : undefined };
  }
  throw new AlsaError(`The cases need a program for ${platform}, which this package does not have`, {
    code: 'ERR_UNSUPPORTED_PLATFORM',
    path: fileURLToPath(new URL(`prebuilds/${platform}/raw`, packageRoot)),
    hint: 'It has those for linux-x64 and linux-arm64; others are compiled in a checkout: `npm run conformance -- --host`.',
  });
}
