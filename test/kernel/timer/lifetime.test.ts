// How listeners live and die with their process, worker, event loop and garbage, on a real kernel. /proc/self/fd is the
// judge, and the clients that the kernel counts.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runChild } from '../../support/child.js';

/** The timer is held to the end: what a module does not name any more may be collected, and so it is by Node.js 26. */
const TIMER = `const timer = alsa.UserTimer.create({ resolutionNs: 10_000_000n });
  process.once('exit', () => timer);
  const open = () => descriptors()['/dev/snd/timer'] ?? 0;`;

describe('A listener', () => {
  it('keeps the process alive while it waits, and lets it end when it was told so or is closed', async () => {
    const waiting = await runChild(`${TIMER}
      const instance = alsa.TimerInstance.open(timer);
      instance.on('tick', (event) => { console.log('ticked'); instance.close(); });
      instance.start();
      setTimeout(() => timer.trigger(), 100).unref();
      // Not the timeout, but the listener is what the process lives for.`);
    expect(waiting).toEqual({ code: 0, signal: null, stdout: 'ticked\n', stderr: '' });
    const unreferenced = await runChild(`${TIMER}
      const instance = alsa.TimerInstance.open(timer).unref();
      instance.on('tick', () => {});
      instance.start();`);
    expect(unreferenced).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    const broken = await runChild(`${TIMER}
      const instance = alsa.TimerInstance.open(timer);
      for await (const event of (timer.trigger(), instance.start(), timer.trigger(), instance)) break;
      console.log('ended');`);
    expect(broken).toEqual({ code: 0, signal: null, stdout: 'ended\n', stderr: '' });
  });

  it('lets the process end when read() has found the end of its timer', async () => {
    const result = await runChild(`${TIMER}
      const [heard, silent] = [alsa.TimerInstance.open(timer), alsa.TimerInstance.open(timer)];
      heard.on('end', () => { console.log('ended'); heard.close(); });
      silent.on('tick', () => {});
      for (const instance of [heard, silent]) instance.start();
      timer.close();
      for (const instance of [heard, silent]) instance.read();`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'ended\n', stderr: '' });
  });

  it('may be waiting when the process exits', async () => {
    expect(
      await runChild(`${TIMER}
      const instance = alsa.TimerInstance.open(timer);
      instance.on('tick', () => process.exit(3));
      instance.start();
      timer.trigger();`),
    ).toEqual({ code: 3, signal: null, stdout: '', stderr: '' });
  });

  it('makes what a handler throws an uncaught exception', async () => {
    const result = await runChild(`${TIMER}
      process.on('uncaughtException', (error) => { console.log(error.message); instance.close(); });
      const instance = alsa.TimerInstance.open(timer);
      instance.on('tick', () => { throw new Error('mine'); });
      instance.start();
      timer.trigger();`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'mine\n', stderr: '' });
  });

  it('closes and warns when it is collected while open, also after an iteration', async () => {
    const result = await runChild(`${TIMER}
      const warnings = [];
      process.on('warning', (warning) => warnings.push([warning.code, warning.message]));
      await (async () => {
        const instance = alsa.TimerInstance.open(timer);
        instance.start();
        timer.trigger();
        for await (const event of instance) break;
      })();
      (() => { alsa.TimerInstance.open(timer).start(); })();
      await collect(() => warnings.length > 1);
      console.log(JSON.stringify({ warnings, left: open() }));`);
    expect(result).toMatchObject({ code: 0, signal: null });
    const warning = ['ALSA_UTIMER_LEAK', expect.stringContaining('instance of userspace-driven timer 0')];
    expect(JSON.parse(result.stdout)).toEqual({ warnings: [warning, warning], left: 0 });
  });

  it('leaks nothing over many openings', async () => {
    const result = await runChild(`${TIMER}
      for (let i = 0; i < 300; i += 1) {
        const instance = alsa.TimerInstance.open(timer);
        instance.on('tick', () => {});
        instance.start();
        timer.trigger();
        if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        instance.close();
      }
      console.log(open(), alsa.timerInfo(timer).clients);`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0 0\n', stderr: '' });
  });

  it('works in a worker, and goes with it, terminated at any moment', async () => {
    const result = await runChild(`${TIMER}
      const id = timer.id;
      const code = (id, round) => \`
        const instances = [];
        for (let i = 0; i < 5; i += 1) {
          const instance = alsa.TimerInstance.open(alsa.userTimerId(\${id}));
          instance.on('tick', (event) => parentPort.postMessage(event.count));
          instance.start();
          (async () => { for await (const event of instance) if (event.count > 1e9) break; })();
          instances.push(instance);
        }
        parentPort.postMessage('listening');
        let rounds = 0;
        const churn = () => {
          const instance = instances.shift();
          if (rounds++ % 2) instance.close();
          const next = alsa.TimerInstance.open(alsa.userTimerId(\${id}));
          next.on('tick', () => {});
          next.start();
          instances.push(next);
          setImmediate(churn);
        };
        if (\${round % 2} === 0) churn();\`;
      let delivered = 0;
      for (let round = 0; round < 12; round += 1) {
        const worker = startWorker(code(id, round));
        await once(worker, 'message');
        worker.on('message', () => { delivered += 1; });
        if (round % 4 > 0) for (let i = 0; i < round * 20; i += 1) timer.trigger();
        if (round % 4 > 1) await new Promise((resolve) => setImmediate(resolve));
        if (round % 4 > 2) {
          const before = delivered;
          while (delivered === before) {
            timer.trigger();
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
        await worker.terminate();
      }
      console.log(open(), alsa.timerInfo(timer).clients, delivered > 0);`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0 0 true\n', stderr: '' });
  });

  it.each([
    ['through', ''],
    ['says so without', 'mount -t tmpfs none /proc/asound &&'],
  ])('finds its number among masters in a PID namespace %s /proc/asound', async (_, hide) => {
    const shell = ['sh', '-c', `${hide} exec "$0" "$@"`];
    const result = await runChild(
      `${TIMER}
      const master = alsa.TimerInstance.open(timer);
      const other = alsa.TimerInstance.open(alsa.globalTimerId('system'));
      master.start();
      try {
        const id = master.slaveTimerId();
        other.close();
        const slave = alsa.TimerInstance.open(id);
        slave.start();
        timer.trigger();
        console.log(process.pid, slave.read().map(({ count }) => count), id.device > 1);
        slave.close();
      } catch (error) {
        console.log(process.pid, error.code, error.hint.includes('/proc/asound/timers'));
      }
      other.close();
      master.close();`,
      [],
      { through: ['unshare', '--pid', '--fork', '--mount-proc', ...shell] },
    );
    const found = hide ? '1 ERR_PID_NAMESPACE true\n' : '1 [ 1 ] true\n';
    expect(result).toEqual({ code: 0, signal: null, stdout: found, stderr: '' });
  });

  it('leaves no timer and no client behind in the system', () => {
    const lines = readFileSync('/proc/asound/timers', 'utf8').split('\n');
    expect(lines.filter((line) => line.startsWith('G4:'))).toEqual([]);
    expect(lines.filter((line) => line.includes('Client application'))).toEqual([]);
  });
});
