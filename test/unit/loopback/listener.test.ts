// Watching for listeners when the kernel does not answer, and how much room a listener has.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Listener, ListenerWatch } from '../../../lib/loopback/listener.js';
import type { TimerInstanceHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound } from '../../../lib/proc.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

let folder: string;
let substream: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proc-asound-'));
  substream = join(folder, 'card0', 'pcm1c', 'sub0');
  mkdirSync(substream, { recursive: true });
  setProcAsound(folder);
});
afterEach(() => {
  setProcAsound(undefined);
  setNative(undefined);
  rmSync(folder, { recursive: true });
});

function capture(state: string, avail: number): void {
  writeFileSync(join(substream, 'status'), `state: ${state}\nowner_pid   : 12\navail       : ${avail}\n`);
  writeFileSync(join(substream, 'hw_params'), 'format: S16_LE\nperiod_size: 480\nbuffer_size: 1920\n');
}

describe('The room of a listener', () => {
  it.each([
    [0, 1_919],
    [480, 1_439],
    [1_440, 479],
    [1_920, -1],
  ])('with %i frames that it has not read is %i, a frame less than its buffer', (avail, room) => {
    capture('RUNNING', avail);
    expect(new Listener(0, 1, 0).room).toBe(room);
  });

  it.each(['PAUSED', 'SUSPENDED', 'XRUN'])('that is %s is none', (state) => {
    capture(state, 480);
    expect(new Listener(0, 1, 0)).toMatchObject({ running: false, waiting: 0 });
    expect(new Listener(0, 1, 0).room).toBe(0);
  });

  it('has no end while nobody listens', () => {
    capture('PREPARED', 0);
    expect(new Listener(0, 1, 0).room).toBe(Number.POSITIVE_INFINITY);
    writeFileSync(join(substream, 'status'), 'closed\n');
    const closed = new Listener(0, 1, 0);
    expect(closed).toMatchObject({ running: false, waiting: 0 });
    expect(closed.room).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('A watch', () => {
  it('tells of a look at the timer that fails, instead of ending the process', async () => {
    capture('RUNNING', 0);
    let closed = false;
    let started = false;
    const handle: TimerInstanceHandle = {
      select: () => 1,
      set: () => {},
      start: () => {
        started = true;
      },
      stop: () => {},
      continue: () => {},
      pause: () => {},
      info: () => {
        if (started) throw failedCall(77, 'ioctl SNDRV_TIMER_IOCTL_INFO');
        return { flags: 1, card: 0, id: 'PCM capture 0-1-0', name: '', resolution: 10_000_000n };
      },
      probe: () => 0,
      status: () => ({ timestamp: 0n, resolution: 0, lost: 0, overrun: 0, queue: 0 }),
      read: () => 0,
      listen: () => {},
      unlisten: () => {},
      setRef: () => {},
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
    setNative(Object.assign(new FakeBinding(), { openTimerInstance: () => handle }));
    const failed = new Promise((resolve) => {
      const handlers = { told: () => {}, ended: () => {}, failed: resolve };
      new ListenerWatch(0, 1, 0, handlers);
    });
    expect(await failed).toMatchObject({ code: 'EBADFD' });
  });
});
