// The runtimes that the package is tested on, besides this one: scripts/runtimes gets them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Runtime } from './readiness-contract.js';

const script = fileURLToPath(new URL('../../scripts/runtimes', import.meta.url));

/** Deno must be asked for these, as docs/runtimes.md says, where a program reads nothing of /proc. */
export const DENO_PERMISSIONS = ['--allow-read', '--allow-ffi'];

export interface NamedRuntime extends Runtime {
  readonly name: string;
}

/** All of them, or those of these names. */
export function runtimes(...names: string[]): NamedRuntime[] {
  const listed = execFileSync(script, names, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return listed
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [name = '', command = ''] = line.split(' ');
      return { name, command, args: name === 'deno' ? ['run', '--quiet', '--allow-all'] : [] };
    });
}

/** Deno with what the package needs, and no more. @param more permissions of the program */
export function confined(deno: Runtime, ...more: string[]): Runtime {
  return { ...deno, args: ['run', '--quiet', '--no-prompt', ...DENO_PERMISSIONS, ...more] };
}
