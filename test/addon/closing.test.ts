// What is closed in the middle of being delivered leaves nothing behind in the event loop, whoever else has its
// descriptor: epoll goes on reporting a descriptor that was closed while it was watched as long as a duplicate is open.
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';

/** A FIFO, a process that keeps a duplicate of a descriptor, and what the event loop does in a second without work. */
const PRELUDE = `
  import { execFileSync, spawn } from 'node:child_process';
  import { createSocket } from 'node:dgram';
  import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const folder = mkdtempSync('/tmp/alsa-utimer-closing-');
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const path = folder + '/fifo';
  execFileSync('mkfifo', [path]);
  const writer = openSync(path, 'r+');
  /** What open() returns, and the one descriptor that it has opened. */
  const opened = (open) => {
    const known = () => readdirSync('/proc/self/fd').filter((fd) => {
      try { return readlinkSync('/proc/self/fd/' + fd); } catch { return false; }
    });
    const before = new Set(known());
    const handle = open();
    return [handle, Number(known().find((fd) => !before.has(fd)))];
  };
  const keep = (descriptor) => {
    // Its stdin ends with this process, and it with that.
    const keeper = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', descriptor] });
    keeper.unref();
    keeper.stdin.unref();
  };
  const afterwards = async () => {
    const { loopCount } = performance.nodeTiming.uvMetricsInfo;
    const [cpu, time] = [process.cpuUsage(), performance.now()];
    await sleep(1000);
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({
      share: (user + system) / 1000 / (performance.now() - time),
      turns: performance.nodeTiming.uvMetricsInfo.loopCount - loopCount,
    }));
    process.exit();
  };`;

async function closed(code: string): Promise<void> {
  const result = await runChild(PRELUDE + code);
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
  const { share, turns } = JSON.parse(result.stdout) as { share: number; turns: number };
  // One that is woken all the time takes all the processor that it gets. On a busy machine that is not much, but still
  // dozens of turns, each of which asks epoll 48 times.
  expect(turns).toBeLessThan(20);
  expect(share).toBeLessThan(0.5);
}

describe('The event loop rests after a call that closed', () => {
  it('the watcher that called', () =>
    closed(`
      const pcm = addon.openPcm(path, false, '', -1);
      const watcher = addon.watchPcm(pcm);
      watcher.arm(() => { watcher.close(); afterwards(); });
      writeSync(writer, 'x');`));

  it('another watcher that is ready as well', () =>
    closed(`
      const pcm = addon.openPcm(path, false, '', -1);
      const watchers = [addon.watchPcm(pcm), addon.watchPcm(pcm)];
      let calls = 0;
      for (const watcher of watchers) {
        watcher.arm(() => {
          for (const each of watchers) each.close();
          calls += 1;
          if (calls === 1) afterwards();
        });
      }
      writeSync(writer, 'x');`));

  it('a watcher that waits', () =>
    closed(`
      const pcm = addon.openPcm(path, false, '', -1);
      const watcher = addon.watchPcm(pcm);
      watcher.arm(() => {});
      await sleep(10);
      watcher.close();
      writeSync(writer, 'x');
      afterwards();`));

  it('a timer instance', () =>
    closed(`
      const [instance, descriptor] = opened(() => addon.openTimerInstance(path, false));
      keep(descriptor);
      instance.listen(addon.createTimerRecords(new ArrayBuffer(1024 * 16 + 64), 1024, () => {
        instance.close();
        writeSync(writer, Uint32Array.of(10, 1));
        afterwards();
      }), 0);
      writeSync(writer, Uint32Array.of(10, 1));`));

  it('a datagram socket', () =>
    closed(`
      const [socket, descriptor] = opened(() => addon.openDatagramSocket('127.0.0.1', 0, 0, false));
      keep(descriptor);
      const { port } = socket.local();
      const sender = createSocket('udp4');
      const send = () => new Promise((resolve) => sender.send('x', port, '127.0.0.1', resolve));
      socket.listen(new Uint8Array(64), new Int32Array(1), null, new BigInt64Array(1), async () => {
        socket.close();
        await send();
        sender.close();
        afterwards();
      });
      await send();`));
});
