// The programs of the cases, compiled once. In the package lib/selftest/programs.ts stands here, which finds those that it has.
import { execFile } from 'node:child_process';
import { machine } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Programs } from '../../../lib/selftest/programs.js';

let built: Promise<Programs> | undefined;

/** Does nothing where they are newer than their sources: compiling takes minutes in a guest. */
async function compile(): Promise<Programs> {
  await promisify(execFile)('make', ['--jobs=2', '--directory', import.meta.dirname]);
  const folder = join(import.meta.dirname, '../../../build/conformance', machine());
  return { native: join(folder, 'raw'), narrow: join(folder, 'raw32') };
}

export function findPrograms(): Promise<Programs> {
  built ??= compile();
  return built;
}
