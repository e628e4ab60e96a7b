// Opening cables over the fake: whose turn it is, and for how long.
import { expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

it('holds the lock of the card no longer than its open lasts: whoever has yet to await it may open more', async () => {
  const result = await runOnFake(`
    const opening = ClockedLoopback.open({ ...cable, substream: 1 });
    const second = ClockedLoopback.openSync(cable);
    const failing = ClockedLoopback.open(cable);
    const third = ClockedLoopback.openSync({ ...cable, substream: 2 });
    const first = await opening;
    console.log(first.substream, second.substream, third.substream, (await failing.catch((error) => error)).code);
    for (const loop of [first, second, third]) loop.close();
    console.log(open());`);
  expect(result).toEqual({ ...succeeded, stdout: '1 0 2 EBUSY\n0\n' });
});
