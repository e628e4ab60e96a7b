// Pacers over the fake: their thread, what it tells, and how it ends.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
const { Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
const period = { rate: 48_000, periodFrames: 48, maxBurst: 1_000_000 };
/** Until a pacing has moved so many periods. */
const ticks = async (pacing, count) => {
  while (pacing.stats().ticks < count) await once(pacing, 'tick');
};
const codeOf = (body) => { try { body(); return 'none'; } catch (error) { return error.code; } };
`;

const run = (code: string) => runOnFake(PRELUDE + code);

describe('A pacer over the fake', () => {
  it('triggers a timer once for each period that it counts, late or not', async () => {
    const result = await run(`
      const timer = alsa.UserTimer.create({ rate: 48_000, periodFrames: 48 });
      const instance = alsa.TimerInstance.open(timer);
      instance.start();
      const pacer = Pacer.open();
      const pacing = pacer.start(timer, period);
      let told = 0;
      pacing.on('tick', ({ count }) => { told += count; });
      await ticks(pacing, 200n);
      pacing.close();
      const { ticks: moved, missed, underruns, lateness } = pacing.stats();
      let heard = 0n;
      for (const event of instance.read()) heard += BigInt(event.count);
      console.log(moved >= 200n, heard === moved, missed, underruns, BigInt(lateness.count) === moved, told <= Number(moved));
      console.log(lateness.buckets.reduce((sum, { count }) => sum + count, 0) === lateness.count, lateness.p50Ns <= lateness.p99Ns, lateness.p99Ns <= lateness.maxNs, lateness.minNs <= lateness.meanNs && lateness.meanNs <= lateness.maxNs);
      pacer.close();
      instance.close();
      timer.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'true true 0n 0n true true\ntrue true true true\n0\n' });
  });

  it('keeps a timer for itself until its pacing is closed', async () => {
    const result = await run(`
      const timer = alsa.UserTimer.create({ rate: 48_000, periodFrames: 48 });
      const pacer = Pacer.open();
      const pacing = pacer.start(timer, { ...period, start: 2n ** 61n });
      console.log(codeOf(() => timer.trigger()), codeOf(() => pacer.start(timer, period)));
      console.log(codeOf(() => ClockedLoopback.openSync({ ...cable, periodFrames: 48, timer })));
      pacing.close();
      console.log(codeOf(() => timer.trigger()), pacing.closed, pacing.stats().ticks, codeOf(() => pacing.setPpb(1)));
      const second = pacer.start(timer, { ...period, start: 2n ** 61n });
      pacer.close();
      console.log(second.closed, codeOf(() => timer.trigger()), codeOf(() => pacer.start(timer, period)));`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        'ERR_TIMER_IN_USE ERR_TIMER_IN_USE\nERR_TIMER_IN_USE\nnone true 0n ERR_CLOSED\ntrue none ERR_CLOSED\n',
    });
  });

  it('says that a timer was closed, and goes on with others', async () => {
    const result = await run(`
      const pacer = Pacer.open();
      const timers = [0, 1].map(() => alsa.UserTimer.create({ rate: 48_000, periodFrames: 48 }));
      const pacings = timers.map((timer) => pacer.start(timer, period));
      timers[0].close();
      const [error] = await once(pacings[0], 'error');
      const before = pacings[1].stats().ticks;
      await ticks(pacings[1], before + 20n);
      console.log(error.code, error.message, pacings.map((pacing) => pacing.closed).join());`);
    expect(result).toEqual({ ...succeeded, stdout: 'ERR_CLOSED UserTimer 0 is closed true,false\n' });
  });

  it('says why a trigger failed, also to nobody', async () => {
    const code = `
      const pacer = Pacer.open();
      const timer = alsa.UserTimer.create({ rate: 48_000, periodFrames: 48 });
      const pacing = pacer.start(timer, period);
      fault('TRIGGER', { error: 5 });`;
    const told = await run(`${code}
      const [error] = await once(pacing, 'error');
      console.log(error.code, error.syscall, pacing.closed);`);
    expect(told).toEqual({ ...succeeded, stdout: 'EIO ioctl SNDRV_TIMER_IOCTL_TRIGGER true\n' });
    const untold = await run(`${code} pacing.on('tick', () => {}); setTimeout(() => {}, 1e6);`);
    expect(untold).toMatchObject({ code: 1, signal: null });
    expect(untold.stderr).toContain('ioctl SNDRV_TIMER_IOCTL_TRIGGER failed');
  });

  it('catches up with what it missed while the process was stopped, or counts it', async () => {
    const result = await run(`
      const { spawn } = await import('node:child_process');
      const pacer = Pacer.open();
      const all = pacer.start(null, period);
      const few = pacer.start(null, { ...period, maxBurst: 5 });
      const last = pacer.start(null, { ...period, late: 'skip', maxBurst: undefined });
      // It may have been late before, too.
      const late = async (pacing, counter) => {
        while (pacing.stats()[counter] < 50n) await once(pacing, 'late');
      };
      const stop = spawn('sh', ['-c', 'kill -STOP $PPID; sleep 0.1; kill -CONT $PPID'], { env: { ...process.env, LD_PRELOAD: '' } });
      await once(stop, 'exit');
      await Promise.all([late(all, 'caughtUp'), late(few, 'missed'), late(last, 'missed')]);
      const stats = [all, few, last].map((pacing) => { pacing.close(); return pacing.stats(); });
      console.log(stats[0].missed, stats[2].caughtUp);`);
    expect(result).toEqual({ ...succeeded, stdout: '0n 0n\n' });
  });

  it('serves 128 timers in one thread', async () => {
    const result = await run(`
      const threads = () => readdirSync('/proc/self/task').length;
      const before = threads();
      const pacer = Pacer.open();
      const timers = Array.from({ length: 128 }, () => alsa.UserTimer.create({ rate: 48_000, periodFrames: 480 }));
      const pacings = timers.map((timer, i) => pacer.start(timer, { ...period, periodFrames: 480 + i }));
      await Promise.all(pacings.map((pacing) => ticks(pacing, 5n)));
      console.log(threads() - before);
      pacer.close();
      // The kernel lists a thread for a little longer than it takes to join it.
      while (threads() > before) await new Promise((resolve) => setImmediate(resolve));
      console.log(pacings.every(({ closed }) => closed));`);
    expect(result).toEqual({ ...succeeded, stdout: '1\ntrue\n' });
  });

  it('keeps the process while somebody waits for events, and not otherwise', async () => {
    const kept = await run(`
      const pacing = Pacer.open().start(null, period);
      let told = 0;
      pacing.on('tick', ({ count }) => { told += count; if (told >= 20) pacing.unref(); });
      process.on('exit', () => console.log(told >= 20));`);
    expect(kept).toEqual({ ...succeeded, stdout: 'true\n' });
    const free = await run(`globalThis.kept = Pacer.open().start(null, period);`);
    expect(free).toEqual({ ...succeeded, stdout: '' });
  });

  it('is closed with what it paces, and a warning, when it is forgotten', async () => {
    const result = await run(`
      const threads = () => readdirSync('/proc/self/task').length;
      process.on('warning', ({ message }) => console.log(message));
      const before = threads();
      (() => { Pacer.open().start(null, period); })();
      await collect(() => threads() === before);
      console.log(threads() - before);`);
    // Of both the engine may give up either first. Where that is the pacer, what it paced is closed already.
    const ofPacing = 'Pacing of nothing was garbage-collected while open, and has been closed now';
    const said = result.stdout.split('\n').filter((line) => line !== ofPacing);
    expect(said.sort()).toEqual(['', '0', 'Pacer was garbage-collected while open, and has been closed now']);
    expect(result).toMatchObject({ code: 0, signal: null });
  });

  it('takes a new rate while it goes on, and every wrong argument for one', async () => {
    const result = await run(`
      const pacer = Pacer.open();
      const pacing = pacer.start(null, period);
      for (let i = 0; i < 200; i += 1) pacing.setPpb(i * 1_000);
      await ticks(pacing, 20n);
      console.log(pacing.ppb, pacing.stats().ppb, pacing.stats().state);
      const wrong = [
        {}, { ...period, rate: 0 }, { ...period, periodFrames: 4 }, { ...period, periodFrames: 2 ** 28 }, { ...period, start: 'then' },
        { ...period, start: -1n }, { ...period, start: 0 }, { ...period, late: 'never' }, { ...period, late: 'skip' },
        { ...period, maxBurst: 0 }, { ...period, ppb: 1e9 }, { ...period, ppm: 1 },
      ];
      console.log(wrong.map((options) => codeOf(() => pacer.start(null, options))).join(' '));
      console.log([undefined, 1, {}, pacing].map((target) => codeOf(() => pacer.start(target, period))).join(' '));
      const odd = [{ priority: 0 }, { priority: 100 }, { cpu: -1 }, { lockMemory: 1 }, { nice: 1 }];
      console.log(odd.map((options) => codeOf(() => Pacer.open(options))).join(' '));
      pacer.close();`);
    const [type, value, range] = ['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'];
    expect(result).toEqual({
      ...succeeded,
      stdout: `199000 199000 free
${[type, range, range, range, value, range, type, value, value, range, range, value].join(' ')}
${[type, type, type, type].join(' ')}
${[range, range, range, type, value].join(' ')}
`,
    });
  });

  it('says what of its scheduling is refused', async () => {
    const result = await run(`
      const { scheduling } = Pacer.open({ priority: 99, cpu: 1_000, lockMemory: true });
      console.log(scheduling.cpu, (scheduling.policy === 'fifo') === (scheduling.priority === 99));
      const refused = [scheduling.policy === 'other', scheduling.cpu === undefined, !scheduling.memoryLocked];
      console.log(scheduling.refused.length === refused.filter(Boolean).length, scheduling.refused.some((text) => text.startsWith('CPU 1000 was refused (EINVAL)')));`);
    expect(result).toEqual({ ...succeeded, stdout: 'undefined true\ntrue true\n' });
  });
});
