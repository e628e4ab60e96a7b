// A cable that its reader clocks, over the fake: what a read moves, and what it recovers from.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PLAYER = `
  const capture = ClockedCapture.openSync({ ...cable, ...given });
  const player = alsa.Pcm.open({ ...capture.parameters, periods: 8, card: 0, device: 0, substream: 0, direction: 'playback' });
  const data = Uint8Array.from({ length: 8 * capture.periodBytes }, (_, i) => 1 + i % 251);
  const period = (from, to = from + 1) => data.subarray(from * capture.periodBytes, to * capture.periodBytes);
  const is = (heard, from, to) => heard.equals(Buffer.from(period(from, to)));
  const read = (periods) => {
    try { return capture.read(periods); } catch ({ code }) { return code; }
  };
`;
const run = (code: string, given = {}) =>
  runOnFake(`const given = ${JSON.stringify(given)};${PLAYER}${code}`);

describe('A cable that its reader clocks', () => {
  it.each(['interleaved', 'noninterleaved'])(
    'moves a period a trigger, as the reader asks for it (%s)',
    async (access) => {
      const result = await run(
        `player.write(period(0, 5));
      player.start();
      console.log(player.delay(), is(read(2), 0, 2), player.delay(), is(read(3), 2, 5), player.delay(), player.state());
      player.drop();
      console.log(read(2).every((byte) => byte === 0), JSON.stringify(capture.stats()));
      player.close();
      capture.close();
      console.log(open());`,
        { access },
      );
      expect(result).toEqual({
        ...succeeded,
        stdout:
          '2400 true 1440 true 0 running\n' +
          'true {"periods":7,"frames":3360,"silentPeriods":2,"underruns":0,"xruns":0,"lostPeriods":0,"player":false}\n0\n',
      });
    },
  );

  it('gives silence, and nothing old, where a player has less than a period', async () => {
    const result = await run(`
      player.write(period(0, 8));
      player.start();
      read(8);
      const part = period(0).subarray(0, 100 * capture.frameBytes);
      player.write(part);
      const heard = read(1);
      console.log(heard.subarray(0, part.length).equals(part), heard.subarray(part.length).every((byte) => byte === 0));
      console.log(player.state(), capture.stats().underruns);
      console.log(read(1).every((byte) => byte === 0), capture.stats().silentPeriods);`);
    expect(result).toEqual({ ...succeeded, stdout: 'true true\nxrun 1\ntrue 1\n' });
  });

  it('hears all of a 32-bit program, whose positions begin anew after 2^30 frames', async () => {
    const result = await run(`
      fault('wrap', { error: 700 });
      player.write(period(0, 8));
      player.start();
      console.log(is(read(2), 0, 2), is(read(1), 2, 3), capture.stats().underruns);
      const { value } = await capture.frames({ signal: AbortSignal.timeout(10_000) }).next();
      console.log(is(value, 3, 8), player.state());
      const part = period(0).subarray(0, 100 * capture.frameBytes);
      player.write(part);
      fault('wrap', { error: 8 * 480 + 300 });
      console.log(read(1).subarray(0, part.length).equals(part), player.state(), capture.stats().underruns);`);
    expect(result).toEqual({ ...succeeded, stdout: 'true true 0\ntrue running\ntrue xrun 1\n' });
  });

  it('recovers from an overrun and a suspend, and says what it cannot recover from', async () => {
    const result = await run(`
      const { subscribe } = await import('node:diagnostics_channel');
      subscribe('alsa-utimer:clocked-capture:xrun', ({ xruns }) => console.log('recovered', xruns));
      player.write(period(0, 5));
      player.start();
      // What is in the buffer is lost by an overrun, and not by a suspend.
      fault('READI', { times: 1, error: 32 });
      console.log(is(read(1), 1, 2));
      fault('READI', { times: 1, error: 86 });
      console.log(is(read(1), 2, 3));
      fault('TRIGGER', { after: 1, times: 1, error: 5 });
      console.log(is(read(2), 3, 4));
      fault('READI', { error: 19 });
      console.log(read(1), capture.stats().lostPeriods);`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'recovered 1\ntrue\nrecovered 2\ntrue\ntrue\nENODEV 1\n',
    });
  });

  it('gives what was read before something went wrong, and then says what', async () => {
    const result = await run(`
      player.write(period(0, 5));
      player.start();
      fault('TRIGGER', { after: 2, error: 5 });
      console.log(is(read(4), 0, 2), read(1), capture.stats().periods);
      mend('TRIGGER');
      console.log(is(read(3), 2, 5));`);
    expect(result).toEqual({ ...succeeded, stdout: 'true EIO 2\ntrue\n' });
  });

  it('does not start beside another client of its timer, and leaves nothing open', async () => {
    const result = await runOnFake(`
      const timer = alsa.UserTimer.create(cable);
      const listener = alsa.TimerInstance.open(timer, { autoStart: true });
      const { LoopbackCard } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
      listener.start();
      try { ClockedCapture.openSync({ ...cable, timer }); } catch ({ code }) { console.log(code); }
      listener.close();
      ClockedCapture.openSync({ ...cable, timer }).close();
      timer.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'ERR_NOT_STARTED\n0\n' });
  });
});

describe('With idle stall', () => {
  it('a read gives periods of a player only', async () => {
    const result = await run(
      `console.log(read(3).length, JSON.stringify(capture.stats()));
      player.write(period(0, 2));
      player.start();
      console.log(is(read(2), 0, 2));
      player.drop();
      console.log(read(3).length, capture.stats().periods);`,
      { idle: 'stall' },
    );
    expect(result).toEqual({
      ...succeeded,
      stdout:
        '0 {"periods":0,"frames":0,"silentPeriods":0,"underruns":0,"xruns":0,"lostPeriods":0,"player":false}\ntrue\n0 2\n',
    });
  });
});

describe('The pump of a capture', () => {
  const PUMP = `
    const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
    const { LoopbackCard } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
    LoopbackCard.find(0).setTimerSource('-1.4.' + timer.id);
    const pcm = addon.openPcm('/dev/snd/pcmC0D1c', false, '/dev/snd/controlC0', 0);
    const create = () => addon.createCapturePump(pcm, timer, { silence: 0, stalls: false, player: process.env.FAKE_ALSA + '/proc/card0/pcm0p/sub0' });
    const thrown = (body) => {
      try { return body(); } catch (error) { return error.code ?? error.name; }
    };
  `;

  it('takes a configured capture, and whole periods', async () => {
    const result = await runOnFake(`${PUMP}
      console.log(thrown(create));
      pcm.configure(hardware);
      const pump = create();
      for (const bytes of [new Uint8Array(1_919), 'text', undefined]) console.log(thrown(() => pump.read(bytes)));
      console.log(pump.read(new Uint8Array(0)));
      const playback = addon.openPcm('/dev/snd/pcmC0D0p', true, '/dev/snd/controlC0', 0);
      playback.configure(hardware);
      console.log(thrown(() => addon.createCapturePump(playback, timer, { silence: 0, stalls: false, player: '' })));`);
    expect(result).toEqual({ ...succeeded, stdout: `${'TypeError\n'.repeat(4)}0\nTypeError\n` });
  });
});
