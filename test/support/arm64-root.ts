// The root file system of guests of arm64, which scripts/vm/run has for them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Its path, with the small kernel prepared beside it. */
export function arm64Root(): string {
  const prepare = fileURLToPath(new URL('../../scripts/kernel/prepare', import.meta.url));
  const [, , root = ''] = execFileSync(prepare, ['small', '--arch', 'arm64'], { encoding: 'utf8' }).split(
    '\n',
  );
  return root;
}
