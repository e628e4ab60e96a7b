// The binaries of the package, by the words that bundlers look for: a program that is bundled takes them along.
module.exports = {
  'linux-x64': () => require('../prebuilds/linux-x64/alsa_utimer.node'),
  'linux-arm64': () => require('../prebuilds/linux-arm64/alsa_utimer.node'),
};
