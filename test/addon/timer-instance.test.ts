// Timer instances without a timer: a FIFO takes the place of the device. It polls and reads as one, and knows no ioctl.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NativeBinding, TimerInstanceHandle } from '../../lib/native/binding.js';
import { runChild } from '../support/child.js';

const addon = createRequire(import.meta.url)('../../build/Release/alsa_utimer.node') as NativeBinding;

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

  it('calls back from the event loop with what was read, until told not to', async () => {
    const handle = open();
    const records = new BigInt64Array(256);
    const counts: number[] = [];
    let next = () => {};
    const called = () => new Promise<void>((resolve) => (next = resolve));
    handle.listen(records, (count) => {
      counts.push(count);
      next();
    });
    write(10, 1, 10, 1);
    expect(counts).toEqual([]);
    await called();
    write(10, 1);
    await called();
    expect(counts).toEqual([2, 1]);
    handle.unlisten();
    write(10, 1);
    for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(counts).toEqual([2, 1]);
    handle.listen(records, (count) => {
      counts.push(-count);
      handle.close();
      handle.close();
      next();
    });
    await called();
    expect(counts).toEqual([2, 1, -1]);
    expect(handle.closed()).toBe(true);
  });

  it('stops when its records were transferred away', async () => {
    const handle = open();
    const records = new BigInt64Array(2);
    let called = false;
    handle.listen(records, () => {
      called = true;
    });
    structuredClone(records, { transfer: [records.buffer] });
    write(10, 1);
    for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(called).toBe(false);
  });

  it('throws an Error for every kind of garbage', () => {
    const handle = open();
    for (const first of garbage) {
      expect(() => handle.read(first as never)).toThrow(TypeError);
      expect(() => handle.listen(first as never, () => {})).toThrow(TypeError);
      expect(() => handle.listen(new BigInt64Array(2), first as never)).toThrow(TypeError);
      if (first !== true) expect(() => handle.setRef(first as never)).toThrow(TypeError);
      expect(() => handle.select(first as never, 0, 0, 0, 0)).toThrow(Error);
      expect(() => handle.select(0, 0, 0, 0, first as never)).toThrow(Error);
      expect(() => handle.set(0, 0, 0, first as never)).toThrow(TypeError);
    }
    expect(() => handle.listen(new BigInt64Array(2), undefined as never)).toThrow(TypeError);
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
    handle.close();
    for (const [, call] of calls.slice(0, 8)) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
    expect(() => handle.read(new BigInt64Array(2))).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    expect(() => handle.listen(new BigInt64Array(2), () => {})).toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED' }),
    );
  });

  it('cannot listen to what no event loop waits for', () => {
    const handle = addon.openTimerInstance('/dev/null', false);
    handles.push(handle);
    expect(() => handle.listen(new BigInt64Array(2), () => {})).toThrow(
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
`;

describe('Listening', () => {
  it('keeps the event loop alive, unless told otherwise', async () => {
    const referenced = await runChild(`${FIFO}
      const handle = addon.openTimerInstance(path, false);
      handle.listen(new BigInt64Array(2), () => { console.log('called'); handle.close(); });
      setTimeout(tick, 50).unref();`);
    expect(referenced).toEqual({ code: 0, signal: null, stdout: 'called\n', stderr: '' });
    const unreferenced = await runChild(`${FIFO}
      const handle = addon.openTimerInstance(path, false);
      handle.setRef(false);
      handle.listen(new BigInt64Array(2), () => {});`);
    expect(unreferenced).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  it('holds its callback until it ends, and the descriptor is closed when it is collected afterwards', async () => {
    const result = await runChild(`${FIFO}
      const called = new Promise((resolve) => {
        const handle = addon.openTimerInstance(path, false);
        handle.listen(new BigInt64Array(2), () => { handle.unlisten(); resolve(); });
      });
      for (let i = 0; i < 5; i += 1) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }
      tick();
      await called;
      await collect(() => open() === 0);
      console.log(open());`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });

  it('may go on when the process ends', async () => {
    const result = await runChild(`${FIFO}
      const handle = addon.openTimerInstance(path, false);
      handle.listen(new BigInt64Array(2), () => process.exit(3));
      tick();`);
    expect(result).toEqual({ code: 3, signal: null, stdout: '', stderr: '' });
  });

  it('turns what the callback throws into an uncaught exception', async () => {
    const result = await runChild(`${FIFO}
      process.on('uncaughtException', (error) => { console.log(error.message); handle.close(); });
      const handle = addon.openTimerInstance(path, false);
      handle.listen(new BigInt64Array(2), () => { throw new Error('mine'); });
      tick();`);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'mine\n', stderr: '' });
  });

  it('goes with its worker, terminated at any moment', async () => {
    const result = await runChild(`${FIFO}
      const code = (path) => \`
        const handles = [];
        const listen = () => {
          const handle = addon.openTimerInstance(\${JSON.stringify(path)}, false);
          handle.listen(new BigInt64Array(2), (count) => { parentPort.postMessage(count); });
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
