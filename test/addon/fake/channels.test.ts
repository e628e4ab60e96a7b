// What cables tell on channels of node:diagnostics_channel, to somebody who has no handler of any event.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };
const run = (code: string, flags: readonly string[] = []) =>
  runOnFake(
    `
    import { subscribe } from 'node:diagnostics_channel';
    const { LOOPBACK_CHANNELS, loopbackChannel } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
    let heard = () => {};
    /** What is told next on a channel. */
    const next = (wanted) => new Promise((resolve) => {
      heard = (name, message) => { if (name === wanted) resolve(message); };
    });
    const told = [];
    // Subscribers keep nothing alive.
    const alive = setInterval(() => {}, 60_000);
    const listen = (...names) => {
      for (const name of names) subscribe(loopbackChannel(name), (message) => {
        told.push(name);
        heard(name, message);
      });
    };
    ${code}`,
    flags,
  );

describe('Channels of cables', () => {
  it('tell of both ends what happens to them, without a handler', async () => {
    const result = await run(`
      listen(...LOOPBACK_CHANNELS);
      const loop = await ClockedLoopback.open(cable);
      const listened = next('loopback:listener');
      const capture = loop.openCapture();
      console.log((await listened).event.type, (await listened).loop === loop);
      const played = next('capture:writer');
      loop.write(new Uint8Array(loop.periodBytes));
      console.log((await played).state.active, (await played).capture === capture);
      fault('WRITEI', { times: 1, error: 32 });
      const recovered = next('loopback:xrun');
      loop.write(new Uint8Array(loop.periodBytes));
      console.log((await recovered).xruns);
      const interrupted = next('capture:interruption');
      fault('READI', { times: 1, error: 32 });
      try { capture.read(); } catch {}
      console.log((await interrupted).error.code);
      const left = next('loopback:listener');
      capture.close();
      capture.close();
      console.log((await left).event.type);
      loop.close();
      loop.close();
      clearInterval(alive);
      console.log(told.join(' '));
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        'start true\ntrue true\n1\nEPIPE\nstop\n' +
        'loopback:open capture:open loopback:listener capture:writer loopback:xrun capture:interruption ' +
        'capture:close loopback:listener loopback:close\n0\n',
    });
  });

  it('keep no process alive, and nothing that was forgotten', async () => {
    const result = await run(
      `
      clearInterval(alive);
      listen('loopback:listener', 'capture:writer');
      const lost = [];
      process.on('warning', ({ message }) => lost.push(message.split(' was')[0]));
      const before = open();
      await (async () => { await ClockedLoopback.open(cable); })();
      await (async () => { LoopbackCapture.open({ ...cable, substream: 1 }); })();
      await collect(() => lost.length === 2);
      console.log(lost.sort().join('\\n'));
      console.log(open() === before);
      const loop = await ClockedLoopback.open(cable);
      const capture = loop.openCapture();
      globalThis.kept = [loop, capture];`,
      ['--no-warnings'],
    );
    expect(result).toEqual({
      ...succeeded,
      stdout: 'ClockedLoopback hw:0,0,0\ncapture of hw:0,1,1\ntrue\n',
    });
  });

  it('beside handlers tell each event once to either', async () => {
    const result = await run(`
      listen('loopback:listener');
      const loop = await ClockedLoopback.open(cable);
      loop.on('listener', ({ type }) => told.push(type));
      const capture = loop.openCapture();
      await once(loop, 'listener');
      loop.removeAllListeners('listener');
      const left = next('loopback:listener');
      capture.close();
      await left;
      console.log(told.join(' '));
      clearInterval(alive);
      loop.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'loopback:listener start loopback:listener\n0\n',
    });
  });
});
