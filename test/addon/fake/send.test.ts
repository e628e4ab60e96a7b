// Sends through a whole cable over the fake: who waits, what is lent, and whose timer it is.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

describe('Sends over the fake', () => {
  it('wait for a listener, and end when the loopback is closed, also those that wait for room', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync(cable);
      const unheard = loop.send(new Uint8Array(loop.periodBytes));
      await new Promise(setImmediate);
      console.log(loop.stats().periods);
      const capture = loop.openCapture({ periods: 4 });
      await unheard;
      console.log(loop.stats().periods);
      const sends = [1, 2].map(() => loop.send(new Uint8Array(8 * loop.periodBytes)).catch(({ code }) => code));
      console.log(loop.stats().periods);
      loop.close();
      console.log(await Promise.all(sends));
      capture.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: "0\n1\n3\n[ 'ERR_CLOSED', 'ERR_CLOSED' ]\n0\n" });
  });

  it('warn of listeners that do not fit while they wait, though nobody handles events', async () => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync(cable);
      const end = addon.openPcm('/dev/snd/pcmC0D1c', false, '/dev/snd/controlC0', 0);
      end.configure({ ...hardware, access: 4 });
      const warned = once(process, 'warning');
      const sending = loop.send(new Uint8Array(loop.periodBytes));
      const [{ name, code, message, detail }] = await warned;
      console.log(name, code, message.includes('process ' + process.pid), message.split(': ')[1]);
      console.log(detail);
      end.close();
      const capture = loop.openCapture();
      await sending;
      console.log(capture.avail());
      capture.close();
      loop.close();
      console.log(open());`);
    expect(result).toMatchObject({
      ...{ code: 0, signal: null },
      stdout: [
        'AlsaLoopbackWarning ALSA_UTIMER_LISTENER_MISMATCH true it has access noninterleaved, not interleaved',
        "Open the cable with access: 'noninterleaved' for it.",
        '480',
        '0\n',
      ].join('\n'),
    });
  });

  it.each([
    ['is transferred', 'structuredClone(buffer, { transfer: [buffer] })'],
    ['shrinks', 'buffer.resize(100)'],
  ])('fail where their memory %s, and let the next one go on', async (_what, shrink) => {
    const result = await runOnFake(`
      const loop = ClockedLoopback.openSync(cable);
      const capture = loop.openCapture({ periods: 4 });
      const buffer = new ArrayBuffer(8 * loop.periodBytes, { maxByteLength: 8 * loop.periodBytes });
      const sending = loop.send(new Uint8Array(buffer)).catch(({ name, code }) => name + ' ' + code);
      const next = loop.send(new Uint8Array(loop.periodBytes).fill(1));
      ${shrink};
      console.log(await sending);
      capture.read();
      await next;
      console.log(loop.stats().periods, capture.read().every((byte) => byte === 1));
      capture.close();
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'TypeError ERR_INVALID_STATE\n4 true\n0\n' });
  });
});

describe('A loopback over the fake, on a timer that exists,', () => {
  it('joins a listener that came first, triggers the timer alone, and leaves it open', async () => {
    const result = await runOnFake(`
      const { UserTimer } = await import(new URL('./dist/index.js', 'file://' + process.cwd() + '/'));
      const { LoopbackCard } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
      const codeOf = (body) => { try { body(); } catch ({ code, message }) { return code + ' ' + message.split('.')[0]; } };
      const timer = UserTimer.create({ ...cable, id: 5 });
      LoopbackCard.find().setTimerSource(timer);
      const capture = LoopbackCapture.open(cable);
      const loop = ClockedLoopback.openSync({ ...cable, timer });
      console.log(codeOf(() => timer.trigger()));
      console.log(codeOf(() => ClockedLoopback.openSync({ ...cable, substream: 1, timer })));
      loop.write(new Uint8Array(loop.periodBytes));
      console.log(loop.timerId, capture.avail());
      loop.close();
      console.log(timer.closed);
      const next = ClockedLoopback.openSync({ ...cable, timer });
      next.write(new Uint8Array(loop.periodBytes));
      console.log(capture.avail());
      timer.close();
      console.log(codeOf(() => next.write(new Uint8Array(loop.periodBytes))));
      next.close();
      capture.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: [
        'ERR_TIMER_IN_USE UserTimer 5 clocks ClockedLoopback hw:0,0,0',
        'ERR_TIMER_IN_USE UserTimer 5 clocks ClockedLoopback hw:0,0,0',
        '5 480',
        'false',
        '960',
        'ERR_CLOSED UserTimer 5 of ClockedLoopback hw:0,0,0 is closed',
        '0\n',
      ].join('\n'),
    });
  });
});
