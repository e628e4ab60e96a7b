// What waits for a substream makes of what the kernel reports: a period, an error, or nothing of either.
import { constants } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pcm, type PcmOptions } from '../../../lib/index.js';
import type { PcmHandle, PcmStatusNative, WatcherHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { FakeBinding } from '../../support/fake-binding.js';

const [OPEN, SETUP, PREPARED, RUNNING, XRUN, DRAINING, PAUSED, SUSPENDED, DISCONNECTED] = Array(9).keys();

class FakePcm extends FakeBinding {
  status: PcmStatusNative = { state: RUNNING as number, avail: 0, delay: 0 };
  armed: (() => void) | undefined;
  watchers = 0;

  override openPcm(): PcmHandle {
    let closed = false;
    const none = () => {};
    return {
      ...{ prepare: none, drop: none, pause: none },
      configure: ({ periodFrames, bufferFrames }) => ({ frameBytes: 4, periodFrames, bufferFrames }),
      ...{ start: () => 0, subdevice: () => 0, timerResolution: () => 0n, write: () => 0, read: () => 0 },
      status: () => this.status,
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  }

  override watchPcm(): WatcherHandle {
    this.watchers += 1;
    let closed = false;
    return {
      arm: (callback) => {
        this.armed = callback;
      },
      disarm: () => {
        this.armed = undefined;
      },
      setRef: () => {},
      close: () => {
        this.armed = undefined;
        if (!closed) this.watchers -= 1;
        closed = true;
      },
      closed: () => closed,
    };
  }

  /** What the addon does once when the descriptor is ready. */
  async report(status: Partial<PcmStatusNative>): Promise<void> {
    this.status = { ...this.status, ...status };
    const { armed } = this;
    this.armed = undefined;
    armed?.();
    await new Promise(setImmediate);
  }
}

let kernel: FakePcm;
let pcm: Pcm;
beforeEach(() => {
  kernel = new FakePcm();
  setNative(kernel);
  const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
  pcm = Pcm.open({ ...stream, card: 0, device: 0, direction: 'playback' } satisfies PcmOptions);
});
afterEach(() => {
  pcm.close();
  setNative(undefined);
});

describe('A substream is ready', () => {
  it.each([
    ['prepared', PREPARED],
    ['running', RUNNING],
    ['paused', PAUSED],
  ])('when a whole period can be moved, while it is %s', async (_, state) => {
    let isReady = false;
    const ready = pcm.ready().then(() => {
      isReady = true;
    });
    // Somebody else was quicker, for instance.
    await kernel.report({ state: state as number, avail: 479 });
    expect(isReady).toBe(false);
    expect(kernel.armed).toBeTypeOf('function');
    await kernel.report({ avail: 480 });
    await ready;
    expect(kernel.armed).toBeUndefined();
  });

  it('for all who wait', async () => {
    const waits = [pcm.ready(), pcm.ready(), pcm.ready({})];
    await kernel.report({ avail: 480 });
    await Promise.all(waits);
    expect(kernel.watchers).toBe(1);
  });
});

describe('A wait for a substream fails', () => {
  it.each([
    ['never prepared', OPEN, 'EBADFD', 77],
    ['stopped', SETUP, 'EBADFD', 77],
    ['draining', DRAINING, 'EBADFD', 77],
    ['in an xrun', XRUN, 'EPIPE', constants.errno.EPIPE],
    ['suspended', SUSPENDED, 'ESTRPIPE', 86],
    ['gone with its card', DISCONNECTED, 'ENODEV', constants.errno.ENODEV],
  ])('with the error of a stream that is %s', async (_, state, code, errno) => {
    const ready = expect(pcm.ready()).rejects.toMatchObject({
      ...{ name: 'AlsaError', code, errno: -errno, syscall: 'poll', path: 'playback hw:0,0,0' },
      hint: expect.stringMatching(/\w/),
      help: expect.stringMatching(/docs\/symptoms\.md#poll-/),
    });
    await kernel.report({ state: state as number, avail: 4_000 });
    await ready;
  });

  it('when it is closed, before the wait or during it', async () => {
    const closed = { code: 'ERR_CLOSED', message: 'playback hw:0,0,0 is closed' };
    const ready = expect(pcm.ready()).rejects.toMatchObject(closed);
    pcm.close();
    await ready;
    expect(kernel.watchers).toBe(0);
    await expect(pcm.ready()).rejects.toMatchObject(closed);
  });

  it('with the reason of its signal, and leaves others waiting', async () => {
    await expect(pcm.ready({ signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over');
    expect(kernel.armed).toBeUndefined();
    const abort = new AbortController();
    const aborted = expect(pcm.ready({ signal: abort.signal })).rejects.toThrow('enough');
    const other = pcm.ready();
    abort.abort(new Error('enough'));
    await aborted;
    expect(kernel.armed).toBeTypeOf('function');
    await kernel.report({ avail: 480 });
    await other;
    const last = new AbortController();
    const alone = expect(pcm.ready({ signal: last.signal })).rejects.toThrow('enough');
    last.abort(new Error('enough'));
    await alone;
    expect(kernel.armed).toBeUndefined();
  });

  it('where it is given what it does not know', async () => {
    await expect(pcm.ready({ timeout: 5 } as never)).rejects.toThrow('options.timeout is no option');
    await expect(pcm.ready({ signal: 5 } as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(kernel.armed).toBeUndefined();
  });
});
