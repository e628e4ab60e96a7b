// What the addon does with sizes, waits and closings that only a device that answers lets it reach.
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PUMP = `
  const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
  alsaLoopback.LoopbackCard.find(0).setTimerSource('-1.4.' + timer.id);
  const pcm = addon.openPcm('/dev/snd/pcmC0D0p', true, '/dev/snd/controlC0', 0);
  const createPump = (listener) => addon.createPeriodPump(pcm, timer, { silence: 0, measure: false, listener });
  const thrown = (body) => {
    try { return body(); } catch (error) { return error.code ?? error.name; }
  };
`;
const run = (code: string, environment: Record<string, string> = {}) =>
  runOnFake(
    `const alsaLoopback = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
    import { execFileSync, spawn } from 'node:child_process';
    import { closeSync, constants, mkdtempSync, openSync, readFileSync } from 'node:fs';
    import { AsyncLocalStorage } from 'node:async_hooks';
    ${code}`,
    [],
    environment,
  );

describe('The addon', () => {
  it('refuses formats that no device has, also those that no mask of the kernel has a bit for', async () => {
    const formats = [63, 64, 255, 256, 2 ** 31, 2 ** 32 - 1];
    const result = await run(`${PUMP}
      for (const format of ${JSON.stringify(formats)}) console.log(thrown(() => pcm.configure({ ...hardware, format })));`);
    expect(result).toEqual({ ...succeeded, stdout: formats.map(() => 'ERR_PCM_PARAMETER\n').join('') });
  });

  it('pumps nothing while the kernel has chosen no size', async () => {
    const result = await run(`${PUMP}
      console.log(thrown(() => createPump('/nowhere')));
      fault('frame bits', { times: 1, error: 8 });
      console.log(thrown(() => pcm.configure(hardware)), thrown(() => createPump('/nowhere')));
      pcm.configure(hardware);
      createPump('/nowhere').close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'TypeError\nEPROTO TypeError\n' });
  });

  it('reads no more than its own memory where the frames have become larger under a pump', async () => {
    const result = await run(`${PUMP}
      pcm.configure(hardware);
      const pump = createPump('/nowhere');
      pump.write(new Uint8Array(1920));
      pcm.drop();
      pcm.configure({ ...hardware, channels: 32 });
      pump.restart(true);
      console.log(thrown(() => pump.write(new Uint8Array(1920))), pcm.status().delay);`);
    expect(result).toEqual({ ...succeeded, stdout: 'ERR_STALLED 0\n' });
  });

  it('keeps a timer and a pump as long as a function of their own can be called', async () => {
    const result = await run(`${PUMP}
      pcm.configure(hardware);
      const before = open();
      const trigger = (() => addon.createUtimer('/dev/snd/timer', 10_000_000n).trigger)();
      const pending = (() => createPump('/nowhere').pendingBytes)();
      for (let round = 0; round < 20; round += 1) {
        gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      trigger();
      console.log(open() - before, pending());`);
    expect(result).toEqual({ ...succeeded, stdout: '1 0\n' });
  });

  it('writes nothing, behind a part of a period, as if it had not been asked to', async () => {
    const result = await run(`${PUMP}
      pcm.configure(hardware);
      const pump = createPump('/nowhere');
      pump.write(new Uint8Array(11));
      pump.write(new Uint8Array(0));
      const { consumedBytes, periods } = pump.stats();
      console.log(pump.pendingBytes(), consumedBytes, periods);`);
    expect(result).toEqual({ ...succeeded, stdout: '11 0 0\n' });
  });

  it('names a PCM that cannot say which of its substreams it is', async () => {
    const result = await run(`
      fault('PCM_INFO', { error: 19 });
      const options = { ...cable, card: 0, device: 0, direction: 'capture' };
      try {
        alsa.Pcm.open(options);
      } catch ({ code, path }) {
        console.log(code, path, open());
      }`);
    expect(result).toEqual({ ...succeeded, stdout: 'ENODEV /dev/snd/pcmC0D0c 0\n' });
  });

  it('notices that a timer is gone also where a signal comes between', async () => {
    const result = await run(`
      const instance = addon.openTimerInstance('/dev/snd/timer', true);
      instance.select(1, 0, -1, 0, 0);
      console.log(instance.probe());
      fault('poll', { times: 3, error: ${constants.errno.EINTR} });
      fault('POLLERR', { error: 1 });
      console.log(instance.probe());
      instance.close();`);
    expect(result).toEqual({ ...succeeded, stdout: `0\n${constants.errno.ENODEV}\n` });
  });

  it('takes periods also while its thread waits for what /proc tells of the listener', async () => {
    const result = await run(`${PUMP}
      pcm.configure(hardware);
      const lock = process.env.FAKE_ALSA + '/faults/proc';
      execFileSync('mkfifo', [lock], { env: {} });
      const pump = createPump('/proc/asound/card0/pcm1c/sub0');
      pump.keepAlive(10_000_000n, 1_000_000_000n);
      // There is no reader yet, or the thread reads, and waits until this end is closed.
      let writer;
      while (writer === undefined) {
        try {
          writer = openSync(lock, constants.O_WRONLY | constants.O_NONBLOCK);
        } catch (error) {
          if (error.code !== 'ENXIO') throw error;
        }
      }
      // Whoever waits for this lock would wait for ever.
      const watchdog = spawn('sh', ['-c', 'sleep 30; kill -9 ' + process.pid], { env: {}, detached: true });
      pump.write(new Uint8Array(1920));
      console.log(pump.stats().periods);
      process.kill(-watchdog.pid);
      remove(lock);
      closeSync(writer);
      for (const handle of [pump, pcm, timer]) handle.close();`);
    expect(result).toEqual({ ...succeeded, stdout: '1\n' });
  });
});

describe('The event loop rests', () => {
  const AFTERWARDS = `
    const afterwards = async () => {
      const { loopCount } = performance.nodeTiming.uvMetricsInfo;
      const [cpu, time] = [process.cpuUsage(), performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const { user, system } = process.cpuUsage(cpu);
      console.log(JSON.stringify({
        share: (user + system) / 1000 / (performance.now() - time),
        turns: performance.nodeTiming.uvMetricsInfo.loopCount - loopCount,
      }));
      process.exit();
    };`;
  const rests = async (code: string) => {
    const result = await run(AFTERWARDS + code);
    expect(result).toMatchObject(succeeded);
    const { share, turns } = JSON.parse(result.stdout) as { share: number; turns: number };
    expect(turns).toBeLessThan(20);
    expect(share).toBeLessThan(0.5);
  };

  it('after a loopback was closed by the handler of its error', () =>
    rests(`
      const loop = ClockedLoopback.openSync({ ...cable, idle: 'silence', graceMs: 0 });
      loop.on('error', () => {
        loop.close();
        afterwards();
      });
      while (loop.stats().insertedFrames < 480) await new Promise((resolve) => setTimeout(resolve, 5));
      fault('WRITEI', { error: 19 });
      setTimeout(() => {}, 60_000);`));

  it('after a control was closed by what it called, while somebody has a duplicate of it', () =>
    rests(`
      const control = addon.openControl('/dev/snd/controlC0');
      const links = () => Object.entries(
        Object.fromEntries(readdirSync('/proc/self/fd').map((fd) => {
          try { return [fd, readlinkSync('/proc/self/fd/' + fd)]; } catch { return [fd, '']; }
        })));
      const [descriptor] = links().filter(([, target]) => target.startsWith(process.env.FAKE_ALSA)).at(-1);
      const keeper = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', Number(descriptor)], env: {} });
      keeper.unref();
      keeper.stdin.unref();
      control.listen(() => {
        control.close();
        afterwards();
      });
      const loop = ClockedLoopback.openSync(cable);
      const capture = loop.openCapture();
      loop.write(new Uint8Array(loop.periodBytes));`));
});

describe.each(['uv', 'thread'])('A handler that %s wakes finds the asynchronous context', (wake) => {
  const woken = (code: string) => run(code, { ALSA_UTIMER_WAKE: wake });

  it('of whoever opened its emitter or listened to it first', async () => {
    const result = await woken(`
      const storage = new AsyncLocalStorage();
      const found = [];
      const note = (what) => found.push(what + ' ' + (storage.getStore() ?? 'nobody'));
      const told = (emitter, type) => once(emitter, type);
      const loops = ['first', 'second'].map((request, substream) => storage.run(request, () => {
        const loop = ClockedLoopback.openSync({ ...cable, substream, idle: 'silence', graceMs: 0 });
        loop.on('listener', () => note('listener'));
        loop.on('error', () => note('error'));
        return loop;
      }));
      const captures = [];
      for (const loop of loops) {
        captures.push(loop.openCapture());
        await once(loop, 'listener');
      }
      const failed = Promise.all(loops.map((loop) => once(loop, 'error')));
      fault('WRITEI', { error: 19 });
      const alive = setInterval(() => {}, 1000);
      await failed;
      clearInterval(alive);
      for (const each of [...captures, ...loops]) each.close();
      // A slow machine tells of more than one state of a listener.
      console.log([...new Set(found.filter((text) => text.startsWith('listener')))].join(', '));
      console.log(found.filter((text) => text.startsWith('error')).sort().join(', '));`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'listener first, listener second\nerror first, error second\n',
    });
  });

  it('of whoever opened its instance, though one call delivers to all', async () => {
    const result = await woken(`
      const storage = new AsyncLocalStorage();
      const timer = alsa.UserTimer.create({ resolutionNs: 10_000_000n });
      const found = [];
      const heard = ['first', 'second'].map((request) => storage.run(request, () => {
        const instance = alsa.TimerInstance.open(timer);
        return new Promise((resolve) => {
          instance.on('tick', () => {
            found.push(storage.getStore() ?? 'nobody');
            queueMicrotask(() => {
              found.push(storage.getStore() ?? 'nobody');
              instance.close();
              resolve();
            });
          });
          instance.start();
        });
      }));
      storage.run('whoever triggers', () => timer.trigger());
      await Promise.all(heard);
      timer.close();
      console.log(found.sort().join(', '));`);
    expect(result).toEqual({ ...succeeded, stdout: 'first, first, second, second\n' });
  });
});

describe('What nobody has closed and nobody can reach any more', () => {
  const forgotten = async (code: string) => {
    const result = await run(`
      const warnings = [];
      process.on('warning', ({ message }) => warnings.push(message.split(' was')[0]));
      const before = open();
      ${code}
      await collect(() => warnings.length > 0 && open() === before);
      for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
      console.log(warnings.join(', '));
      console.log(open() - before);`);
    expect(result.code).toBe(0);
    return result.stdout;
  };

  it.each(['stall', 'silence'])('is closed, and told once: a loopback with idle %j', async (idle) => {
    expect(await forgotten(`(() => { ClockedLoopback.openSync({ ...cable, idle: '${idle}' }); })();`)).toBe(
      'ClockedLoopback hw:0,0,0\n0\n',
    );
  });

  it('also where it has a handler that is unreferenced', async () => {
    expect(
      await forgotten(`(() => { ClockedLoopback.openSync(cable).unref().on('listener', () => {}); })();`),
    ).toBe('ClockedLoopback hw:0,0,0\n0\n');
    expect(
      await forgotten(`
        const loop = ClockedLoopback.openSync(cable);
        const without = open();
        (() => { loop.openCapture().unref().on('writer', () => {}); })();
        await collect(() => open() === without);
        loop.close();`),
    ).toBe('capture of hw:0,1,0\n0\n');
  });

  it('unless its handler keeps the event loop alive', async () => {
    const result = await run(`
      let loop = ClockedLoopback.openSync(cable).on('listener', ({ type }) => {
        console.log(type);
        capture.close();
        if (type === 'stop') process.exit();
      });
      loop = undefined;
      for (let round = 0; round < 50; round += 1) {
        gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const capture = LoopbackCapture.open({ ...cable });`);
    expect(result).toEqual({ ...succeeded, stdout: 'start\nstop\n' });
  });
});

describe('A cable that is free', () => {
  it('is the first that nobody has open at either end, and the error names who has them all', async () => {
    const result = await run(`
      // A playback in the other direction is of another cable.
      const ends = [LoopbackCapture.open({ ...cable, substream: 1 }), LoopbackCapture.open({ ...cable, device: 0, substream: 2 })];
      const loops = [await ClockedLoopback.open({ ...cable, substream: 3 })];
      const free = { ...cable, substream: 'free' };
      for (let i = 0; i < 6; i += 1) loops.push(i % 2 ? ClockedLoopback.openSync(free) : await ClockedLoopback.open(free));
      console.log(loops.map(({ substream }) => substream).join(' '));
      const timers = addon.createUtimer('/dev/snd/timer', 10_000_000n);
      const next = timers.id;
      try {
        ClockedLoopback.openSync(free);
      } catch ({ code, hint, message }) {
        console.log(code, message.includes('None of the 8 substreams of loopback card 0'));
        console.log(hint.replaceAll(/[^ ]+ [(]process [0-9]+[)]/g, 'WHO'));
      }
      timers.close();
      loops[4].close();
      loops[4] = await ClockedLoopback.open(free);
      console.log(loops[4].listenerName, loops[4].timerId < next);
      for (const end of [...ends, ...loops]) end.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout:
        '3 0 2 4 5 6 7\nERR_NO_FREE_SUBSTREAM true\n' +
        // The fake has one process.
        'Now WHO holds playback hw:0,0,0, hw:0,0,2, hw:0,0,3, hw:0,0,4, hw:0,0,5, hw:0,0,6, hw:0,0,7 and ' +
        'capture hw:0,1,1. LoopbackCard.loadAll() makes more cards.\nhw:0,1,5 true\n0\n',
    });
  });
});

describe('Opening a cable while somebody has the lock of its card', () => {
  it('waits without the event loop, until the lock is free or a signal ends the wait', async () => {
    const result = await run(`
      const lock = addon.lockFile('/dev/snd/controlC0');
      const abort = new AbortController();
      const given = ClockedLoopback.open({ ...cable, signal: abort.signal }).catch(({ message }) => console.log(message));
      setImmediate(() => abort.abort(new Error('enough')));
      await given;
      const opening = ClockedLoopback.open(cable);
      setImmediate(() => {
        console.log('free');
        lock.close();
      });
      const loop = await opening;
      console.log(loop.listenerName);
      loop.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'enough\nfree\nhw:0,1,0\n0\n' });
  });

  it('fails at once where it must not wait, and leaves nothing open', async () => {
    const result = await run(`
      const lock = addon.lockFile('/dev/snd/controlC0');
      try {
        ClockedLoopback.openSync(cable);
      } catch ({ code, path }) {
        console.log(code, path);
      }
      lock.close();
      ClockedLoopback.openSync(cable).close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'ERR_CARD_LOCKED /dev/snd/controlC0\n0\n' });
  });

  it('finds the holder of a lock in /proc/locks', async () => {
    const result = await run(`
      const { lockHolder } = await import(new URL('./dist/tools.js', 'file://' + process.cwd() + '/'));
      const path = process.env.FAKE_ALSA + '/file';
      writeText(path, '');
      console.log(lockHolder(path), lockHolder('/nowhere'));
      const holder = spawn('flock', [path, 'sh', '-c', 'echo held; exec sleep 1000'], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
      await once(holder.stdout, 'data');
      console.log(lockHolder(path) === holder.pid);
      process.kill(Number(execFileSync('pgrep', ['-P', String(holder.pid)], { env: {} })));
      await once(holder, 'exit');
      console.log(lockHolder(path));`);
    expect(result).toEqual({ ...succeeded, stdout: 'undefined undefined\ntrue\nundefined\n' });
  });
});
