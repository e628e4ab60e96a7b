// Pacers on a real kernel: whatever the machine does meanwhile, listeners get as many ticks as the pacer counts.
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Pacer, type PacerOptions, type Pacing } from '../../../lib/clock/index.js';
import { globalTimerId, TimerInstance, UserTimer } from '../../../lib/index.js';
import { runChild } from '../../support/child.js';

const PERIOD = { rate: 48_000, periodFrames: 480, maxBurst: 1_000_000 } as const;

const opened: Disposable[] = [];
const use = <T extends Disposable>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
});

const pacer = (options?: PacerOptions) => use(Pacer.open(options));
const timer = () => use(UserTimer.create({ rate: 48_000, periodFrames: 480 }));
const listener = (of: UserTimer) => {
  const instance = use(TimerInstance.open(of));
  instance.start();
  return instance;
};
const heardBy = (instance: TimerInstance) =>
  instance.read().reduce((sum, event) => sum + (event.type === 'tick' ? BigInt(event.count) : 0n), 0n);

async function ticks(pacing: Pacing, count: bigint): Promise<void> {
  while (pacing.stats().ticks < count) await once(pacing, 'tick');
}

describe('A pacer', () => {
  it('ticks a timer as often as it counts, and not again once it is closed', async () => {
    const paced = timer();
    const instance = listener(paced);
    const pacing = pacer().start(paced, PERIOD);
    await ticks(pacing, 100n);
    pacing.close();
    const heard = heardBy(instance);
    expect(pacing.stats()).toMatchObject({
      ticks: heard,
      missed: 0n,
      underruns: 0n,
      state: 'free',
      steps: 0,
    });
    expect(heard).toBeGreaterThanOrEqual(100n);
    paced.trigger();
    expect(heardBy(instance)).toBe(1n);
  });

  it('goes on while the event loop is busy', () => {
    const paced = timer();
    const pacing = pacer().start(paced, PERIOD);
    while (pacing.stats().ticks < 20n);
    expect(pacing.stats().missed).toBe(0n);
  });

  it('has all the ends of a rate that changes, without a jump', async () => {
    const paced = timer();
    const instance = listener(paced);
    const pacing = pacer().start(paced, PERIOD);
    for (const ppb of [100_000, -100_000, 400_000_000, 0]) {
      pacing.setPpb(ppb);
      await ticks(pacing, pacing.stats().ticks + 20n);
      expect(pacing.stats()).toMatchObject({ ppb, missed: 0n });
    }
    pacing.close();
    expect(heardBy(instance)).toBe(pacing.stats().ticks);
  });

  it('serves all timers of the system in one thread', async () => {
    const timers = Array.from({ length: 128 }, timer);
    const instances = timers.map(listener);
    const one = pacer({ priority: 10, lockMemory: true });
    expect(one.scheduling).toEqual({
      policy: 'fifo',
      priority: 10,
      cpu: undefined,
      memoryLocked: true,
      refused: [],
    });
    const pacings = timers.map((paced) => one.start(paced, { ...PERIOD, periodFrames: 4_800 }));
    for (const pacing of pacings) await ticks(pacing, 5n);
    one.close();
    for (const [i, pacing] of pacings.entries()) {
      const { ticks: counted, missed } = pacing.stats();
      expect([heardBy(instances[i] as TimerInstance), missed]).toEqual([counted, 0n]);
    }
  });

  it('moves what it missed while its process was stopped', async () => {
    const result = await runChild(`
      import { spawn } from 'node:child_process';
      const { Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
      const timer = alsa.UserTimer.create({ rate: 48_000, periodFrames: 48 });
      const instance = alsa.TimerInstance.open(timer);
      instance.start();
      const pacing = Pacer.open().start(timer, { rate: 48_000, periodFrames: 48, maxBurst: 1_000_000 });
      const stop = spawn('sh', ['-c', 'kill -STOP $PPID; sleep 0.2; kill -CONT $PPID']);
      await once(stop, 'exit');
      while (pacing.stats().caughtUp < 100n) await once(pacing, 'late');
      pacing.close();
      let heard = 0n;
      for (const event of instance.read()) heard += BigInt(event.count);
      console.log(heard === pacing.stats().ticks, pacing.stats().missed);
      process.exit();`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'true 0n\n', stderr: '' });
  });

  it("follows the kernel's own timers, by as many ticks as they make", async () => {
    for (const [id, intervalTicks] of [
      [globalTimerId('hrtimer'), 5_000_000],
      [globalTimerId('system'), 1],
    ] as const) {
      const paced = timer();
      const instance = listener(paced);
      const source = use(TimerInstance.open(id, { intervalTicks }));
      const pacing = pacer().follow(paced, source, { maxBurst: 1_000_000 });
      source.start();
      await ticks(pacing, 50n);
      source.stop();
      pacing.close();
      expect(pacing.stats()).toMatchObject({ missed: 0n, underruns: 0n });
      expect(heardBy(instance)).toBe(pacing.stats().ticks);
    }
  });

  it('goes with its worker, and its timers with it', async () => {
    const result = await runChild(`
      const code = \`
        const { Pacer } = await import('file://' + process.cwd() + '/dist/clock/index.js');
        const pacer = Pacer.open();
        const kept = Array.from({ length: 16 }, () => {
          const timer = alsa.UserTimer.create({ rate: 48_000, periodFrames: 48 });
          return pacer.start(timer, { rate: 48_000, periodFrames: 48 });
        });
        for (const pacing of kept) pacing.on('tick', () => parentPort.postMessage('ticking'));\`;
      const tasks = () => readdirSync('/proc/self/task').length;
      await once(startWorker(''), 'exit');
      const before = tasks();
      for (let round = 0; round < 5; round += 1) {
        const worker = startWorker(code);
        await once(worker, 'message');
        await worker.terminate();
      }
      // The kernel lists a thread for a little longer than it takes to join it.
      while (tasks() > before) await new Promise((resolve) => setImmediate(resolve));
      console.log(Object.keys(descriptors()).filter((target) => target.includes('utimer')).length);`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });
});
