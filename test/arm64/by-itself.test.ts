// The guest by itself for arm64, on the root file system that scripts/vm/run has for it.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bootsAndRunsACommand } from '../support/guest-by-itself.js';

it('The guest of arm64 boots and runs a command without any program of the package', async () => {
  const prepare = fileURLToPath(new URL('../../scripts/kernel/prepare', import.meta.url));
  const [, , root = ''] = execFileSync(prepare, ['small', '--arch', 'arm64'], { encoding: 'utf8' }).split(
    '\n',
  );
  await expect(bootsAndRunsACommand('arm64', root)).resolves.toBeUndefined();
});
