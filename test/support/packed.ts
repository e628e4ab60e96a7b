// A package as users get it: packed once for each test file, and folders of programs that depend on it. Another archive is taken
// where a variable names one, that which is to be published for instance.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Npm's settings of the caller, this checkout's among them, are not those of a user. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|YARN_|PNPM_)/i.test(name)),
);

/** Runs a command and returns what it prints; its error holds what it complained about, to whichever stream. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
    env: {
      ...environment,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_prefer_offline: 'true',
      ...env,
    },
  });
  if (error) throw error;
  if (status !== 0) {
    const line = [command, ...args].join(' ');
    throw Object.assign(new Error(`ended with ${signal ?? status}: ${line}\n${stdout}${stderr}`), {
      ...{ status, signal, stdout, stderr },
    });
  }
  return stdout;
}

/** Packs the package in a folder. @returns its archive, and the paths in it */
export function pack(source: string, to: string): { archive: string; files: readonly string[] } {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', to];
  // Before npm 12 a list, then an object by names.
  const packages: { filename: string; files: { path: string }[] }[] = Object.values(
    JSON.parse(run('npm', args, source)),
  );
  const [packed] = packages;
  if (!packed) throw new Error(`npm has packed nothing of ${source}`);
  return { archive: join(to, packed.filename), files: packed.files.map(({ path }) => path) };
}

/** Asks the package for timers: prints "asked", and what the kernel said or which call failed. */
export const ASK = `
import { UserTimer } from 'alsa-utimer';
try { UserTimer.create({ resolutionNs: 1n }).close(); console.log('asked: made'); } catch (error) { console.log('asked:', error.syscall ?? error.message); }`;

export const ASKED = /^asked: (made|open|ioctl SNDRV_TIMER_IOCTL_CREATE)\n$/;

export class Packed {
  readonly folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-package-'));
  readonly archive: string;
  /** Paths in the package. */
  readonly files: readonly string[];

  /** @param source the folder of the package: that of the machine is vm */
  constructor(source: '.' | 'vm' = '.') {
    const made = process.env[source === 'vm' ? 'ALSA_UTIMER_VM_ARCHIVE' : 'ALSA_UTIMER_ARCHIVE'];
    if (made) {
      this.archive = made;
      const paths = run('tar', ['-tzf', made], root).trimEnd().split('\n');
      this.files = paths.map((path) => path.replace('package/', ''));
      return;
    }
    ({ archive: this.archive, files: this.files } = pack(join(root, source), this.folder));
  }

  /** A folder for a program, with its package.json. */
  user(name: string, more: object = {}): string {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    const content = { name: 'user', version: '1.0.0', private: true, type: 'module', ...more };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
    return folder;
  }

  /** Installs it with npm, scripts and all. */
  install(user: string, ...more: string[]): void {
    run('npm', ['install', this.archive, ...more], user);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
