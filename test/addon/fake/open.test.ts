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

it('says who has a substream that is taken, maybe this program, and what each kind of object can do instead', async () => {
  const result = await runOnFake(`
    const loop = ClockedLoopback.openSync(cable);
    const capture = loop.openCapture();
    const place = { ...cable, card: 0, device: 0, substream: 0, direction: 'playback' };
    for (const again of [
      () => ClockedLoopback.openSync(cable),
      () => loop.openCapture(),
      () => alsa.Pcm.open(place),
    ]) {
      try { again(); } catch ({ code, hint }) {
        const [next] = /\`substream: 'free'\`|listens to a cable|kernel chooses/.exec(hint) ?? [];
        console.log(code, hint.includes('or by this one'), next, hint.split('(process ' + process.pid + ')').length - 1);
      }
    }
    capture.close();
    loop.close();
    console.log(open());`);
  expect(result).toEqual({
    ...succeeded,
    stdout:
      "EBUSY true `substream: 'free'` 1\nEBUSY true listens to a cable 1\nEBUSY true kernel chooses 1\n0\n",
  });
});

it('tells in the stack who opened a cable that is taken', async () => {
  const result = await runOnFake(`
    const loop = ClockedLoopback.openSync(cable);
    for (const open of ['open', 'openSync']) {
      try {
        await ClockedLoopback[open](cable);
      } catch (error) {
        console.log(error.code, new RegExp('ClockedLoopback\\\\.' + open + '\\\\b').test(error.stack));
      }
    }
    loop.close();`);
  expect(result).toEqual({ ...succeeded, stdout: 'EBUSY true\nEBUSY true\n' });
});
