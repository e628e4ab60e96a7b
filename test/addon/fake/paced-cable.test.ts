// A cable over the fake that a pacer moves: what is written ahead, in order and whole, whatever is written when.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
const { Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
const stream = { ...cable, periodFrames: 48 };
const pacer = Pacer.open();
const data = (length) => Uint8Array.from({ length }, (_, i) => 1 + (i * 7) % 251);
const codeOf = (body) => { try { body(); return 'none'; } catch (error) { return error.code; } };
/** What the addon throws where the descriptors of the process are used up. */
const none = (syscall) => { throw Object.assign(new Error('none'), { code: 'EMFILE', errno: 24, syscall }); };
/** Until a pacing has passed so many ends that had nothing to move. */
const underruns = async (pacing, count) => {
  while (pacing.stats().underruns < count) await new Promise((resolve) => setTimeout(resolve, 2));
};
/** What is heard but silence, and where it begins in a period. */
const soundOf = (bytes) => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return [first, bytes.subarray(first, bytes.findLastIndex((byte) => byte !== 0) + 1)];
};
`;

const run = (code: string) => runOnFake(PRELUDE + code);

describe('A paced cable', () => {
  it('moves what is sent into it, and nothing else', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync(stream);
      const capture = loop.openCapture({ periods: 1_024 });
      const pacing = pacer.start(loop, { aheadMs: 20 });
      const given = data(200 * loop.periodBytes);
      for (let at = 0, step = 1; at < given.length; at += step, step = (step * 7 + 3) % (3 * loop.periodBytes)) {
        await loop.send(given.subarray(at, at + step));
      }
      while (loop.stats().periods < 200) await underruns(pacing, pacing.stats().underruns + 1n);
      const { ticks, missed } = pacing.stats();
      console.log(capture.read().equals(given), ticks, missed, loop.stats().periods, loop.stats().insertedFrames);
      pacer.close();
      loop.close();
      capture.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'true 200n 0n 200 0\n0\n' });
  });

  it('has silence at the ends without a period, which are whole', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence' });
      const capture = loop.openCapture({ periods: 1_024 });
      const pacing = pacer.start(loop);
      await underruns(pacing, 5n);
      const given = data(3 * loop.periodBytes);
      loop.write(given);
      const before = pacing.stats();
      await underruns(pacing, before.underruns + 5n);
      pacing.close();
      const [first, sound] = soundOf(capture.read());
      const { ticks, underruns: silent } = pacing.stats();
      console.log(first % loop.periodBytes, Buffer.from(given).equals(sound), ticks - silent, loop.stats().periods);
      loop.close();`);
    expect(result).toEqual({ ...succeeded, stdout: '0 true 3n 3\n' });
  });

  it('takes no more than its queue holds, and none of what is too much', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync(stream);
      const capture = loop.openCapture();
      loop.write(data(2 * loop.periodBytes + 10));
      const pacing = pacer.start(loop, { aheadMs: 3, start: 2n ** 61n });
      console.log(loop.stats().pendingBytes, codeOf(() => loop.write(new Uint8Array(3 * loop.periodBytes - 9))));
      loop.write(new Uint8Array(3 * loop.periodBytes - 10));
      console.log(loop.stats().pendingBytes, codeOf(() => loop.write(new Uint8Array(1))), codeOf(() => pacer.start(loop)));
      console.log(capture.avail(), loop.stats().periods);
      const controller = new AbortController();
      const sending = loop.send(new Uint8Array(1), { signal: controller.signal });
      console.log(codeOf(() => loop.write(new Uint8Array(1))));
      controller.abort();
      await sending.catch(({ name }) => console.log(name));
      pacing.close();
      loop.write(data(loop.periodBytes));
      console.log(capture.avail(), loop.stats().periods, pacing.stats().ticks);
      loop.close();`);
    expect(result).toEqual({
      ...succeeded,
      stdout: `10 ERR_QUEUE_FULL
0 ERR_QUEUE_FULL ERR_TIMER_IN_USE
96 2
ERR_BUSY
AbortError
144 3 0n
`,
    });
  });

  it('ends a stream once all of it has moved, the last period completed with silence', async () => {
    const result = await run(`
      const { pipeline } = await import('node:stream/promises');
      const loop = ClockedLoopback.openSync(stream);
      const capture = loop.openCapture({ periods: 1_024 });
      const pacing = pacer.start(loop, { aheadMs: 10 });
      const given = data(50 * loop.periodBytes + 9);
      await pipeline([given.subarray(0, 777), given.subarray(777)], loop.writable());
      const heard = capture.read();
      console.log(heard.length / loop.periodBytes, heard.subarray(0, given.length).equals(given), loop.stats().paddedFrames);
      loop.write(given.subarray(0, 100));
      console.log(loop.flush(), loop.stats().pendingBytes);
      loop.close();
      console.log(pacing.closed, codeOf(() => pacer.start(loop)));`);
    expect(result).toEqual({ ...succeeded, stdout: '51 true 46\n23 0\ntrue ERR_CLOSED\n' });
  });

  it('has its own rate and period, and no other', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync(stream);
      const { rate, periodFrames } = loop.parameters;
      console.log(codeOf(() => pacer.start(loop, { rate: rate + 1 })), codeOf(() => pacer.start(loop, { periodFrames: 1 })));
      console.log(codeOf(() => pacer.start(loop, { rate, periodFrames })));
      loop.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'ERR_INVALID_ARG_VALUE ERR_INVALID_ARG_VALUE\nnone\n' });
  });

  it('goes on by itself when its pacing is closed, also beneath a send', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
      const capture = loop.openCapture({ periods: 1_024 });
      const pacing = pacer.start(loop, { aheadMs: 10, start: 2n ** 61n });
      const sending = loop.send(data(10 * loop.periodBytes));
      await new Promise(setImmediate);
      pacing.close();
      await sending;
      console.log(loop.stats().periods, pacing.stats().ticks);
      const { insertedFrames } = loop.stats();
      while (loop.stats().insertedFrames <= insertedFrames) await new Promise((resolve) => setTimeout(resolve, 2));
      loop.close();`);
    // What waited in the queue is gone with the pacing.
    expect(result).toEqual({ ...succeeded, stdout: '9 0n\n' });
  });

  it('keeps the period that is begun when its pacing is closed, and when none begins', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync(stream);
      const capture = loop.openCapture({ periods: 1_024 });
      const given = data(2 * loop.periodBytes);
      loop.write(given.subarray(0, 3));
      console.log(codeOf(() => pacer.follow(loop, { fd: 999_999 })), loop.stats().pendingBytes);
      const pacing = pacer.start(loop, { start: 2n ** 61n });
      loop.write(given.subarray(3, 10));
      console.log(loop.stats().pendingBytes);
      pacing.close();
      console.log(loop.stats().pendingBytes);
      loop.write(given.subarray(10));
      console.log(capture.read().equals(given));
      loop.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'EBADF 3\n10\n10\ntrue\n' });
  });

  it('has its silence again where a pacer could not begin', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
      loop.write(data(3));
      const { createPacedCable } = addon;
      addon.createPacedCable = (...args) => Object.assign(createPacedCable(...args), { watchTaken: () => none('fcntl F_DUPFD_CLOEXEC') });
      console.log(codeOf(() => pacer.start(loop)), loop.stats().pendingBytes);
      const { insertedFrames } = loop.stats();
      while (loop.stats().insertedFrames <= insertedFrames) await new Promise((resolve) => setTimeout(resolve, 2));
      loop.close();
      pacer.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'EMFILE 3\n' });
  });

  it('says that it cannot move also where nothing can be found out about it', async () => {
    const result = await run(`
      const timer = alsa.UserTimer.create(stream);
      const loop = ClockedLoopback.openSync({ ...stream, timer });
      const pacing = pacer.start(loop);
      timer.close();
      addon.openSubstream = () => none('open');
      loop.write(data(loop.periodBytes));
      const [error] = await once(pacing, 'error');
      console.log(error.code, error.syscall, pacing.closed);
      loop.close();
      pacer.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'EINVAL ioctl SNDRV_PCM_IOCTL_START true\n' });
  });

  it('says why it cannot move', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync({ ...stream, idle: 'silence' });
      const pacing = pacer.start(loop);
      fault('TRIGGER', { error: 5, times: 1 });
      const [error] = await once(pacing, 'error');
      console.log(error.code, error.syscall, pacing.closed, loop.closed);
      loop.write(new Uint8Array(loop.periodBytes));
      console.log(loop.stats().periods);
      loop.close();`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'EIO ioctl SNDRV_TIMER_IOCTL_TRIGGER true false\n1\n',
    });
  });
});
