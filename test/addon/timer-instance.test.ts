// Timer instances without a timer: a FIFO takes the place of the device. It polls and reads as one, and knows no ioctl.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TimerInstanceHandle } from '../../lib/native/binding.js';
import { loadAddon } from '../support/addon.js';
import { runChild } from '../support/child.js';

const addon = loadAddon();

let folder: string;
let path: string;
let writer: number;
const handles: TimerInstanceHandle[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-fifo-'));
  path = join(folder, 'timer');
  execFileSync('mkfifo', [path]);
  writer = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
});
afterEach(() => {
  for (const handle of handles.splice(0)) handle.close();
  closeSync(writer);
  rmSync(folder, { recursive: true });
});

function open(): TimerInstanceHandle {
  const handle = addon.openTimerInstance(path, false);
  handles.push(handle);
  return handle;
}
const write = (...numbers: number[]) => writeSync(writer, Uint32Array.from(numbers));
const words = (records: BigInt64Array) => [...new Uint32Array(records.buffer)];

const CAPACITY = 2048;
/** Calls back with [slot, values of the records or what is there instead of a count] of each batch. */
function gather(callback: (batches: [slot: number, values: number[] | number][]) => void, batchRoom = 64) {
  const memory = new ArrayBuffer(CAPACITY * 16 + batchRoom * 8);
  const numbers = new Uint32Array(memory);
  const notes = new Int32Array(memory, CAPACITY * 16);
  const records = addon.createTimerRecords(memory, CAPACITY, (batches) => {
    let next = 0;
    callback(
      Array.from({ length: batches }, (_, i) => {
        const [slot, count] = notes.subarray(2 * i, 2 * i + 2) as unknown as [number, number];
        if (count <= 0) return [slot, count];
        next += count;
        return [slot, Array.from({ length: count }, (_, k) => numbers[(next - count + k) * 4 + 3] as number)];
      }),
    );
  });
  return { memory, records };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

const garbage: unknown[] = [
  ...[undefined, null, true, -1, 1.5, Number.NaN, 2 ** 53, 0n, '', 'text', Symbol('s'), {}, []],
  ...[new Uint8Array(16), new BigUint64Array(2), new ArrayBuffer(16), new Proxy({}, {})],
];

describe('A native timer instance', () => {
  it('reads whole records, as many as there is room for', () => {
    const handle = open();
    const records = new BigInt64Array(4);
    expect(handle.read(records)).toBe(0);
    write(10, 1, 20, 2, 30, 3);
    expect(handle.read(records)).toBe(2);
    expect(words(records)).toEqual([10, 0, 1, 1, 20, 0, 1, 2]);
    expect(handle.read(records)).toBe(1);
    expect(handle.read(new BigInt64Array(0))).toBe(0);
    expect(handle.read(new BigInt64Array(1))).toBe(0);
  });

  it('tells an early event from a tick', () => {
    const handle = open();
    const records = new BigInt64Array(4);
    write(0, 0, 5, 1);
    expect(handle.read(records)).toBe(2);
    expect(words(records)).toEqual([0, 0, 6, 0, 5, 0, 1, 1]);
  });

  it('is read in the event loop, until told not to', async () => {
    const handle = open();
    const calls: unknown[] = [];
    let next = () => {};
    const called = () => new Promise<void>((resolve) => (next = resolve));
    const { records } = gather((batches) => {
      calls.push(...batches);
      next();
    });
    handle.listen(records, 7);
    write(10, 1, 10, 2);
    expect(calls).toEqual([]);
    await called();
    write(10, 3);
    await called();
    expect(calls).toEqual([
      [7, [1, 2]],
      [7, [3]],
    ]);
    handle.unlisten();
    write(10, 4);
    for (let i = 0; i < 3; i += 1) await turn();
    expect(calls.length).toBe(2);
    handle.listen(records, 8);
    await called();
    expect(calls.at(-1)).toEqual([8, [4]]);
  });

  it('is read again when it was told to stop and to go on at once', async () => {
    const handle = open();
    const calls: unknown[] = [];
    const { records } = gather((batches) => calls.push(...batches));
    handle.listen(records, 1);
    handle.unlisten();
    handle.listen(records, 2);
    write(10, 1);
    while (calls.length === 0) await turn();
    expect(calls).toEqual([[2, [1]]]);
    handle.unlisten();
    write(10, 2);
    for (let i = 0; i < 3; i += 1) await turn();
    const rest = new BigInt64Array(4);
    expect(handle.read(rest)).toBe(1);
  });

  it('shares one call with all that are ready in a turn', async () => {
    const others = Array.from({ length: 20 }, (_, index) => {
      const other = join(folder, `timer${index}`);
      execFileSync('mkfifo', [other]);
      const end = openSync(other, constants.O_RDWR | constants.O_NONBLOCK);
      const handle = addon.openTimerInstance(other, false);
      handles.push(handle);
      return { handle, end };
    });
    let calls: [number, unknown][][] = [];
    const { records } = gather((batches) => calls.push(batches));
    for (const [slot, { handle, end }] of others.entries()) {
      handle.listen(records, slot);
      writeSync(end, Uint32Array.of(10, slot + 1));
    }
    while (calls.length === 0) await turn();
    expect(calls.map((batches) => batches.toSorted((a, b) => a[0] - b[0]))).toEqual([
      others.map((_, slot) => [slot, [slot + 1]]),
    ]);
    // Two at a time are all that there is room for.
    calls = [];
    const narrow = gather((batches) => calls.push(batches), 2);
    for (const [slot, { handle, end }] of others.entries()) {
      handle.unlisten();
      handle.listen(narrow.records, slot);
      writeSync(end, Uint32Array.of(10, 1));
    }
    while (calls.flat().length < others.length) await turn();
    expect(calls.map((batches) => batches.length)).toEqual(Array(10).fill(2));
    expect(new Set(calls.flat().map(([slot]) => slot)).size).toBe(20);
    for (const { end } of others) closeSync(end);
  });

  it('waits for a turn that has room for the largest queue', async () => {
    const handle = open();
    const counts: unknown[] = [];
    const memory = new ArrayBuffer(1024 * 16 + 64);
    const full = addon.createTimerRecords(memory, 1024, (batches) => counts.push(batches));
    const small = addon.createTimerRecords(new ArrayBuffer(1023 * 16 + 64), 1023, () => counts.push('small'));
    handle.listen(small, 0);
    write(10, 1);
    for (let i = 0; i < 3; i += 1) await turn();
    expect(counts).toEqual([]);
    const other = open();
    handle.listen(full, 0);
    other.listen(full, 1);
    write(10, 2);
    while (counts.length === 0) await turn();
    expect(counts).toEqual([1]);
    other.close();
    write(10, 3);
    while (counts.length < 2) await turn();
  });

  it('may close itself and others from the call', async () => {
    const [first, second] = [open(), open()];
    const done = new Promise<void>((resolve) => {
      const { records } = gather(() => {
        for (const handle of [first, second]) handle.close();
        resolve();
      });
      first.listen(records, 0);
      second.listen(records, 1);
    });
    write(10, 1);
    await done;
    expect([first.closed(), second.closed()]).toEqual([true, true]);
    await turn();
  });

  it('stops when its memory was transferred away', async () => {
    const handle = open();
    let called = false;
    const { memory, records } = gather(() => {
      called = true;
    });
    handle.listen(records, 0);
    structuredClone(memory, { transfer: [memory] });
    write(10, 1);
    for (let i = 0; i < 3; i += 1) await turn();
    expect(called).toBe(false);
  });

  it('throws an Error for every kind of garbage', () => {
    const handle = open();
    const { memory, records } = gather(() => {});
    for (const first of garbage) {
      expect(() => handle.read(first as never)).toThrow(TypeError);
      expect(() => handle.listen(first as never, 0)).toThrow(TypeError);
      if (first !== -1) expect(() => handle.listen(records, first as never)).toThrow(TypeError);
      if (!(first instanceof ArrayBuffer)) {
        expect(() => addon.createTimerRecords(first as never, CAPACITY, () => {})).toThrow(TypeError);
      }
      expect(() => addon.createTimerRecords(memory, first as never, () => {})).toThrow(TypeError);
      if (!(typeof first === 'function')) {
        expect(() => addon.createTimerRecords(memory, CAPACITY, first as never)).toThrow(TypeError);
      }
      if (first !== true) expect(() => handle.setRef(first as never)).toThrow(TypeError);
      expect(() => handle.select(first as never, 0, 0, 0, 0)).toThrow(Error);
      expect(() => handle.select(0, 0, 0, 0, first as never)).toThrow(Error);
      expect(() => handle.set(0, 0, 0, first as never)).toThrow(TypeError);
    }
    expect(() => handle.listen(handle as never, 0)).toThrow(TypeError);
  });

  it('reports the ioctl that failed', () => {
    const handle = open();
    const calls: [string, () => void][] = [
      ['SELECT', () => handle.select(1, 0, -1, 4, 0)],
      ['PARAMS', () => handle.set(1, 1, 128, 2)],
      ['START', () => handle.start()],
      ['STOP', () => handle.stop()],
      ['CONTINUE', () => handle.continue()],
      ['PAUSE', () => handle.pause()],
      ['INFO', () => handle.info()],
      ['STATUS', () => handle.status()],
      ['TREAD64', () => addon.openTimerInstance(path, true)],
      ['GINFO', () => addon.timerGinfo(path, 1, -1, 4, 0)],
      ['GINFO', () => addon.timerGinfos(path, new Int32Array(4))],
      ['GSTATUS', () => addon.timerGstatus(path, 1, -1, 4, 0)],
      ['GPARAMS', () => addon.setTimerGparams(path, 1, -1, 4, 0, 1n, 100n)],
      ['NEXT_DEVICE', () => addon.enumerateTimers(path)],
    ];
    for (const [name, call] of calls) {
      expect(call).toThrow(
        expect.objectContaining({ errno: 25, syscall: `ioctl SNDRV_TIMER_IOCTL_${name}`, path }),
      );
    }
    expect(handle.probe()).toBe(25);
    handle.close();
    for (const [, call] of calls.slice(0, 8).concat([['INFO', () => handle.probe()]])) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
    expect(() => handle.read(new BigInt64Array(2))).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    expect(() => handle.listen(gather(() => {}).records, 0)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED' }),
    );
  });

  it('cannot listen to what no event loop waits for', () => {
    const handle = addon.openTimerInstance('/dev/null', false);
    handles.push(handle);
    expect(() => handle.listen(gather(() => {}).records, 0)).toThrow(
      expect.objectContaining({ errno: 1, syscall: 'epoll_ctl' }),
    );
  });
});

const FIFO = `
  import { execFileSync } from 'node:child_process';
  import { mkdtempSync, openSync, writeSync, rmSync } from 'node:fs';
  const folder = mkdtempSync('/tmp/alsa-utimer-fifo-');
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const path = folder + '/timer';
  execFileSync('mkfifo', [path]);
  const writer = openSync(path, 'r+');
  const open = () => (descriptors()[path] ?? 0) - 1;
  const tick = () => writeSync(writer, Uint32Array.of(10, 1));
  const listen = (handle, callback) =>
    handle.listen(addon.createTimerRecords(new ArrayBuffer(1024 * 16 + 64), 1024, callback), 0);
`;

describe('Listening', () => {
  it('keeps the event loop alive, unless told otherwise', async () => {
    const referenced = await runChild(`${FIFO}
      const handle = addon.openTimerInstance(path, false);
      listen(handle, () => { console.log('called'); handle.close(); });
      setTimeout(tick, 50).unref();`);
    expect(referenced).toEqual({ code: 0, signal: null, stdout: 'called\n', stderr: '' });
    const unreferenced = await runChild(`${FIFO}
      const handle = addon.openTimerInstance(path, false);
      handle.setRef(false);
      listen(handle, () => {});`);
    expect(unreferenced).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  it('ends with the descriptor of what is collected', async () => {
    const result = await runChild(`${FIFO}
      await (async () => {
        const handle = addon.openTimerInstance(path, false);
        const called = new Promise((resolve) => listen(handle, resolve));
        tick();
        await called;
        handle.unlisten();
      })();
      await collect(() => open() === 0);
      console.log(open());`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });

  it('may go on when the process ends', async () => {
    const result = await runChild(`${FIFO}
      const handle = addon.openTimerInstance(path, false);
      listen(handle, () => process.exit(handle.closed() ? 4 : 3));
      tick();`);
    expect(result).toEqual({ code: 3, signal: null, stdout: '', stderr: '' });
  });

  it('turns what the callback throws into an uncaught exception', async () => {
    const result = await runChild(`${FIFO}
      process.on('uncaughtException', (error) => { console.log(error.message); handle.close(); });
      const handle = addon.openTimerInstance(path, false);
      listen(handle, () => { throw new Error('mine'); });
      tick();`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'mine\n', stderr: '' });
  });

  it('goes with its worker, terminated at any moment', async () => {
    const result = await runChild(`${FIFO}
      const code = (path) => \`
        const handles = [];
        const memory = new ArrayBuffer(1024 * 16 + 64);
        const records = addon.createTimerRecords(memory, 1024, (count) => { parentPort.postMessage(count); });
        const listen = () => {
          const handle = addon.openTimerInstance(\${JSON.stringify(path)}, false);
          handle.listen(records, handles.length);
          handles.push(handle);
          if (handles.length > 10) handles.shift().close();
        };
        for (let i = 0; i < 10; i += 1) listen();
        parentPort.postMessage('listening');
        const churn = () => { listen(); setImmediate(churn); };
        churn();\`;
      for (let round = 0; round < 40; round += 1) {
        const worker = startWorker(code(path));
        if (round % 5 > 0) await once(worker, 'message');
        for (let i = 0; i < round; i += 1) tick();
        if (round % 5 > 1) await new Promise((resolve) => setImmediate(resolve));
        if (round % 5 > 3) await once(worker, 'message');
        await worker.terminate();
      }
      console.log(open());`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });
});
