// A machine that is suspended under cables that are running, prepared, starved, or in the middle of a period.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PERIOD = 480 * 4;

it('finds every cable going on where it stopped, and not a period lost', async () => {
  const result = await new Promise<{ error: unknown; stdout: string; stderr: string }>((resolve) => {
    const args = ['--kernel', 'stock', '--timeout', '240', 'test/vm/suspend/guest.sh'];
    execFile(`${root}scripts/vm/run`, args, { cwd: root }, (error, stdout, stderr) => {
      resolve({ error, stdout, stderr });
    });
  });
  expect(result).toMatchObject({ error: null, stderr: '' });
  const found = JSON.parse(result.stdout);
  expect(found).toMatchObject({
    // The listeners, whose part it is to prepare and start again; and what a writer hears of one.
    states: ['suspended', 'suspended', 'suspended', 'suspended'],
    failures: [],
    running: [true, 6 * PERIOD],
    begun: [true, 3 * PERIOD],
    padded: 468,
    prepared: [true, 2 * PERIOD],
    silent: [true, true],
    // Of a writer that was stopped between any two calls, the kernel has moved every period.
    busy: [0, expect.any(Number)],
  });
  expect(found.told.slice(0, 3)).toEqual(['start', 'stop', 'start']);
  const [running, begun, prepared, silent] = found.xruns;
  expect([running, begun, prepared]).toEqual([4, 1, 1]);
  expect(silent).toBeGreaterThanOrEqual(1);
});
