// The addon's own boundary, without a device: whatever crosses it, it throws a JavaScript error and lives on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BINDING_CONSTANTS, BINDING_FUNCTIONS } from '../../lib/native/binding.js';
import { loadAddon } from '../support/addon.js';

const addon = loadAddon();

const folder = mkdtempSync(join(tmpdir(), 'boundary-'));
afterAll(() => rmSync(folder, { recursive: true }));

const garbage: unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  0n,
  -1n,
  2n ** 64n,
  '',
  'text',
  'a\0b',
  Symbol('s'),
  () => {},
  {},
  [],
  new Date(0),
  new Uint8Array(3),
  new Uint16Array(3),
  new ArrayBuffer(3),
  new Proxy({}, {}),
  new (class {
    get format(): number {
      throw new Error('getter');
    }
  })(),
];

describe('The addon', () => {
  it('has exactly what the seam declares', () => {
    expect(Object.keys(addon).sort()).toEqual([...BINDING_FUNCTIONS, ...BINDING_CONSTANTS].sort());
    expect(addon.errnos).toEqual({ EBADFD: expect.any(Number), ESTRPIPE: expect.any(Number) });
  });

  // monotonicTime() takes nothing.
  it.each(BINDING_FUNCTIONS.filter((name) => name !== 'monotonicTime'))(
    'throws an Error from %s for every kind of garbage in every place',
    (name) => {
      const call = addon[name] as (...values: unknown[]) => unknown;
      expect(() => call()).toThrow(Error);
      for (const first of garbage) {
        // It opens nothing before it is read: any text names a substream that nobody has open.
        if (name === 'openSubstream' && typeof first === 'string' && !first.includes('\0')) continue;
        expect(() => call(first)).toThrow(Error);
        for (const second of garbage) {
          expect(() => call(first, second)).toThrow(Error);
          if (name === 'openSubstream') continue;
          expect(() => call('/nowhere', first, second)).toThrow(Error);
          expect(() => call('/nowhere', true, first, second)).toThrow(Error);
        }
      }
    },
  );

  it('reports a failed system call with errno, call and path', () => {
    expect(() => addon.createUtimer('/nowhere', 1n)).toThrow(
      expect.objectContaining({ errno: 2, syscall: 'open', path: '/nowhere' }),
    );
    expect(() => addon.createUtimer('/dev/null', 1n)).toThrow(
      expect.objectContaining({ errno: 25, syscall: 'ioctl SNDRV_TIMER_IOCTL_CREATE', path: '/dev/null' }),
    );
    expect(() => addon.openPcm('/nowhere', true, '/nocontrol', -1)).toThrow(
      expect.objectContaining({ errno: 2, syscall: 'open', path: '/nowhere' }),
    );
    expect(() => addon.openPcm('/nowhere', true, '/nocontrol', 3)).toThrow(
      expect.objectContaining({ errno: 2, syscall: 'open', path: '/nocontrol' }),
    );
  });

  it('takes a device without the ioctl for one without userspace-driven timers', () => {
    expect(addon.utimerSupported('/dev/null')).toBe(false);
  });

  it('opens a file that is no PCM, and refuses what cannot be asked of it', () => {
    const pcm = addon.openPcm('/dev/null', true, '', -1);
    const parameters = {
      access: 4,
      format: 2,
      channels: 2,
      rate: 48_000,
      periodFrames: 480,
      bufferFrames: 1_920,
      fillWithSilence: false,
    };
    expect(() => pcm.configure(parameters)).toThrow(expect.objectContaining({ errno: 25 }));
    expect(() => pcm.write(new Uint8Array(4))).toThrow(TypeError);
    for (const value of garbage) {
      expect(() => pcm.configure(value as never)).toThrow(Error);
      expect(() => pcm.write(value as never)).toThrow(Error);
      expect(() => pcm.read(value as never)).toThrow(Error);
      for (const name of Object.keys(parameters)) {
        expect(() => pcm.configure({ ...parameters, [name]: value } as never)).toThrow(Error);
      }
    }
    expect(pcm.closed()).toBe(false);
    pcm.close();
    pcm.close();
    expect(pcm.closed()).toBe(true);
    for (const call of [() => pcm.start(), () => pcm.status(), () => pcm.write(new Uint8Array(4))]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
  });

  it('opens a file that is no control device, and refuses what cannot be asked of it', () => {
    const control = addon.openControl('/dev/zero');
    expect(() => control.find(3, 1, 0, 'PCM Slave Active')).toThrow(
      expect.objectContaining({ errno: 25, syscall: 'ioctl SNDRV_CTL_IOCTL_ELEM_INFO', path: '/dev/zero' }),
    );
    expect(() => control.read(1)).toThrow(expect.objectContaining({ errno: 25 }));
    expect(control.changes().length).toBeLessThan(100);
    expect(() => control.listen(() => {})).toThrow(expect.objectContaining({ errno: 25 }));
    for (const value of garbage) {
      expect(() => control.find(value as never, 0, 0, '')).toThrow(Error);
      expect(() => control.find(3, value as never, 0, '')).toThrow(Error);
      expect(() => control.find(3, 0, value as never, '')).toThrow(Error);
      expect(() => control.find(3, 0, 0, value as never)).toThrow(Error);
      expect(() => control.read(value as never)).toThrow(Error);
      expect(() => control.listen(value as never)).toThrow(Error);
      if (typeof value !== 'boolean') expect(() => control.setRef(value as never)).toThrow(TypeError);
    }
    control.close();
    control.close();
    expect(control.closed()).toBe(true);
    for (const call of [
      () => control.find(3, 0, 0, 'x'),
      () => control.read(1),
      () => control.changes(),
      () => control.listen(() => {}),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
    expect(() => addon.openControl('/nowhere')).toThrow(
      expect.objectContaining({ errno: 2, syscall: 'open', path: '/nowhere' }),
    );
  });

  it('calls methods on handles of their own class alone, which nobody else makes', () => {
    const path = join(folder, 'methods');
    writeFileSync(path, '');
    const handles = [
      addon.openPcm('/dev/null', true, '', -1),
      addon.openControl('/dev/zero'),
      addon.openSubstream(folder),
      addon.openTimerInstance('/dev/zero', false),
      addon.openDatagramSocket('127.0.0.1', 0, 0, false),
      addon.lockFile(path),
    ];
    for (const handle of handles) {
      const others: unknown[] = [undefined, {}, Object.create(handle), new Proxy(handle, {})];
      others.push(...handles.filter((other) => other !== handle), Object.getPrototypeOf(handle));
      const methods = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(handle)));
      expect(methods.map(([name]) => name)).toEqual(expect.arrayContaining(['close', 'closed']));
      for (const [name, { value: method }] of methods) {
        if (name === 'constructor') continue;
        for (const other of others) expect(() => Reflect.apply(method, other, [])).toThrow(TypeError);
      }
      const handleClass = handle.constructor as new () => object;
      expect(() => new handleClass()).toThrow(TypeError);
      expect(() => (handleClass as unknown as () => void)()).toThrow(TypeError);
      expect(() => new (class extends handleClass {})()).toThrow(TypeError);
      expect(handle.closed()).toBe(false);
      handle.close();
      expect(handle.closed()).toBe(true);
    }
    const [pcm, control] = handles;
    Object.setPrototypeOf(control as object, Object.getPrototypeOf(pcm));
    expect(() => addon.watchPcm(control as never)).toThrow(TypeError);
  });

  it('names the errno of a failed system call', () => {
    expect(() => addon.openPcm('/nowhere', true, '', -1)).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => addon.openControl('/dev/null').read(1)).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
  });

  it('locks a file for one at a time', () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    const lock = addon.lockFile(path);
    expect(() => addon.lockFile(path)).toThrow(
      expect.objectContaining({ errno: 11, syscall: 'flock', path }),
    );
    expect(lock.closed()).toBe(false);
    lock.close();
    lock.close();
    expect(lock.closed()).toBe(true);
    const next = addon.lockFile(path);
    next.close();
    expect(() => addon.lockFile('/nowhere')).toThrow(expect.objectContaining({ errno: 2, path: '/nowhere' }));
  });

  it('waits for what can be waited for, and refuses every other callback', async () => {
    expect(() => addon.watchPcm(addon.openPcm('/dev/null', true, '', -1))).toThrow(
      expect.objectContaining({ syscall: 'epoll_ctl' }),
    );
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const pcm = addon.openPcm(path, false, '', -1);
    const watcher = addon.watchPcm(pcm);
    for (const value of garbage) {
      if (typeof value !== 'function') expect(() => watcher.arm(value as never)).toThrow(TypeError);
      if (typeof value !== 'boolean') expect(() => watcher.setRef(value as never)).toThrow(TypeError);
    }
    watcher.arm(() => {
      throw new Error('taken back');
    });
    watcher.disarm();
    watcher.disarm();
    const ready = new Promise<void>((resolve) => watcher.arm(resolve));
    writeFileSync(path, 'x');
    await ready;
    watcher.arm(() => {
      throw new Error('closed');
    });
    watcher.close();
    watcher.close();
    expect(watcher.closed()).toBe(true);
    expect(() => watcher.arm(() => {})).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    watcher.disarm();
    watcher.setRef(true);
    pcm.close();
    expect(() => addon.watchPcm(pcm)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });
});
