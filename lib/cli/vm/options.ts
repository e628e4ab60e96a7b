/** Options that the commands of `utimer vm` share: what the machine is like, and what it sees of this one. */
import { delimiter } from 'node:path';
import { type Reader, text, whole, words } from '../table/reader.js';
import { time } from '../table/time.js';

const list = (placeholder: string, separator: string, suggests?: 'file'): Reader<readonly string[]> => ({
  placeholder,
  ...(suggests && { suggests }),
  read: (given) => given.split(separator),
});

export const machine = {
  'The machine': {
    loopback: { help: 'load snd-aloop, so that there is a Loopback card' },
    cpus: { reader: whole(1, 64), default: '2', help: 'its processors' },
    memory: { reader: whole(128, 2 ** 20, 'MIB'), default: '2048', help: 'its memory' },
    accel: {
      reader: words('auto', 'kvm', 'tcg'),
      default: 'auto',
      help: 'how it is run: tcg is emulation, auto is KVM where a guest really boots with it',
    },
    share: {
      reader: list('FOLDERS', delimiter, 'file'),
      help: 'folders that it can write to, at the same paths, with : between them',
      more: 'what it writes elsewhere is gone with it',
    },
    env: {
      reader: list('NAMES', ','),
      help: 'variables of this environment that it gets, with commas between them',
      more: 'it always gets PATH, HOME, TERM, TZ, LANG and LC_*',
    },
    console: { reader: text('FILE', 'file'), help: 'write the log of its kernel there' },
  },
} as const;

/** Of a test, which must not hang. */
export const timeout = {
  reader: time({ min: '1s', max: '500h' }),
  otherwise: 'none',
  help: 'stop the machine after this time, and ten times that where it is emulated',
} as const;
