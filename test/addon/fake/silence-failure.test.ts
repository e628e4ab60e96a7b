// What ends the inserting of silence, over the fake: one event where that is handled, and once the error of a write.
import { expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

/** `fail` lets no turn of the event loop pass; `write` and `send` say what comes of a period. */
const CABLE = `
  import { readFileSync } from 'node:fs';
  const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
  const errors = [];
  const handle = () => loop.on('error', ({ message }) => errors.push(message));
  const period = new Uint8Array(loop.periodBytes);
  const said = ({ code, message }) => { errors.push(message); return code; };
  const write = () => {
    try { loop.write(period); return 'moved'; } catch (error) { return said(error); }
  };
  const send = () => loop.send(period, { unheard: 'drop' }).then(() => 'moved', said);
  const fail = () => {
    fault('WRITEI', { times: 1, error: 5 });
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (!readFileSync(process.env.FAKE_ALSA + '/faults/WRITEI', 'latin1').startsWith('0 0')) Atomics.wait(cell, 0, 0, 5);
  };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  /**
   * Until silence moves again, which a write has begun, and a turn in any case, which tells events. No more is written: each
   * write puts silence off by a period.
   */
  const silent = async () => {
    const { insertedFrames } = loop.stats();
    do await turn();
    while (loop.stats().insertedFrames === insertedFrames);
  };
`;

/** As many errors as were told in all, all of which say the same. */
const END = `
  console.log(errors.length, new Set(errors).size);
  loop.close();
  console.log(open());`;

it.each([
  [
    'behind its event',
    `const told = once(loop, 'error');
    fail();
    const alive = setInterval(() => {}, 1_000);
    await told;
    clearInterval(alive);
    console.log(write(), write());`,
  ],
  ['before the event loop turns', 'fail(); console.log(write(), write());'],
  ['behind a flush', 'fail(); loop.flush(); console.log(write(), write());'],
  ['of a send', 'fail(); console.log(await send(), await send());'],
])('is the error of one write, and one event: %s', async (_when, act) => {
  const result = await runOnFake(`${CABLE} handle(); ${act} await silent(); ${END}`);
  expect(result).toEqual({ ...succeeded, stdout: 'EIO moved\n2 1\n0\n' });
});

it('is the error of one write where nobody handles the event', async () => {
  const result = await runOnFake(
    `${CABLE} fail(); await turn(); console.log(write(), write()); await silent(); ${END}`,
  );
  expect(result).toEqual({ ...succeeded, stdout: 'EIO moved\n1 1\n0\n' });
});

it('keeps no descriptor once the cable is closed', async () => {
  const result = await runOnFake(`
    const eventfds = async () => {
      for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      return descriptors()['anon_inode:[eventfd]'];
    };
    const openAndClose = () => ClockedLoopback.openSync({ ...cable, idle: 'silence' }).close();
    openAndClose();
    const before = await eventfds();
    for (let loops = 0; loops < 5; loops += 1) openAndClose();
    console.log((await eventfds()) - before);`);
  expect(result).toEqual({ ...succeeded, stdout: '0\n' });
});
