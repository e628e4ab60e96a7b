// Pacings that follow a source over the fake: each of its ticks moves a period, and its end ends them.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
const { Follower, Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
const { spawn } = await import('node:child_process');
const { PassThrough } = await import('node:stream');
const pacer = Pacer.open();
const timer = () => alsa.UserTimer.create({ resolutionNs: 10_000_000n });
const codeOf = (body) => { try { body(); return 'none'; } catch (error) { return error.code; } };
const ticks = async (pacing, count) => {
  while (pacing.stats().ticks < count) await once(pacing, 'tick');
};
/** A pacing, ticks that are heard of its timer, and its end. */
const followed = (source, options) => {
  const paced = timer();
  const heard = alsa.TimerInstance.open(paced);
  heard.start();
  const pacing = pacer.follow(paced, source, options);
  return { pacing, ended: once(pacing, 'end'), heard: () => heard.read().reduce((sum, { count }) => sum + count, 0) };
};
`;

const run = (code: string) => runOnFake(PRELUDE + code);

describe('A pacing follows', () => {
  it('an instance of another timer, until that timer goes', async () => {
    const result = await run(`
      const master = timer();
      const source = alsa.TimerInstance.open(master);
      source.start();
      const { pacing, ended, heard } = followed(source);
      for (let i = 0; i < 100; i += 1) master.trigger();
      await ticks(pacing, 100n);
      console.log(heard(), pacing.stats().missed, pacing.rate, codeOf(() => pacing.setPpb(1)));
      source.close();
      try { pacer.follow(null, source); } catch ({ code, message }) { console.log(code, message); }
      master.trigger();
      await ticks(pacing, 101n);
      master.close();
      console.log(pacing.closed);
      pacer.close();
      console.log(pacing.closed, pacing.stats().ticks);`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        '100 0n undefined ERR_NO_SCHEDULE\nERR_CLOSED The instance of userspace-driven timer 0 is closed\nfalse\ntrue 101n\n',
    });
  });

  it('a pipe, of which each byte ticks, to its end', async () => {
    const result = await run(`
      const { closeSync, mkdtempSync, openSync, rmSync, writeSync, constants } = await import('node:fs');
      const { execFileSync } = await import('node:child_process');
      const folder = mkdtempSync('/tmp/follow-');
      execFileSync('mkfifo', [folder + '/fifo'], { env: { ...process.env, LD_PRELOAD: '' } });
      const fd = openSync(folder + '/fifo', constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(folder + '/fifo', 'w');
      rmSync(folder, { recursive: true });
      const { pacing, ended, heard } = followed({ fd }, { maxBurst: 100_000 });
      closeSync(fd);
      writeSync(writer, new Uint8Array(10_000));
      await ticks(pacing, 10_000n);
      writeSync(writer, new Uint8Array(7));
      closeSync(writer);
      await ended;
      console.log(heard(), pacing.closed, pacing.stats().ticks, pacing.stats().missed);`);
    expect(result).toEqual({ ...succeeded, stdout: '10007 true 10007n 0n\n' });
  });

  it('a descriptor that others have as well, and leaves it to them as it was', async () => {
    const result = await run(`
      const { openSync, readFileSync, rmSync, constants } = await import('node:fs');
      const { execFileSync } = await import('node:child_process');
      const name = '/tmp/follow-' + process.pid;
      execFileSync('mkfifo', [name], { env: { ...process.env, LD_PRELOAD: '' } });
      const waits = () => (parseInt(/^flags:\\s+(\\d+)/m.exec(readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[1], 8) & constants.O_NONBLOCK) === 0;
      const fd = openSync(name, 'r+');
      rmSync(name);
      const before = waits();
      const { pacing } = followed({ fd });
      const meanwhile = waits();
      pacing.close();
      const after = [waits()];
      // Again and again, whether the thread has let go of it meanwhile or not.
      for (let i = 0; i < 100; i += 1) {
        const again = pacer.follow(null, { fd });
        after.push(!waits());
        again.close();
        after.push(waits());
      }
      console.log(before, meanwhile, after.every((as) => as));
      pacer.close();
      console.log(waits());`);
    expect(result).toEqual({ ...succeeded, stdout: 'true false true\ntrue\n' });
  });

  it('the output of a program, of which each byte ticks', async () => {
    const result = await run(`
      const child = spawn('sh', ['-c', 'printf 12345; read line; printf 678'], { env: { ...process.env, LD_PRELOAD: '' }, stdio: ['pipe', 'pipe', 'inherit'] });
      const { pacing, ended, heard } = followed(child.stdout);
      await ticks(pacing, 5n);
      child.stdin.end('go on');
      await ended;
      console.log(heard(), pacing.closed, pacing.stats().ticks);`);
    expect(result).toEqual({ ...succeeded, stdout: '8 true 8n\n' });
  });

  it('a stream, and tells nothing more once a handler has closed it', async () => {
    const result = await run(`
      const source = new PassThrough();
      const pacing = pacer.follow(null, source, { maxBurst: 5 });
      pacing.on('tick', ({ count }) => { console.log(count); pacing.close(); });
      pacing.on('late', () => console.log('late'));
      source.write(new Uint8Array(20));
      await once(pacing, 'tick');
      console.log(pacing.closed, pacing.stats().missed);
      pacer.close();`);
    expect(result).toEqual({ ...succeeded, stdout: '5\ntrue 15n\n' });
  });

  it('a stream that was over before, whose end it tells, and none of objects', async () => {
    const result = await run(`
      const over = new PassThrough();
      over.end().resume();
      await once(over, 'end');
      await once(pacer.follow(null, over), 'end');
      const broken = new PassThrough();
      broken.on('error', () => {}).destroy(new Error('broken'));
      await new Promise((resolve) => broken.once('close', resolve));
      const told = async (source) => {
        const [error] = await once(pacer.follow(null, source), 'error');
        console.log(error.code ?? error.message);
      };
      await told(broken);
      const objects = new PassThrough({ objectMode: true });
      objects.write({});
      await told(objects);
      pacer.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'broken\nERR_INVALID_ARG_TYPE\n' });
  });

  it('a stream that fails, with its error, and reads it no more once it is closed', async () => {
    const result = await run(`
      const failing = new PassThrough();
      const one = followed(failing);
      one.ended.catch(() => {});
      failing.write('12');
      failing.destroy(new Error('broken'));
      const [error] = await once(one.pacing, 'error').catch((reason) => [reason]);
      console.log(error.message, one.pacing.closed);
      const left = new PassThrough();
      const other = followed(left);
      left.write('123');
      await ticks(other.pacing, 3n);
      other.pacing.close();
      left.write('45');
      console.log(other.heard(), left.read().toString());`);
    expect(result).toEqual({ ...succeeded, stdout: 'broken true\n3 45\n' });
  });

  it('and tells whoever handles ticks of those that came before, since it was told or looked', async () => {
    const result = await run(`
      const source = new PassThrough();
      const { pacing, ended, heard } = followed(source);
      /** Looks at nothing of the pacing. */
      const moved = async (count) => {
        for (let sum = 0; sum < count; sum += heard()) await new Promise((resolve) => setImmediate(resolve));
      };
      const told = async () => (await once(pacing, 'tick'))[0].count;
      const counts = [];
      source.write('12345');
      await moved(5);
      counts.push(await told());
      source.write('123');
      await moved(3);
      counts.push(await told());
      source.write('12');
      await moved(2);
      counts.push(Number(pacing.stats().ticks));
      source.write('1234');
      counts.push(await told());
      source.end();
      await ended;
      console.log(counts.join(' '));`);
    expect(result).toEqual({ ...succeeded, stdout: '5 3 10 4\n' });
  });

  it('no more of ticks that come together than its policy moves', async () => {
    const result = await run(`
      const [few, last] = [new PassThrough(), new PassThrough()];
      const one = pacer.follow(null, few, { maxBurst: 3 });
      const other = pacer.follow(null, last, { late: 'skip' });
      few.write('1234567890');
      last.write('1234567890');
      await Promise.all([once(one, 'late'), once(other, 'late')]);
      for (const { ticks, missed, caughtUp } of [one.stats(), other.stats()]) console.log(ticks, caughtUp, missed);
      const wrong = [null, 1, {}, { fd: -1 }, { fd: 1.5 }, { fd: 1_000_000 }, timer()];
      console.log(wrong.map((source) => codeOf(() => pacer.follow(null, source))).join(' '));
      console.log(codeOf(() => pacer.follow(null, few, { maxBurst: 0 })), codeOf(() => pacer.follow(null, few, { aheadMs: 5 })));`);
    const [type, range, value] = ['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_VALUE'];
    expect(result).toEqual({
      ...succeeded,
      stdout: `3n 2n 7n\n1n 0n 9n\n${[type, type, type, range, range, 'EBADF', type].join(' ')}\n${range} ${value}\n`,
    });
  });
});

