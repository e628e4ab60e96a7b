// As prebuilt.cjs, for bundlers that know files by the URL, and refuse to read a binary that is required.
import { fileURLToPath } from 'node:url';

/** @param {URL} url */
function open(url) {
  const module = { exports: {} };
  process.dlopen(module, fileURLToPath(url));
  return module.exports;
}

export default {
  'linux-x64': () => open(new URL('../prebuilds/linux-x64/alsa_utimer.node', import.meta.url)),
  'linux-arm64': () => open(new URL('../prebuilds/linux-arm64/alsa_utimer.node', import.meta.url)),
};
