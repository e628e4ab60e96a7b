// The contract of waiting for descriptors, for every runtime and every wake: each scenario is a process, which prints what
// test/support/readiness-contract.ts expects. Run as: RUNTIME scenarios.mjs NAME.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createSocket } from 'node:dgram';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import {
  addon,
  descriptorsOf,
  fifo,
  gather,
  instance,
  print,
  threads,
  turn,
  watch,
  watched,
} from './stage.mjs';

/** @type {Record<string, () => void | Promise<void>>} */
const scenarios = {
  /** Four writers in a thread of their own, while this one reads. */
  async order() {
    const [writers, records] = [4, 20_000];
    const last = Array(writers).fill(0);
    let wrong = 0;
    /** @type {Worker | undefined} */
    let writer;
    const instances = Array.from({ length: writers }, () => instance());
    await new Promise((resolve) => {
      const all = gather((batches) => {
        for (const [slot, ticks] of batches) {
          for (const tick of Array.isArray(ticks) ? ticks : [Number.NaN]) {
            if (tick !== last[slot] + 1) wrong += 1;
            last[slot] = tick;
          }
        }
        if (last.every((tick) => tick === records)) resolve(undefined);
      });
      for (const [slot, { handle }] of instances.entries()) handle.listen(all, slot);
      const workerData = { write: instances.map(({ path }) => path), records };
      writer = new Worker(new URL('worker.mjs', import.meta.url), { workerData });
    });
    writer?.postMessage('all was read');
    for (const { handle } of instances) handle.close();
    print({ wrong });
  },

  async together() {
    const instances = Array.from({ length: 20 }, () => instance());
    const calls = [];
    await new Promise((resolve) => {
      const all = gather((batches) => {
        calls.push(batches.length);
        resolve(undefined);
      });
      for (const [slot, { handle, tick }] of instances.entries()) {
        handle.listen(all, slot);
        tick(1);
      }
    });
    for (const { handle } of instances) handle.close();
    print(calls);
  },

  async again() {
    const { handle, tick } = instance();
    const seen = [];
    let next = () => {};
    const called = () => new Promise((resolve) => (next = () => resolve(undefined)));
    const all = gather((batches) => {
      seen.push(...batches);
      next();
    });
    handle.listen(all, 1);
    handle.unlisten();
    handle.listen(all, 2);
    let told = called();
    tick(1);
    await told;
    // Something comes while nobody listens.
    handle.unlisten();
    tick(2);
    for (let i = 0; i < 20; i += 1) await turn();
    told = called();
    handle.listen(all, 3);
    await told;
    told = called();
    tick(3);
    await told;
    handle.close();
    print(seen);
  },

  async watcher() {
    const { watcher, tick } = watched();
    let calls = 0;
    tick(1);
    for (let i = 0; i < 3; i += 1) {
      await new Promise((resolve) =>
        watcher.arm(() => {
          calls += 1;
          resolve(undefined);
        }),
      );
    }
    // Ready all the time, and not armed.
    for (let i = 0; i < 20; i += 1) await turn();
    watcher.arm(() => print('disarmed, and called'));
    watcher.disarm();
    for (let i = 0; i < 20; i += 1) await turn();
    print(calls);
  },

  /** Nothing else keeps the process alive. */
  ref() {
    const { handle, tick } = instance();
    handle.listen(
      gather(() => {
        print('called');
        handle.close();
      }),
      0,
    );
    handle.setRef(false);
    handle.setRef(true);
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { idle: true } });
    worker.on('exit', () => tick(1));
  },

  unref() {
    const { handle } = instance();
    handle.setRef(false);
    handle.listen(
      gather(() => {}),
      0,
    );
    const { watcher } = watched();
    watcher.arm(() => {});
    watcher.setRef(false);
    const stopped = instance();
    stopped.handle.listen(
      gather(() => {}),
      0,
    );
    stopped.handle.unlisten();
    print('ends');
  },

  /** The kernel reports a hang-up for ever. The process ends when the addon has told it once. */
  hangup() {
    const { handle, tick, hangUp } = instance();
    const seen = [];
    handle.listen(
      gather((batches) => seen.push(...batches)),
      7,
    );
    tick(1);
    hangUp();
    process.on('exit', () => print(seen));
  },

  /** Of two that are ready the one that comes first closes both; a third opens on a descriptor of theirs. */
  async closing() {
    let wrong = 0;
    const [ready, third] = [fifo(), fifo()];
    ready.tick(1);
    for (let round = 0; round < 300; round += 1) {
      const pair = [watch(ready.path), watch(ready.path)];
      const later = await new Promise((resolve) => {
        let told = false;
        for (const watcher of pair) {
          watcher.arm(() => {
            if (told) wrong += 1;
            told = true;
            for (const each of pair) each.close();
            resolve(addon.openTimerInstance(third.path, false));
          });
        }
        if (round % 3 === 0) pair[0].close();
      });
      await new Promise((resolve) => {
        const all = gather(([[slot, ticks]]) => {
          if (slot !== 5 || String(ticks) !== '9') wrong += 1;
          resolve(undefined);
        });
        later.listen(all, 5);
        third.tick(9);
      });
      later.close();
    }
    print({ wrong });
  },

  exitInside() {
    const { handle, tick } = instance();
    handle.listen(
      gather(() => process.exit(3)),
      0,
    );
    tick(1);
  },

  async exitWhileOpen() {
    for (let i = 0; i < 10; i += 1) {
      const { handle } = instance();
      const { watcher } = watched();
      handle.listen(
        gather(() => {}),
        0,
      );
      watcher.arm(() => {});
    }
    await turn();
    process.exit(4);
  },

  /** Three callbacks of one turn throw. */
  throws() {
    const errors = [];
    process.on('uncaughtException', (error) => {
      errors.push(error.message);
      if (errors.length === 3) print(errors.toSorted());
    });
    for (const name of ['a', 'b']) {
      const { watcher, tick } = watched();
      watcher.arm(() => {
        watcher.close();
        throw new Error(name);
      });
      tick(1);
    }
    const { handle, tick } = instance();
    handle.listen(
      gather(() => {
        handle.close();
        throw new Error('c');
      }),
      0,
    );
    tick(1);
  },

  /** Nothing but the callback makes the runtime run what it has queued. */
  queued() {
    const order = [];
    const late = setTimeout(() => print('nothing ran it'), 60_000);
    const { watcher, tick } = watched();
    watcher.arm(() => {
      watcher.close();
      process.nextTick(() => order.push('nextTick'));
      Promise.resolve()
        .then(() => order.push('promise'))
        .then(() => {
          clearTimeout(late);
          print(order);
        });
    });
    tick(1);
  },

  async context() {
    const storage = new AsyncLocalStorage();
    const found = [];
    const ask = (name) =>
      storage.run(name, () => {
        const { watcher, tick } = watched();
        return new Promise((resolve) => {
          watcher.arm(() => {
            found.push(storage.getStore());
            Promise.resolve().then(() => {
              found.push(storage.getStore());
              watcher.close();
              resolve(undefined);
            });
          });
          storage.run('whoever wrote', () => tick(1));
        });
      });
    await ask('first');
    await ask('second');
    await new Promise((resolve) =>
      storage.run('socket', () => {
        const socket = addon.openDatagramSocket('127.0.0.1', 0, 0, false);
        const sender = createSocket('udp4');
        socket.listen(new Uint8Array(64), new Int32Array(1), null, new BigInt64Array(1), () => {
          found.push(storage.getStore());
          socket.close();
          sender.close();
          resolve(undefined);
        });
        sender.send('x', socket.local().port, '127.0.0.1');
      }),
    );
    print(found);
  },

  /** No descriptor and no thread stays behind. */
  async workers() {
    const { path, tick } = fifo();
    const settled = async () => {
      const before = [descriptorsOf(path), threads()];
      for (let i = 0; i < 20; i += 1) await turn();
      return before;
    };
    const round = async (/** @type {number} */ number) => {
      const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { churn: path } });
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      for (let i = 0; i < number % 7; i += 1) {
        tick(1, 2);
        await turn();
      }
      await worker.terminate();
    };
    // The runtime starts threads of its own for the first.
    for (let i = 0; i < 3; i += 1) await round(i);
    const [, few] = await settled();
    for (let i = 0; i < 20; i += 1) await round(i);
    let [descriptors, many] = await settled();
    // A thread of the runtime's own may be ending still.
    const patience = Date.now() + 30_000;
    while ((descriptors !== 1 || many > few) && Date.now() < patience) [descriptors, many] = await settled();
    print({ descriptors, more: Math.max(many - few, 0) });
  },

  /** A worker that ends by itself while it waits. */
  async workerEnds() {
    const { path } = fifo();
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { leave: path } });
    await new Promise((resolve, reject) => {
      worker.once('exit', resolve);
      worker.once('error', reject);
    });
    print(descriptorsOf(path));
  },

  errors() {
    const thrown = [];
    const opened = addon.openTimerInstance('/dev/null', false);
    const none = gather(() => {});
    for (const call of [
      () => addon.openTimerInstance('/nonexistent', false),
      () => opened.start(),
      () => opened.listen(none, 0),
      () => {
        opened.close();
        opened.listen(none, 0);
      },
      () => addon.watchPcm(/** @type {never} */ ({})),
    ]) {
      try {
        call();
      } catch (error) {
        thrown.push([error.code ?? error.name, error.errno ?? 0, error.syscall ?? '']);
      }
    }
    print(thrown);
  },

  /** What ALSA_UTIMER_WAKE says is no wake of this runtime. */
  refused() {
    try {
      instance().handle.listen(
        gather(() => {}),
        0,
      );
    } catch (error) {
      print(error.message);
    }
  },
};

await scenarios[process.argv[2]]();
