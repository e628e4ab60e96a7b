// What AsyncLocalStorage gives in a callback from the event loop: what it gave whoever waits for that, and never what it gave
// somebody else, for instance the first of the thread to wait for anything.
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';

const PRELUDE = `
  import { AsyncLocalStorage } from 'node:async_hooks';
  import { execFileSync } from 'node:child_process';
  import { createSocket } from 'node:dgram';
  import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
  const { receive } = await import(new URL('tools.js', alsaUrl).href);
  const folder = mkdtempSync('/tmp/alsa-utimer-context-');
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const storage = new AsyncLocalStorage();
  const fifo = (name) => {
    execFileSync('mkfifo', [folder + '/' + name]);
    return [folder + '/' + name, openSync(folder + '/' + name, 'r+')];
  };
  const print = (value) => console.log(JSON.stringify(value));
  /** A watcher of the request, which is called back, and what its callback found. */
  const watch = (request, name) => storage.run({ request }, async () => {
    const [path, writer] = fifo(name);
    const watcher = addon.watchPcm(addon.openPcm(path, false, '', -1));
    const found = await new Promise((resolve) => {
      watcher.arm(() => resolve(storage.getStore()?.request ?? 'nobody'));
      storage.run({ request: 'another' }, () => writeSync(writer, 'x'));
    });
    watcher.close();
    return found;
  });`;

async function printed(code: string): Promise<unknown> {
  const url = new URL('../../dist/index.js', import.meta.url).href;
  const result = await runChild(`const alsaUrl = ${JSON.stringify(url)};${PRELUDE}${code}`);
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(result.stdout);
}

describe('A callback finds the asynchronous context', () => {
  it('of whoever waits for a PCM', async () => {
    expect(await printed(`print([await watch('first', 'a'), await watch('second', 'b')]);`)).toEqual([
      'first',
      'second',
    ]);
  });

  it('of whoever opened a socket', async () => {
    const code = `
      await watch('first', 'a');
      const found = await new Promise((resolve) => storage.run({ request: 'second' }, () => {
        const socket = addon.openDatagramSocket('127.0.0.1', 0, 0, false);
        const sender = createSocket('udp4');
        socket.listen(new Uint8Array(64), new Int32Array(1), null, new BigInt64Array(1), () => {
          socket.close();
          sender.close();
          resolve(storage.getStore()?.request ?? 'nobody');
        });
        sender.send('x', socket.local().port, '127.0.0.1');
      }));
      print(found);`;
    expect(await printed(code)).toBe('second');
  });

  it('of whoever listens to a timer, though one call brings the records of all', async () => {
    const code = `
      const found = [];
      const listen = (request, name) => storage.run({ request }, () => {
        const [path, writer] = fifo(name);
        const handle = addon.openTimerInstance(path, false);
        const told = Promise.withResolvers?.() ?? {};
        told.promise ??= new Promise((resolve) => (told.resolve = resolve));
        const leave = receive(handle, {
          receive: () => {
            found.push(storage.getStore()?.request ?? 'nobody');
            leave();
            told.resolve();
          },
          check: () => {},
        });
        return { writer, told: told.promise };
      });
      const listeners = ['first', 'second', 'third'].map((name) => listen(name, name));
      for (const { writer } of listeners) writeSync(writer, Uint32Array.of(10, 1));
      await Promise.all(listeners.map(({ told }) => told));
      print(found.sort());`;
    expect(await printed(code)).toEqual(['first', 'second', 'third']);
  });

  it('of nobody where the addon calls for all', async () => {
    const code = `
      const [path, writer] = fifo('a');
      const found = await new Promise((resolve) => storage.run({ request: 'first' }, () => {
        const handle = addon.openTimerInstance(path, false);
        const records = addon.createTimerRecords(new ArrayBuffer(1024 * 16 + 64), 1024, () => {
          handle.close();
          resolve(storage.getStore()?.request ?? 'nobody');
        });
        handle.listen(records, 0);
        writeSync(writer, Uint32Array.of(10, 1));
      }));
      print(found);`;
    expect(await printed(code)).toBe('nobody');
  });
});

describe('What somebody has stored', () => {
  it('is let go once nobody waits any more', async () => {
    const code = `
      let freed = 0;
      const registry = new FinalizationRegistry(() => (freed += 1));
      const request = async (name) => {
        const store = { name };
        registry.register(store);
        await storage.run(store, async () => {
          const [path, writer] = fifo(name + ' watcher');
          const watcher = addon.watchPcm(addon.openPcm(path, false, '', -1));
          await new Promise((resolve) => { watcher.arm(resolve); writeSync(writer, 'x'); });
          watcher.close();
        });
        await storage.run(store, async () => {
          const [path, writer] = fifo(name);
          const handle = addon.openTimerInstance(path, false);
          await new Promise((resolve) => {
            const leave = receive(handle, { receive: () => { leave(); resolve(); }, check: () => {} });
            writeSync(writer, Uint32Array.of(10, 1));
          });
          handle.close();
        });
      };
      // The engine may keep the last one in a register.
      for (const name of ['first', 'second', 'third', 'last']) await request(name);
      await collect(() => freed >= 3);
      print(freed >= 3);`;
    expect(await printed(code)).toBe(true);
  });
});
