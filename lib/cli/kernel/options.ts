/** Options that the commands of `utimer kernel` share. */
import { type Reader, text } from '../table/reader.js';
import { mustBe } from '../table/usage-error.js';

/** The name of a folder below /lib/modules, and nothing else. */
const releaseName: Reader<string> = {
  placeholder: 'RELEASE',
  read(given, name) {
    if (/^[A-Za-z0-9][\w.+~:-]*$/.test(given)) return given;
    throw mustBe(name, 'a kernel as uname -r prints it', given);
  },
};

export const release = {
  reader: releaseName,
  otherwise: 'the running kernel',
  help: 'which kernel, as uname -r prints it',
} as const;

export const headers = {
  reader: text('FOLDER'),
  otherwise: '/lib/modules/RELEASE/build',
  help: 'its headers, which modules are built against',
} as const;

export const source = {
  reader: text('PATH'),
  otherwise: 'that of the distribution, in exactly the version of the kernel',
  help: 'the source that it was built from',
  more: 'A tree, a folder with timer.c and timer_compat.c, or an archive that tar(1) reads. A vanilla source brings back what a distribution has mended.',
} as const;

export const folder = {
  reader: text('FOLDER'),
  otherwise: '~/.cache/alsa-utimer/snd-timer/RELEASE',
  help: 'where the module is built',
} as const;

export const dkms = {
  help: 'let DKMS build it, for this kernel and those to come',
  more: 'DKMS rebuilds it whenever a kernel is installed, and leaves it away once a kernel has the option. It needs the headers of each.',
} as const;

export const dryRun = { help: 'only show what would be run' } as const;
