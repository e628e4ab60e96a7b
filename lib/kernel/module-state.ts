/** What is known of snd-timer: whether a rebuilt one is installed for a kernel, and which one the running kernel has loaded. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { builtModule, installedModule, MARK } from './module-plan.js';
import type { TargetKernel } from './target.js';

const run = promisify(execFile);

export interface ModuleState {
  /** 'none', 'ours', or 'foreign': somebody else has put one there. */
  readonly installed: 'none' | 'ours' | 'foreign';
  /** Of the running kernel: whether it is the installed one. */
  readonly loaded: 'none' | 'installed' | 'other';
}

/** A field that modinfo(8) shows of a module; undefined where there is none, or it is not to be had. */
export async function moduleField(path: string, field: string): Promise<string | undefined> {
  try {
    return (await run('modinfo', ['-F', field, path])).stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

export async function moduleState(target: TargetKernel): Promise<ModuleState> {
  const path = installedModule(target);
  const loaded = loadedBuild();
  if (!existsSync(path)) return { installed: 'none', loaded: loaded ? 'other' : 'none' };
  const mark = await moduleField(path, MARK.field);
  return {
    installed: mark === MARK.value ? 'ours' : 'foreign',
    loaded: !loaded ? 'none' : readFileSync(path).includes(loaded) ? 'installed' : 'other',
  };
}

/** Whether a folder has a module that was built for a kernel: by its vermagic. */
export async function isBuiltFor({ release }: TargetKernel, folder: string): Promise<boolean> {
  const magic = await moduleField(builtModule(folder), 'vermagic');
  return magic?.split(' ')[0] === release;
}

/** The note with the id of its build, of the module that is loaded: its file has the same one. Undefined where none is loaded. */
function loadedBuild(): Buffer | undefined {
  try {
    return readFileSync('/sys/module/snd_timer/notes/.note.gnu.build-id');
  } catch {
    return undefined;
  }
}
