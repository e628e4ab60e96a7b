// What a capture decides by itself, on a kernel that is made up: what it refuses, and what it starts again after.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  LoopbackCapture,
  type LoopbackCaptureOptions,
  type WriterState,
} from '../../../lib/loopback/index.js';
import type {
  ControlHandle,
  PcmHandle,
  PcmParametersNative,
  WatcherHandle,
} from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound } from '../../../lib/proc.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

const EPIPE = 32;
const ENODEV = 19;
const ESTRPIPE = 86;
const [RUNNING, XRUN, SUSPENDED, DISCONNECTED] = [3, 4, 7, 8];
const S32_LE = 10;

/** A substream that always runs, and whose next read fails as it is told. */
class FakeCapture extends FakeBinding {
  readonly calls: string[] = [];
  configured: PcmParametersNative | undefined;
  failure: number | undefined;
  avail = 480;
  state = RUNNING;
  /** PCM Slave Active, and who is told of it; what has just changed, or how asking for that fails. */
  active = false;
  announce: (() => void) | undefined;
  changed: number[] | Error = [];

  override openPcm(): PcmHandle {
    const call = (name: string) => () => {
      this.calls.push(name);
      return 0;
    };
    let closed = false;
    return {
      configure: (parameters) => {
        this.configured = parameters;
        const { periodFrames, bufferFrames } = parameters;
        return { frameBytes: 4, periodFrames, bufferFrames };
      },
      prepare: call('prepare'),
      start: () => {
        this.state = RUNNING;
        return call('start')();
      },
      drop: call('drop'),
      pause: call('pause'),
      status: () => {
        if (closed) throw Object.assign(new Error('closed'), { code: 'ERR_CLOSED' });
        return { state: this.state, avail: this.avail, delay: this.avail };
      },
      subdevice: () => 0,
      timerResolution: () => 0n,
      write: () => 0,
      read: () => {
        if (this.failure !== undefined) throw failedCall(this.failure, 'ioctl SNDRV_PCM_IOCTL_READI_FRAMES');
        return 480;
      },
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  }

  override openControl(): ControlHandle {
    const names = ['Active', 'Format', 'Rate', 'Channels'];
    let closed = false;
    return {
      find: (_interface, _device, _substream, name) => names.indexOf(name.replace('PCM Slave ', '')),
      read: (number) => (number === 0 ? Number(this.active) : ([0, S32_LE, 96_000, 8][number] ?? 0)),
      changes: () => {
        if (this.changed instanceof Error) throw this.changed;
        return this.changed;
      },
      listen: (callback) => {
        this.announce = callback;
      },
      setRef: () => {},
      close: () => {
        closed = true;
        this.announce = undefined;
      },
      closed: () => closed,
    };
  }

  override watchPcm(): WatcherHandle {
    let closed = false;
    return {
      arm: (callback) => setImmediate(() => closed || callback()),
      disarm: () => {},
      setRef: () => {},
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  }
}

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
const withCode = (code: string) => expect.objectContaining({ code });
let proc: string;
let kernel: FakeCapture;
const USER_DRIVEN = 'hw:-1,4,0';
/** `timer`: what clocks the cable; none is jiffies. */
const loadCard = (timer = USER_DRIVEN) => {
  writeFileSync(join(proc, 'cards'), ' 0 [Loopback       ]: Loopback - Loopback\n');
  mkdirSync(join(proc, 'card0'));
  const clock = timer === '' ? '' : `  sound timer: ${timer}\n`;
  writeFileSync(join(proc, 'card0/cable#0'), `Cable 0 substream 0:\n  valid: 2\n  running: 2\n${clock}`);
};

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'alsa-utimer-proc-'));
  setProcAsound(proc);
  kernel = new FakeCapture();
  setNative(kernel);
});
afterEach(() => {
  setNative(undefined);
  setProcAsound(undefined);
  rmSync(proc, { recursive: true });
});

