// What `npm run soak` refuses before it prepares a kernel or boots a guest.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SOAK = fileURLToPath(new URL('../../scripts/soak', import.meta.url));
const soak = (...args: string[]) => spawnSync(SOAK, args, { encoding: 'utf8' });

describe('scripts/soak', () => {
  it.each(['abc', '0', '0.0', '-1', '1e3', '', '1.', '99999', '1h'])('refuses %j hours', (hours) => {
    const { status, stdout, stderr } = soak('--hours', hours);
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      `soak: --hours takes a number above 0, not '${hours}'\n`,
    ]);
  });

  it('refuses what it does not know, and says what it takes', () => {
    for (const args of [['--hour', '1'], ['--hours'], ['--kernel']]) {
      const { status, stderr } = soak(...args);
      expect([status, stderr]).toEqual([2, expect.stringContaining('--hours H')]);
    }
  });
});
