// A cable that a pacer moves out of a player, over the fake: what waits to be read, what is lost of it, and who moves.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
  const { Follower, Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
  const capture = ClockedCapture.openSync({ ...cable, ...given });
  const player = alsa.Pcm.open({ ...capture.parameters, periods: 8, card: 0, device: 0, substream: 0, direction: 'playback' });
  const data = Uint8Array.from({ length: 8 * capture.periodBytes }, (_, i) => 1 + i % 251);
  const period = (from, to = from + 1) => data.subarray(from * capture.periodBytes, to * capture.periodBytes);
  const is = (heard, from, to) => heard.equals(Buffer.from(period(from, to)));
  const isSilent = (heard) => heard.every((byte) => byte === 0);
  const periods = (heard) => heard.length / capture.periodBytes;
  const codeOf = (body) => { try { body(); return 'none'; } catch (error) { return error.code; } };
  const play = (from, to) => { player.write(period(from, to)); player.start(); };
  /** A period of the follower. */
  const move = (follower, count = 1) => follower.advance(480 * count);
`;
const run = (code: string, given = {}) =>
  runOnFake(`const given = ${JSON.stringify(given)};${PRELUDE}${code}`);

describe('While a pacer moves it, a capture', () => {
  it('gives what has moved, and moves nothing itself', async () => {
    const result = await run(`
      play(0, 5);
      const follower = Follower.open(capture);
      console.log(capture.read(3).length, player.delay());
      console.log(move(follower, 2), player.delay(), is(capture.read(5), 0, 2), capture.read(1).length);
      move(follower);
      console.log(codeOf(() => Follower.open(capture)), codeOf(() => Pacer.open().start(capture)));
      follower.close();
      console.log(follower.closed, is(capture.read(3), 2, 5), JSON.stringify(capture.stats()));
      capture.close();
      player.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        '0 2400\n2 1440 true 0\nERR_TIMER_IN_USE ERR_TIMER_IN_USE\n' +
        'true true {"periods":5,"frames":2400,"silentPeriods":0,"underruns":0,"xruns":0,"lostPeriods":0,"player":true}\n0\n',
    });
  });

  it('loses the oldest periods that nobody reads, and tells that', async () => {
    const result = await run(`
      const { subscribe } = await import('node:diagnostics_channel');
      subscribe('alsa-utimer:clocked-capture:overrun', ({ periods }) => console.log('lost', periods));
      capture.on('overrun', ({ periods }) => console.log('overrun', periods));
      play(0, 8);
      const follower = Follower.open(capture, { aheadMs: 30 });
      move(follower, 7);
      console.log(capture.stats().lostPeriods);
      console.log(is(capture.read(9), 4, 7), capture.stats().lostPeriods, capture.stats().periods);
      move(follower);
      console.log(is(capture.read(1), 7, 8), capture.stats().xruns);`);
    expect(result).toEqual({
      ...succeeded,
      stdout: '4\nlost 4\noverrun 4\ntrue 4 7\ntrue 0\n',
    });
  });

  it('has silence while nobody plays, and counts it', async () => {
    const result = await run(`
      const follower = Follower.open(capture);
      move(follower, 2);
      play(0, 1);
      move(follower);
      player.drop();
      move(follower);
      const heard = capture.read(4);
      console.log(isSilent(heard.subarray(0, 2 * capture.periodBytes)), is(heard.subarray(2 * capture.periodBytes, 3 * capture.periodBytes), 0, 1));
      console.log(isSilent(heard.subarray(3 * capture.periodBytes)), capture.stats().silentPeriods);`);
    expect(result).toEqual({ ...succeeded, stdout: 'true true\ntrue 3\n' });
  });

  it('has nothing while nobody plays, with idle stall', async () => {
    const result = await run(
      `const follower = Follower.open(capture);
      move(follower, 2);
      console.log(capture.read(4).length);
      play(0, 2);
      move(follower, 2);
      player.drop();
      move(follower, 2);
      console.log(is(capture.read(4), 0, 2), capture.read(1).length, capture.stats().silentPeriods);`,
      { idle: 'stall' },
    );
    expect(result).toEqual({ ...succeeded, stdout: '0\ntrue 0 0\n' });
  });

  it('gives an iteration each period as it comes, up to the end of a player', async () => {
    const result = await run(`
      const follower = Follower.open(capture);
      const chunks = [];
      const recorded = (async () => {
        for await (const chunk of capture.frames({ until: 'stop' })) chunks.push(chunk);
      })();
      const came = async (count) => { while (chunks.length < count) await new Promise(setImmediate); };
      move(follower);
      await came(1);
      play(0, 3);
      for (let i = 0; i < 3; i += 1) {
        move(follower);
        await came(2 + i);
      }
      player.drop();
      player.close();
      move(follower, 2);
      await recorded;
      const heard = Buffer.concat(chunks);
      console.log(periods(heard), isSilent(heard.subarray(0, capture.periodBytes)), is(heard.subarray(capture.periodBytes), 0, 3));
      // What ended it is there yet.
      console.log(isSilent(capture.read(5)), capture.stats().periods);`);
    expect(result).toEqual({ ...succeeded, stdout: '4 true true\ntrue 6\n' });
  });

  it('has an iteration end behind a player that goes without a word', async () => {
    const result = await run(
      `const follower = Follower.open(capture);
      play(0, 2);
      move(follower, 2);
      const iteration = capture.frames({ until: 'stop' });
      console.log(is((await iteration.next()).value, 0, 2));
      player.drop();
      player.prepare();
      const end = iteration.next();
      await new Promise(setImmediate);
      // Nothing announces the end of one that does not run.
      player.close();
      console.log((await end).done);`,
      { idle: 'stall' },
    );
    expect(result).toEqual({ ...succeeded, stdout: 'true\ntrue\n' });
  });

  it('is clocked by its iteration again once the pacer is closed, and the other way round', async () => {
    const result = await run(
      `play(0, 8);
      const iteration = capture.frames();
      const next = async () => (await iteration.next()).value;
      const follower = Follower.open(capture);
      const first = next();
      move(follower, 2);
      console.log(periods(await first));
      move(follower);
      follower.close();
      // It was moved, and then as much as the player has to spare.
      console.log(is(await next(), 2, 3), periods(await next()) >= 3);
      const waits = next();
      await new Promise(setImmediate);
      const again = Follower.open(capture);
      move(again);
      console.log(periods(await waits));
      const last = next();
      capture.close();
      console.log(await last, again.closed, codeOf(() => again.advance(480)), codeOf(() => capture.read()));`,
      { idle: 'stall' },
    );
    expect(result).toEqual({
      ...succeeded,
      stdout: '2\ntrue true\n1\nundefined true ERR_CLOSED ERR_CLOSED\n',
    });
  });

  it('goes on beside others who keep it from moving, and fails with its card', async () => {
    const result = await run(`
      const pacer = Pacer.open();
      const pacing = pacer.start(capture, { late: 'skip' });
      play(0, 8);
      while (pacing.stats().ticks < 2n) await once(pacing, 'tick');
      // A player of another format stops it, and lets it start no more.
      fault('READI', { error: 32, times: 2 });
      fault('START', { error: 5 });
      const before = pacing.stats().underruns;
      while (pacing.stats().underruns < before + 3n) await once(pacing, 'tick');
      mend('START');
      fault('TRIGGER', { error: 19 });
      const [error] = await once(pacing, 'error');
      console.log(error.code, error.syscall, pacing.closed, pacing.stats().missed);
      mend('TRIGGER');
      capture.close();
      player.close();
      pacer.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'ENODEV ioctl SNDRV_TIMER_IOCTL_TRIGGER true 0n\n0\n',
    });
  });
});
