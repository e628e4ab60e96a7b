// The workers of the scenarios.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

if (workerData.write) await write(workerData.write, workerData.records);
if (workerData.churn) await churn(workerData.churn);
if (workerData.leave) await leave(workerData.leave);

/** Writes each record into each FIFO, as fast as they are read. */
async function write(/** @type {string[]} */ paths, /** @type {number} */ records) {
  const ends = paths.map((path) => ({
    fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
    last: 0,
  }));
  while (ends.some(({ last }) => last < records)) {
    for (const end of ends) {
      try {
        for (let i = 0; i < 50 && end.last < records; i += 1) {
          writeSync(end.fd, Uint32Array.of(10, end.last + 1));
          end.last += 1;
        }
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The readers read still, and must not find a hang-up.
  await new Promise((resolve) => parentPort?.once('message', resolve));
  for (const { fd } of ends) closeSync(fd);
}

/** Listens, and opens and closes, until it is terminated. */
async function churn(/** @type {string} */ path) {
  const { addon, gather } = await import('./stage.mjs');
  const handles = [];
  const all = gather(() => parentPort?.postMessage('told'));
  const listen = () => {
    const handle = addon.openTimerInstance(path, false);
    handle.listen(all, 0);
    handles.push(handle);
    const watcher = addon.watchPcm(addon.openPcm(path, false, '', -1));
    watcher.arm(() => watcher.close());
    handles.push(watcher);
    while (handles.length > 10) handles.shift()?.close();
  };
  for (let i = 0; i < 10; i += 1) listen();
  parentPort?.postMessage('listening');
  const again = () => {
    listen();
    setImmediate(again);
  };
  again();
}

/** Listens without keeping itself alive. */
async function leave(/** @type {string} */ path) {
  const { addon, gather } = await import('./stage.mjs');
  const handle = addon.openTimerInstance(path, false);
  handle.setRef(false);
  handle.listen(
    gather(() => {}),
    0,
  );
}
