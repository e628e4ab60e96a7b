// Waiting for a substream in a real event loop: what the kernel's poll(2) reports ends the wait, and nothing else does.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };
const run = (code: string) =>
  runOnFake(`
    const { Pcm, UserTimer } = await import(new URL('./dist/index.js', 'file://' + process.cwd() + '/'));
    const { LoopbackCard } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
    const timer = UserTimer.create(cable);
    LoopbackCard.find(0).setTimerSource(timer);
    const end = { ...cable, card: 0, substream: 0 };
    const playback = Pcm.open({ ...end, device: 0, direction: 'playback' });
    const capture = Pcm.open({ ...end, device: 1, direction: 'capture' });
    const period = new Uint8Array(480 * playback.frameBytes);
    const told = (name, ready) => ready.then(() => console.log(name), ({ code, message }) => console.log(name, code ?? message));
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    ${code}
    playback.close();
    capture.close();
    timer.close();
    console.log(open());`);

describe('A wait for a substream', () => {
  it('ends with a period to read, and with room for a period to write', async () => {
    const result = await run(`
      await playback.ready();
      playback.write(new Uint8Array(4 * period.length));
      playback.start();
      capture.start();
      const waits = [told('to read', capture.ready()), told('to write', playback.ready())];
      for (let i = 0; i < 100; i += 1) await turn();
      console.log('full', capture.avail(), playback.avail());
      timer.trigger();
      await Promise.all(waits);
      console.log('moved', capture.avail(), playback.avail());`);
    const lines = result.stdout.split('\n');
    expect(lines.slice(1, 3).sort()).toEqual(['to read', 'to write']);
    expect({ ...result, stdout: [lines[0], ...lines.slice(3)] }).toEqual({
      ...succeeded,
      stdout: ['full 0 0', 'moved 480 480', '0', ''],
    });
  });

  it('ends with an error where the stream stops, is closed, or its signal is aborted', async () => {
    const result = await run(`
      capture.start();
      const dropped = told('dropped', capture.ready());
      capture.drop();
      await dropped;
      capture.prepare();
      capture.start();
      const abort = new AbortController();
      const aborted = told('aborted', capture.ready({ signal: abort.signal }));
      abort.abort(new Error('enough'));
      await aborted;
      const closed = told('closed', capture.ready());
      capture.close();
      await closed;`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'dropped EBADFD\naborted enough\nclosed ERR_CLOSED\n0\n',
    });
  });

  it('keeps the process alive', async () => {
    const result = await run(`
      capture.start();
      setImmediate(() => playback.write(period));
      setImmediate(() => playback.start());
      setImmediate(() => timer.trigger());
      await capture.ready();
      console.log(capture.read(period));`);
    expect(result).toEqual({ ...succeeded, stdout: '480\n0\n' });
  });

  it('in a loop leaves room for everything else, also where the stream is always ready', async () => {
    const result = await run(`
      let over = false;
      setImmediate(() => { over = true; });
      while (!over) await playback.ready();
      console.log('over');`);
    expect(result).toEqual({ ...succeeded, stdout: 'over\n0\n' });
  });
});
