// Watching for listeners when the kernel does not answer, and how much room a listener has.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Listener, ListenerWatch } from '../../../lib/loopback/listener.js';
import type { TimerInstanceHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { SubstreamReader } from '../../../lib/pcm/substream.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

const PREPARED = 2;
const RUNNING = 3;
const XRUN = 4;
const PAUSED = 6;
const SUSPENDED = 7;

let kernel: FakeBinding;
beforeEach(() => {
  kernel = new FakeBinding();
  setNative(kernel);
});
afterEach(() => setNative(undefined));

function capture(state: number, avail: number): void {
  const format = { access: 'RW_INTERLEAVED', format: 'S16_LE', rate: 48_000, channels: 2 };
  kernel.substreams.set('card0/pcm1c/sub0', {
    status: { state, owner: 12, avail, queued: -avail },
    parameters: { ...format, periodFrames: 480, bufferFrames: 1920 },
  });
}
const look = () =>
  new Listener(new SubstreamReader({ card: 0, device: 1, direction: 'capture', substream: 0 }));

describe('The room of a listener', () => {
  it.each([
    [0, 1_919],
    [480, 1_439],
    [1_440, 479],
    [1_920, -1],
  ])('with %i frames that it has not read is %i, a frame less than its buffer', (avail, room) => {
    capture(RUNNING, avail);
    expect(look().room).toBe(room);
  });

  it.each([PAUSED, SUSPENDED, XRUN])('that is in state %i is none', (state) => {
    capture(state, 480);
    expect(look()).toMatchObject({ running: false, waiting: 0 });
    expect(look().room).toBe(0);
  });

  it('has no end while nobody listens', () => {
    capture(PREPARED, 0);
    expect(look().room).toBe(Number.POSITIVE_INFINITY);
    kernel.substreams.clear();
    const closed = look();
    expect(closed).toMatchObject({ running: false, waiting: 0 });
    expect(closed.room).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('A watch', () => {
  it('tells of a look at the timer that fails, instead of ending the process', async () => {
    capture(RUNNING, 0);
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
    setNative(Object.assign(kernel, { openTimerInstance: () => handle }));
    const failed = new Promise((resolve) => {
      const handlers = { told: () => {}, ended: () => {}, failed: resolve };
      new ListenerWatch(0, 1, 0, handlers);
    });
    expect(await failed).toMatchObject({ code: 'EBADFD' });
  });
});
