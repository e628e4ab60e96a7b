/** `utimer vm status`: what there is of the machine. */
import { print } from '../output/printing.js';
import { command } from '../table/command.js';
import { withMachine } from './machine.js';
import { statusText } from './status-text.js';

export const status = command({
  name: 'vm status',
  summary: 'show the kernel of the test machine, and how it would be run',
  about: [
    'Shows the kernel, the version of QEMU, whether the machine runs by KVM or is emulated, how much longer a command may take then, and the cache. It boots nothing.',
  ],
  arguments: {},
  options: { Options: { json: { help: 'print one JSON object' } } },
  notes: {
    JSON: [
      'The object has kernel (release, source, compiler), cache (folder, isUnpacked), qemu (version, or missing), and where they are known accel (kvm or tcg), timeFactor and why.',
    ],
  },
  examples: [
    ['utimer vm status', 'show it'],
    ['utimer vm status --json | jq .timeFactor', 'print by how much a test may take longer here'],
  ],
  exit: '0; 1 where QEMU is missing; 125 where there is no kernel',
  run: ({ values }, io) =>
    withMachine('vm status', io, async (machine) => {
      const found = machine.status();
      await print(io, values.json ? JSON.stringify(found) : statusText(found));
      return 'missing' in found.qemu ? 1 : 0;
    }),
});