describe('A follower', () => {
  it('moves a timer by whole periods, and carries the rest', async () => {
    const result = await run(`
      const paced = timer();
      const heard = alsa.TimerInstance.open(paced);
      heard.start();
      const follower = Follower.open(paced, { periodFrames: 441 });
      let moved = 0;
      for (let i = 0, frames = 1; i < 500; i += 1, frames = (frames * 7 + 3) % 1_000) moved += follower.advance(frames);
      let all = 0;
      for (let i = 0, frames = 1; i < 500; i += 1, frames = (frames * 7 + 3) % 1_000) all += frames;
      console.log(moved === Math.floor(all / 441), heard.read().reduce((sum, { count }) => sum + count, 0) === moved);
      console.log(codeOf(() => paced.trigger()), codeOf(() => Follower.open(paced, { periodFrames: 1 })));
      console.log([-1, 1.5, 2 ** 31, '1'].map((frames) => codeOf(() => follower.advance(frames))).join(' '));
      follower.close();
      console.log(codeOf(() => paced.trigger()), codeOf(() => follower.advance(1)), codeOf(() => Follower.open(paced, {})));`);
    const [type, range] = ['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE'];
    expect(result).toEqual({
      ...succeeded,
      stdout: `true true
ERR_TIMER_IN_USE ERR_TIMER_IN_USE
${[range, range, range, type].join(' ')}
none ERR_CLOSED ${type}
`,
    });
  });

  it('moves a cable, and says why it cannot', async () => {
    const result = await run(`
      const loop = ClockedLoopback.openSync(cable);
      const capture = loop.openCapture();
      const follower = Follower.open(loop);
      const data = Uint8Array.from({ length: 3 * loop.periodBytes }, (_, i) => i % 251);
      loop.write(data);
      console.log(capture.avail(), follower.advance(479), follower.advance(1), capture.avail(), follower.advance(960));
      console.log(capture.read().equals(data), follower.advance(480), loop.stats().periods);
      loop.write(data);
      fault('TRIGGER', { error: 5 });
      console.log(codeOf(() => follower.advance(480)), follower.closed);
      mend('TRIGGER');
      loop.write(data);
      console.log(capture.read().equals(data));
      const second = Follower.open(loop, { aheadMs: 20 });
      loop.close();
      console.log(second.closed);`);
    expect(result).toEqual({
      ...succeeded,
      stdout: '0 0 1 480 2\ntrue 1 3\nEIO true\ntrue\ntrue\n',
    });
  });
});
