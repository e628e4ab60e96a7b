// A whole cable over the fake: what crosses the seam, by the rules of the kernel that the fake keeps.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

describe('A cable over the fake', () => {
  it('carries bytes from its writer to its listener, a period a trigger', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync(cable);
      const capture = loop.openCapture();
      const data = Uint8Array.from({ length: 3 * loop.periodBytes }, (_, i) => i % 251);
      loop.write(data.subarray(0, 100));
      console.log(capture.avail());
      loop.write(data.subarray(100));
      console.log(capture.avail(), capture.read().equals(data));
      loop.write(data.subarray(0, 7));
      console.log(loop.flush(), loop.stats().periods);
      capture.close();
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: '0\n1440 true\n479 4\n0\n' });
  });

  it('carries interleaved frames with non-interleaved access, odd writes, samples of every size and silence', async () => {
    const result = await runOnFake(`
      for (const [format, silence] of [['DSD_U8', 0x69], ['S16_LE', 0], ['S24_3LE', 0], ['S32_LE', 0]]) {
        const loop = ClockedLoopback.openSync({ ...cable, format, channels: 3, access: 'noninterleaved', periods: 3 });
        const capture = loop.openCapture({ periods: 5 });
        const data = Uint8Array.from({ length: 20 * loop.periodBytes + 7 }, (_, i) => i % 251);
        const heard = [];
        for (let at = 0, step = 1; at < data.length; at += step, step = (step * 7 + 3) % (3 * loop.periodBytes)) {
          loop.write(data.subarray(at, at + step));
          heard.push(capture.read());
        }
        loop.flush();
        heard.push(capture.read());
        const all = Buffer.concat(heard);
        const rest = all.subarray(data.length);
        console.log(all.subarray(0, data.length).equals(data), all.length / loop.periodBytes, rest.every((byte) => byte === silence));
        capture.close();
        loop.close();
      }
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: `${'true 21 true\n'.repeat(4)}0\n` });
  });

  it('tells of listeners that come and go', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync(cable);
      const told = [];
      loop.on('listener', ({ type, holder }) => told.push([type, holder?.pid === process.pid]));
      const capture = loop.openCapture();
      await once(loop, 'listener');
      capture.close();
      await once(loop, 'listener');
      console.log(JSON.stringify(told));
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: '[["start",true],["stop",false]]\n0\n' });
  });

  it('inserts silence while nothing is written, and goes on with what is', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
      const capture = loop.openCapture({ periods: 1_024 });
      while (loop.stats().insertedFrames < 5 * 480) await new Promise((resolve) => setTimeout(resolve, 5));
      loop.write(new Uint8Array(loop.periodBytes).fill(1));
      const heard = capture.read();
      const first = heard.indexOf(1);
      const given = heard.subarray(first, first + loop.periodBytes);
      console.log(first % loop.periodBytes, given.length, given.every((byte) => byte === 1), loop.stats().periods);
      capture.close();
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: '0 1920 true 1\n0\n' });
  });

  it('recovers from an xrun and a suspend without loss, and says what it cannot recover from', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync(cable);
      const capture = loop.openCapture();
      const write = () => {
        try { loop.write(new Uint8Array(loop.periodBytes)); return 'moved'; } catch ({ code }) { return code; }
      };
      console.log(write());
      for (const error of [32, 86, 11, 19]) {
        fault('WRITEI', { times: 1, error });
        console.log(write());
      }
      console.log(loop.stats().xruns, loop.stats().periods, capture.avail());
      capture.close();
      loop.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'moved\nmoved\nmoved\nERR_STALLED\nENODEV\n2 3 1440\n0\n',
    });
  });

  it.each([
    ['a part of it fits', 'interleaved', "fault('WRITEI', { times: 1, frames: 100 })", 'ERR_STALLED'],
    ['a part of it fits', 'noninterleaved', "fault('WRITEN', { times: 1, frames: 100 })", 'ERR_STALLED'],
    ['its trigger fails', 'interleaved', "fault('TRIGGER', { times: 1, error: 5 })", 'EIO'],
    [
      ...['a part of it fits and cannot be taken back', 'interleaved'],
      ...[
        "fault('WRITEI', { times: 1, frames: 100 }); fault('REWIND', { times: 1, error: 32 })",
        'ERR_STALLED',
      ],
    ],
  ] as const)('leaves nothing of a period behind where %s (%s)', async (_where, access, fail, code) => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync({ ...cable, access: '${access}' });
      const capture = loop.openCapture();
      const data = Uint8Array.from({ length: 4 * loop.periodBytes }, (_, i) => i % 251);
      const period = (index) => data.subarray(index * loop.periodBytes, (index + 1) * loop.periodBytes);
      const failing = (body) => {
        ${fail};
        try { body(); } catch ({ code }) { console.log(code, loop.stats().periods); }
      };
      failing(() => loop.write(period(0)));
      loop.write(period(0));
      loop.write(period(1).subarray(0, 100));
      failing(() => loop.write(period(1).subarray(100)));
      loop.write(period(1).subarray(100));
      failing(() => loop.write(period(2)));
      loop.write(data.subarray(2 * loop.periodBytes));
      console.log(loop.stats().periods, capture.read().equals(data));
      capture.close();
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: `${code} 0\n${code} 1\n${code} 2\n4 true\n0\n` });
  });

  it('counts no period that it could not move as one that the listener hears', async () => {
    // What each has is heard for ten seconds, had it been moved; the listener waits for as long.
    const result = await runOnFake(`
      const loops = [0, 1].map((substream) =>
        ClockedLoopback.openSync({ ...cable, substream, idle: 'silence', graceMs: 1_000 }));
      const captures = loops.map((loop) => loop.openCapture({ periods: 1_024 }));
      const [whole, failing] = loops;
      // No silence until the write, which might take the failure for itself.
      failing.flush();
      const given = new Uint8Array(1_000 * whole.periodBytes);
      whole.write(given);
      fault('WRITEI', { after: 1, times: 1, error: 5 });
      try {
        failing.write(given);
      } catch ({ code }) {
        console.log(code, failing.stats().periods);
      }
      while (failing.stats().insertedFrames === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log(whole.stats().insertedFrames);
      for (const each of [...captures, ...loops]) each.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'EIO 1\n0\n0\n' });
  });

  it('inserts no silence before what is written, when that begins it anew and takes long', async () => {
    const result = await runOnFake(`
      const { native, setNative } = await import(new URL('./dist/tools.js', 'file://' + process.cwd() + '/'));
      const known = native();
      let isSlow = false;
      const createPeriodPump = (...args) => {
        const pump = known.createPeriodPump(...args);
        const keepAlive = pump.keepAlive.bind(pump);
        pump.keepAlive = (period, grace) => {
          keepAlive(period, grace);
          for (const end = performance.now() + (isSlow ? 60 : 0); performance.now() < end; );
        };
        return pump;
      };
      setNative({ ...known, createPeriodPump });
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
      const capture = loop.openCapture({ periods: 1_024 });
      const begun = [];
      for (const give of [(bytes) => loop.write(bytes), (bytes) => loop.send(bytes)]) {
        loop.flush();
        const { insertedFrames } = loop.stats();
        isSlow = true;
        await give(new Uint8Array(100 * loop.periodBytes).fill(1));
        begun.push(loop.stats().insertedFrames - insertedFrames);
        isSlow = false;
      }
      console.log(begun);
      loop.close();
      capture.close();`);
    expect(result).toEqual({ ...succeeded, stdout: '[ 0, 0 ]\n' });
  });

  it('ends the inserting of silence when its card goes', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
      while (loop.stats().insertedFrames < 480) await new Promise((resolve) => setTimeout(resolve, 5));
      const failed = once(loop, 'error');
      const alive = setInterval(() => {}, 1_000);
      fault('WRITEI', { error: 19 });
      console.log((await failed)[0].code);
      clearInterval(alive);
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'ENODEV\n0\n' });
  });
});
