/** Finds and loads the compiled addon: once, when it is first needed. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { AlsaError, nameErrnos } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { shellLine } from '../shell-line.js';
import type { NativeBinding } from './binding.js';
import { usesMusl } from './libc.js';

const root = fileURLToPath(packageRoot);

/**
 * Where the addon may lie, best first: an explicit choice, a build of this checkout, a rebuild in the installed package, the
 * binary that came with it. Of those, only one for this machine and C library is tried: another might abort the process.
 */
function candidates(): string[] {
  const chosen = process.env.ALSA_UTIMER_ADDON;
  if (chosen) return [chosen];
  const folders = ['build/Release', 'native/build/Release', `prebuilds/${platform()}`];
  return folders.map((folder) => `${root}${folder}/alsa_utimer.node`);
}

/** `linux-x64`, `linux-arm64-musl` and so on: the folder of a prebuilt binary. */
export function platform(): string {
  return `${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;
}

/** The command that builds an addon for this machine, to be pasted. */
const rebuild = shellLine('npm', 'run', '--prefix', root, 'rebuild');

function load(): NativeBinding {
  if (process.platform !== 'linux') {
    throw new AlsaError(`alsa-utimer works on Linux only, and this is ${process.platform}`, {
      code: 'ERR_UNSUPPORTED_PLATFORM',
      hint: 'ALSA is the sound system of the Linux kernel; run this in a Linux machine or guest.',
    });
  }
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const path of candidates()) {
    try {
      return require(path) as NativeBinding;
    } catch (error) {
      failures.push(`  ${path}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new AlsaError(`The native addon could not be loaded. Tried:\n${failures.join('\n')}`, {
    code: 'ERR_ADDON_NOT_FOUND',
    hint:
      `There is no binary for ${platform()} here that loads. Run \`${rebuild}\` (it needs a C++20 compiler, make and ` +
      'python3), or set ALSA_UTIMER_ADDON to the path of an addon built elsewhere.',
  });
}

let binding: NativeBinding | undefined;

/** The addon. Throws AlsaError ERR_ADDON_NOT_FOUND with the paths that were tried. */
export function native(): NativeBinding {
  if (!binding) {
    binding = load();
    nameErrnos(binding.errnos);
  }
  return binding;
}

/** Puts a fake in the addon's place, or `undefined` to load the real one again. For unit tests. */
export function setNative(fake: NativeBinding | undefined): void {
  binding = fake;
  if (fake) nameErrnos(fake.errnos);
}
