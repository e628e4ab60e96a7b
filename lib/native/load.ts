/** Finds and loads the compiled addon: once, when it is first needed. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { AlsaError } from '../errors.js';
import type { NativeBinding } from './binding.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the addon may lie, best first: an explicit choice, a build of this tree, the binary in the package. */
function candidates(): string[] {
  const chosen = process.env.ALSA_UTIMER_ADDON;
  if (chosen) return [chosen];
  return [`${root}build/Release/alsa_utimer.node`, `${root}prebuilds/${platform()}/alsa_utimer.node`];
}

/** `linux-x64`, `linux-arm64-musl` and so on: the folder of a prebuilt binary. */
export function platform(): string {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  const libc = report.header.glibcVersionRuntime ? '' : '-musl';
  return `${process.platform}-${process.arch}${libc}`;
}

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
      `There is no binary for ${platform()} here. In the source tree run \`npm run build\`; in an installed ` +
      'package run `npx node-gyp rebuild` in its folder (needs a C++20 compiler, make and python3), or set ' +
      'ALSA_UTIMER_ADDON to the path of an addon built elsewhere.',
  });
}

let binding: NativeBinding | undefined;

/** The addon. Throws AlsaError ERR_ADDON_NOT_FOUND with the paths that were tried. */
export function native(): NativeBinding {
  binding ??= load();
  return binding;
}

/** Puts a fake in the addon's place, or `undefined` to load the real one again. For unit tests. */
export function setNative(fake: NativeBinding | undefined): void {
  binding = fake;
}
