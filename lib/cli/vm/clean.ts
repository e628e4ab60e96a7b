/** `utimer vm clean`: removes what was unpacked. */
import { print } from '../output/printing.js';
import { command } from '../table/command.js';
import { withMachine } from './machine.js';

export const clean = command({
  name: 'vm clean',
  summary: 'remove what the test machine has in the cache',
  about: [
    'Removes the unpacked kernels of all versions, and what is known of KVM. The next run unpacks its kernel anew. A machine that runs at this moment would lose its modules.',
  ],
  arguments: {},
  options: {},
  examples: [['utimer vm clean', 'remove it']],
  exit: '0; 125 where it cannot be removed',
  run: (_, io) =>
    withMachine('vm clean', io, async (machine) => {
      const { folder, existed } = machine.clean();
      await print(io, existed ? `${folder} is removed` : `${folder} was not there`);
      return 0;
    }),
});