describe('LoopbackCapture.open', () => {
  it.each<[string, object | null | undefined, string]>([
    ['no options', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['null', null, 'ERR_INVALID_ARG_TYPE'],
    ['nothing in them', {}, 'ERR_INVALID_ARG_TYPE'],
    ['an unknown format', { ...stream, format: 'nope', rate: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['a rate that no cable has', { ...stream, rate: 7_999 }, 'ERR_OUT_OF_RANGE'],
    ['33 channels', { ...stream, channels: 33 }, 'ERR_OUT_OF_RANGE'],
    ['a period of less than 64 bytes', { ...stream, periodFrames: 15 }, 'ERR_OUT_OF_RANGE'],
    ['5000 periods', { ...stream, periods: 5_000 }, 'ERR_OUT_OF_RANGE'],
    ['more periods than 2 MiB hold', { ...stream, periodFrames: 4_096, periods: 1_000 }, 'ERR_OUT_OF_RANGE'],
    ['periods as text', { ...stream, periods: '16' }, 'ERR_INVALID_ARG_TYPE'],
    ['a third device', { ...stream, device: 2 }, 'ERR_OUT_OF_RANGE'],
    ['a ninth substream', { ...stream, substream: 8 }, 'ERR_OUT_OF_RANGE'],
    ['another policy', { ...stream, onInterruption: 'ignore' }, 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %s before it looks for a card', (_what, options, code) => {
    expect(() => LoopbackCapture.open(options as LoopbackCaptureOptions)).toThrow(withCode(code));
  });

  it('says that there is no card when all else is right', () => {
    expect(() => LoopbackCapture.open(stream)).toThrow(withCode('ERR_NO_LOOPBACK_CARD'));
  });

  it('takes 16 periods, or as many as 2 MiB hold, where their number is left out', () => {
    loadCard();
    LoopbackCapture.open(stream).close();
    expect(kernel.configured?.bufferFrames).toBe(16 * 480);
    LoopbackCapture.open({ ...stream, format: 'S32_LE', channels: 32, periodFrames: 4_096 }).close();
    expect(kernel.configured?.bufferFrames).toBe(4 * 4_096);
  });
});

describe('A capture', () => {
  const open = (onInterruption: 'error' | 'restart') => {
    loadCard();
    const capture = LoopbackCapture.open({ ...stream, onInterruption });
    kernel.calls.length = 0;
    return capture;
  };

  it.each([
    ['an overrun', EPIPE, { overruns: 1, suspends: 0 }],
    ['a suspend', ESTRPIPE, { overruns: 0, suspends: 1 }],
  ])('starts again after %s where that was asked for, and counts it', (_what, errno, counts) => {
    using capture = open('restart');
    kernel.failure = errno;
    expect(capture.read()).toHaveLength(0);
    expect(kernel.calls).toEqual(['prepare', 'start']);
    kernel.failure = undefined;
    expect(capture.read()).toHaveLength(1_920);
    expect(capture.stats()).toEqual({ frames: 480, ...counts });
  });

  it.each([
    ['an overrun', XRUN, { overruns: 1, suspends: 0 }],
    ['a suspend', SUSPENDED, { overruns: 0, suspends: 1 }],
  ])('that waits does so, too, and goes on waiting: %s', async (_what, state, counts) => {
    using capture = open('restart');
    kernel.state = state;
    await capture.ready();
    expect(kernel.calls).toEqual(['prepare', 'start']);
    expect(capture.stats()).toEqual({ frames: 0, ...counts });
  });

  it.each([
    ['error', XRUN, 'EPIPE'],
    ['error', SUSPENDED, 'ESTRPIPE'],
    ['restart', DISCONNECTED, 'ENODEV'],
  ] as const)(
    'that waits fails with onInterruption %s in state %i: %s',
    async (onInterruption, state, code) => {
      using capture = open(onInterruption);
      kernel.state = state;
      await expect(capture.ready()).rejects.toMatchObject({
        code,
        hint: expect.not.stringContaining('prepare()'),
      });
      expect(kernel.calls).toEqual([]);
    },
  );

  it.each([
    ['error', EPIPE, 'EPIPE'],
    ['error', ESTRPIPE, 'ESTRPIPE'],
    ['restart', ENODEV, 'ENODEV'],
  ] as const)('with overrun %s throws %i as %s, and stays as it is', (overrun, errno, code) => {
    using capture = open(overrun);
    kernel.failure = errno;
    expect(() => capture.read()).toThrow(withCode(code));
    expect(kernel.calls).toEqual([]);
    expect(capture.stats()).toEqual({ frames: 0, overruns: 0, suspends: 0 });
  });

  it('fails with a hint for each, which names no method that it has not', () => {
    using capture = open('error');
    for (const errno of [EPIPE, ESTRPIPE, ENODEV]) {
      kernel.failure = errno;
      expect(() => capture.read()).toThrow(
        expect.objectContaining({ hint: expect.stringMatching(/^(?!.*(prepare|start\()).*\w/) }),
      );
    }
  });

  it.each([
    ['another end', { until: 'noon' }, 'ERR_INVALID_ARG_VALUE'],
    ['a signal that is none', { signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    ['null', null, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses to iterate with %s', (_what, options, code) => {
    using capture = open('error');
    expect(() => capture.frames(options as never)).toThrow(withCode(code));
    expect(() => capture.readable(options as never)).toThrow(withCode(code));
  });

  it('is not over for a writer that starts while an iteration until its stop begins', async () => {
    using capture = open('error');
    // When it is watched, and when it is looked at first: it starts, and moves its first period, right after.
    let looks = 0;
    let isRead = false;
    const hasStarted = () => {
      looks += 1;
      return looks > 2;
    };
    Object.defineProperty(kernel, 'active', { get: hasStarted });
    Object.defineProperty(kernel, 'avail', { get: () => (hasStarted() && !isRead ? 480 : 0) });
    const frames = capture.frames({ until: 'stop' });
    expect(await frames.next()).toMatchObject({ done: false });
    isRead = true;
    const next = frames.next();
    const later = new Promise((resolve) => setImmediate(resolve, 'later'));
    expect(await Promise.race([next, later])).toBe('later');
    capture.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it.each([
    ['jiffies', ''],
    ['a sound card', 'hw:1,0,0'],
  ])(
    'until the stop of a writer gives silence and waits for one where %s moves the cable',
    async (_clock, timer) => {
      loadCard(timer);
      using capture = LoopbackCapture.open(stream);
      const frames = capture.frames({ until: 'stop' });
      const announce = (number: number, active: boolean) => {
        kernel.active = active;
        kernel.changed = [number];
        kernel.announce?.();
      };
      const [ACTIVE, RATE] = [0, 2];
      expect(await frames.next()).toMatchObject({ done: false });
      // A writer sets its rate before it starts.
      announce(RATE, false);
      expect(await frames.next()).toMatchObject({ done: false });
      announce(ACTIVE, true);
      expect(await frames.next()).toMatchObject({ done: false });
      announce(ACTIVE, false);
      // What it moved last. The cable has more each time that it is asked, and none of it is the writer's.
      expect(await frames.next()).toMatchObject({ done: false });
      expect(await frames.next()).toEqual({ done: true, value: undefined });
    },
  );

  it('until the stop of a writer ends on such a cable also with one that nobody saw', async () => {
    loadCard('');
    using capture = LoopbackCapture.open(stream);
    const frames = capture.frames({ until: 'stop' });
    expect(await frames.next()).toMatchObject({ done: false });
    kernel.changed = [0];
    kernel.announce?.();
    expect(await frames.next()).toMatchObject({ done: false });
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  it('refuses to wait with a signal that is none, and once it is closed', async () => {
    const capture = open('error');
    await expect(capture.ready({ signal: {} } as never)).rejects.toThrow(withCode('ERR_INVALID_ARG_TYPE'));
    await expect(capture.ready({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    capture.close();
    capture.close();
    await expect(capture.ready()).rejects.toThrow(withCode('ERR_CLOSED'));
    expect(() => capture.read()).toThrow(withCode('ERR_CLOSED'));
    for await (const _frames of capture) throw new Error('a closed capture has no frames');
  });
});

describe("'writer' events", () => {
  const ACTIVE = [0];
  const set = (active: boolean) => {
    kernel.active = active;
    kernel.changed = ACTIVE;
    kernel.announce?.();
  };
  const listen = () => {
    loadCard();
    const capture = LoopbackCapture.open(stream);
    const told: WriterState[] = [];
    capture.on('writer', (state) => told.push(state));
    return { capture, active: () => told.map(({ active }) => active), told };
  };
  const turn = () => new Promise(setImmediate);

  it('take the parameters from the controls where /proc/asound does not tell', async () => {
    const { capture, told } = listen();
    using _open = capture;
    set(true);
    const parameters = { format: 'S32_LE', rate: 96_000, channels: 8, holder: undefined };
    expect(told).toEqual([{ active: true, ...parameters }]);
    expect(capture.writer()).toEqual({ active: true, ...parameters });
  });

  it('do not tell what was before after what came since', async () => {
    const { capture, active } = listen();
    using _open = capture;
    set(true);
    await turn();
    expect(active()).toEqual([true]);
  });

  it('tell of the writer that was there, though it stops before they are heard', async () => {
    kernel.active = true;
    const { capture, active } = listen();
    using _open = capture;
    set(false);
    await turn();
    expect(active()).toEqual([true, false]);
  });

  it('are told to whoever comes after all handlers were taken away', () => {
    const { capture } = listen();
    for (const removed of [[], ['removeListener'], ['newListener'], ['writer']] as const) {
      capture.removeAllListeners(...(removed as []));
      expect([kernel.announce === undefined, removed]).toEqual([!removed[0]?.endsWith('Listener'), removed]);
      const told: boolean[] = [];
      capture.on('writer', ({ active }) => told.push(active));
      set(true);
      set(false);
      expect(told).toEqual([true, false]);
    }
    capture.removeAllListeners();
    expect(kernel.announce).toBeUndefined();
    capture.close();
  });

  it('tell nothing twice, and nothing of other elements', async () => {
    const { capture, active } = listen();
    using _open = capture;
    for (const each of [true, true, false, false, true]) set(each);
    kernel.active = false;
    kernel.changed = [7, 8];
    kernel.announce?.();
    expect(active()).toEqual([true, false, true]);
  });

  it('end with the card, after they have told that the writer is gone', () => {
    const { capture, active } = listen();
    using _open = capture;
    set(true);
    kernel.changed = failedCall(ENODEV, 'read', '/dev/snd/controlC0');
    kernel.announce?.();
    expect(active()).toEqual([true, false]);
    expect(kernel.announce).toBeUndefined();
  });

  it('end with an error when watching fails otherwise', () => {
    const { capture, active } = listen();
    using _open = capture;
    const failures: unknown[] = [];
    capture.on('error', (error) => failures.push(error));
    kernel.changed = failedCall(5, 'read', '/dev/snd/controlC0');
    kernel.announce?.();
    expect(failures).toEqual([withCode('EIO')]);
    expect([active(), kernel.announce]).toEqual([[], undefined]);
  });

  it('leave the exception of a handler to whoever calls back', () => {
    const { capture } = listen();
    using _open = capture;
    capture.prependListener('writer', () => {
      throw new Error('of the handler');
    });
    expect(() => set(true)).toThrow('of the handler');
    expect(kernel.announce).toBeDefined();
  });
});

describe('The control device of a card', () => {
  const ENOENT = 2;
  const missing = () => {
    kernel.openControl = () => {
      throw failedCall(ENOENT, 'open', '/dev/snd/controlC0');
    };
  };

  it('that went with its card is ENODEV for who plays, as for the frames', () => {
    loadCard();
    using capture = LoopbackCapture.open(stream);
    missing();
    rmSync(join(proc, 'card0'), { recursive: true });
    expect(() => capture.writer()).toThrow(withCode('ENODEV'));
    expect(() => capture.writer()).toThrow('The card was unloaded');
  });

  it('that is not there while the card is, in a container for instance, is ENOENT', () => {
    loadCard();
    using capture = LoopbackCapture.open(stream);
    missing();
    expect(() => capture.writer()).toThrow(withCode('ENOENT'));
  });
});
