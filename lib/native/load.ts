/** Finds and loads the compiled addon: once, when it is first needed. */
import { machine } from 'node:os';
import { fileURLToPath } from 'node:url';
import prebuilt from '#prebuilt';
import { AlsaError, nameErrnos } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { shellLine } from '../shell-line.js';
import type { NativeBinding } from './binding.js';
import { whyNoAddon } from './missing.js';

/** An addon that may be there. */
interface Candidate {
  readonly path: string;
  load(): unknown;
}

const root = fileURLToPath(packageRoot);
/** `linux-x64`, `linux-arm64` and so on: the folder of a prebuilt binary, which loads with every C library. */
const platform = `${process.platform}-${process.arch}`;

/** An explicit choice. Deno refuses to tell it, unless it may read the environment. */
function chosen(): string | undefined {
  try {
    return process.env.ALSA_UTIMER_ADDON || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where the addon may lie, best first: an explicit choice, a build of this checkout, a rebuild in the installed package, the
 * binary that came with it.
 */
function candidates(): Candidate[] {
  // Bundlers read calls of a createRequire() that is imported, and know no path.
  const require = process.getBuiltinModule('node:module').createRequire(packageRoot);
  const file = (path: string): Candidate => ({ path, load: () => require(path) });
  const path = chosen();
  if (path) return [file(path)];
  const built = ['build/Release', 'native/build/Release'].map((folder) =>
    file(`${root}${folder}/alsa_utimer.node`),
  );
  const load = prebuilt[platform];
  return load ? [...built, { path: `${root}prebuilds/${platform}/alsa_utimer.node`, load }] : built;
}

/** The command that builds an addon for this machine, to be pasted. */
const rebuild = shellLine('npm', 'run', '--prefix', root, 'rebuild');

/** Of an error by which a runtime says that it may load no addon, or not read it: what permits that. */
function permission(error: unknown): string | undefined {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (code === 'ERR_DLOPEN_DISABLED')
    return 'Start it without --no-addons, and with --allow-addons if it has --permission.';
  if (code === 'ERR_ACCESS_DENIED')
    return 'Start it with --allow-addons, and with --allow-fs-read for the folder of the package.';
  // Of Deno, now and before its version 2.
  if (name === 'NotCapable' || name === 'PermissionDenied')
    return 'Start it with --allow-ffi, --allow-read and --allow-env.';
  return undefined;
}

function firstSentence(error: unknown): string {
  const [line = ''] = String((error as Error).message).split('\n');
  return line.replace(/\.$/, '');
}

function load(): NativeBinding {
  if (process.platform !== 'linux') {
    throw new AlsaError(`alsa-utimer works on Linux only, and this is ${process.platform}`, {
      code: 'ERR_UNSUPPORTED_PLATFORM',
      hint: 'ALSA is the sound system of the Linux kernel; run this in a Linux machine or guest.',
    });
  }
  const failures: { path: string; error: unknown }[] = [];
  for (const { path, load } of candidates()) {
    try {
      return load() as NativeBinding;
    } catch (error) {
      failures.push({ path, error });
    }
  }
  const tried = failures.map(({ path, error }) => `  ${path}: ${firstSentence(error)}`).join('\n');
  const hint = failures.map(({ error }) => permission(error)).find((permits) => permits !== undefined);
  if (hint) {
    throw new AlsaError(`This process may not load native addons. Tried:\n${tried}`, {
      code: 'ERR_ADDON_FORBIDDEN',
      hint,
    });
  }
  const { arch } = process;
  throw new AlsaError(`The native addon could not be loaded. Tried:\n${tried}`, {
    code: 'ERR_ADDON_NOT_FOUND',
    hint: whyNoAddon(
      { platform, arch, machine: machine(), hasBinary: prebuilt[platform] !== undefined },
      rebuild,
    ),
  });
}

let binding: NativeBinding | undefined;

/** The addon. Throws AlsaError ERR_ADDON_NOT_FOUND or ERR_ADDON_FORBIDDEN with the paths that were tried. */
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
