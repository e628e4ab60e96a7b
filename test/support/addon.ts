// The compiled addon that the tests load: the build of this tree, or another build of it, a sanitizer's for instance.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { NativeBinding } from '../../lib/native/binding.js';

export const addonPath =
  process.env.ALSA_UTIMER_ADDON ??
  fileURLToPath(new URL('../../build/Release/alsa_utimer.node', import.meta.url));

export const loadAddon = () => createRequire(import.meta.url)(addonPath) as NativeBinding;
