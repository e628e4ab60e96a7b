/** `utimer vm prepare`: what the first run would do besides. */
import { print } from '../output/printing.js';
import { command } from '../table/command.js';
import { withMachine } from './machine.js';
import { statusText } from './status-text.js';

export const prepare = command({
  name: 'vm prepare',
  summary: 'unpack the kernel of the test machine, and try KVM',
  about: [
    'Looks for QEMU, unpacks the kernel into the cache, and boots a guest once to see whether KVM works. The first `utimer vm run` does so too; ahead of time it keeps that out of the time of a test.',
  ],
  arguments: {},
  options: {},
  examples: [['utimer vm prepare', 'do it, and show what there is']],
  exit: '0; 125 where QEMU is missing, or the kernel cannot be unpacked',
  run: (_, io) =>
    withMachine('vm prepare', io, async (machine, signal) => {
      await print(io, statusText(await machine.prepare({ signal })));
      return 0;
    }),
});
