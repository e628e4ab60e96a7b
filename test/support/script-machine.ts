// A machine for scripts to run on: a PATH of chosen programs, stubs among them, and a cache of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What scripts use of any distribution. */
const EVERYWHERE =
  'awk basename bash cat cp cut dirname env find flock grep head id ls mkdir mktemp mv node printf pwd realpath rm sed sh sha256sum sleep sort tail touch tr uname wc xz tar';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-scripts-'));
  readonly cache = join(this.folder, 'cache');
  readonly #programs = join(this.folder, 'bin');
  readonly #groups: number[] = [];

  constructor() {
    mkdirSync(this.#programs);
    for (const name of EVERYWHERE.split(' ')) {
      const path = ['/bin', '/usr/bin', '/usr/local/bin']
        .map((folder) => join(folder, name))
        .find(existsSync);
      symlinkSync(name === 'node' ? process.execPath : (path ?? '/nowhere'), join(this.#programs, name));
    }
  }

  /** A program that is here, and what it does. */
  stub(name: string, script = 'exit 0'): void {
    // Not through the link to this machine's own program of that name.
    rmSync(join(this.#programs, name), { force: true });
    writeFileSync(join(this.#programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** A copy of the scripts, and of what they start guests with, in a folder of this name. */
  checkout(name: string): string {
    const copy = join(this.folder, name);
    for (const part of ['scripts', 'vm/lib', 'vm/guest'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    return copy;
  }

  /**
   * Runs a command as its own process group until it has ended and nobody has its output open any more.
   */
  async run(
    command: string,
    args: readonly string[] = [],
    { cwd = root, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<Ended & { readonly group: number }> {
    const child = spawn(command, args, {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: this.#programs, HOME: this.folder, XDG_CACHE_HOME: this.cache, ...env },
    });
    const group = child.pid as number;
    this.#groups.push(group);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [status] = await once(child, 'close');
    return { status, stdout, stderr, group };
  }

  remove(): void {
    for (const group of this.#groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {}
    }
    rmSync(this.folder, { recursive: true });
  }
}
