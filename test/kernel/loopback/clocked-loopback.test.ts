// ClockedLoopback and the rest of the machine: other programs, other clocks, listeners that come and go.
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Pcm, UserTimer } from '../../../lib/index.js';
import {
  ClockedLoopback,
  type ClockedLoopbackOptions,
  LoopbackCapture,
  type LoopbackCard,
} from '../../../lib/loopback/index.js';
import { native, setNative } from '../../../lib/native/load.js';
import { runChild } from '../../support/child.js';
import { withCard } from '../setup.js';
import { difference, noise, stream, thrownBy, withCode, withTrigger } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const open = (options: Partial<ClockedLoopbackOptions> = {}) =>
  ClockedLoopback.openSync({ card, ...stream, ...options });
const listen = (options: Partial<Parameters<typeof Pcm.open>[0]> = {}) =>
  Pcm.open({ card: card.number, device: 1, substream: 0, direction: 'capture', ...stream, ...options });

describe('An open ClockedLoopback', () => {
  it('clocks its cable with a timer of its own, and leaves the card as it was', () => {
    card.setTimerSource('-1.0');
    using loop = open({ substream: 2 });
    expect(card.timerSource()).toBe('-1.0');
    expect(card.cable(0, 2).timer).toEqual({ card: -1, device: 4, subdevice: loop.timerId });
    card.resetTimerSource();
    using capture = loop.openCapture();
    loop.write(new Uint8Array(loop.periodBytes));
    expect(capture.avail()).toBe(480);
  });

  it('is gone without a trace when it is closed', () => {
    const loop = open();
    loop.write(new Uint8Array(loop.periodBytes));
    loop.close();
    loop.close();
    expect(loop.closed).toBe(true);
    expect(card.cable(0, 0)).toMatchObject({ playback: undefined, capture: undefined });
    expect(readFileSync('/proc/asound/timers', 'utf8')).not.toMatch(/^G4/m);
    expect(() => loop.write(new Uint8Array(4))).toThrow(withCode('ERR_CLOSED'));
    expect(() => loop.flush()).toThrow(withCode('ERR_CLOSED'));
    expect(() => loop.openCapture()).toThrow(withCode('ERR_CLOSED'));
  });

  it('refuses to send when it is closed, even nothing', async () => {
    const loop = open();
    await loop.send(new Uint8Array(0));
    loop.close();
    for (const bytes of [0, 1]) {
      await expect(loop.send(new Uint8Array(bytes))).rejects.toThrow(withCode('ERR_CLOSED'));
    }
  });

  it('joins a listener that came first, on a timer that was there before both', async () => {
    using timer = UserTimer.create({ rate: stream.rate, periodFrames: stream.periodFrames, id: 78 });
    card.setTimerSource(timer);
    try {
      using capture = LoopbackCapture.open({ card, ...stream });
      {
        using loop = ClockedLoopback.openSync({ card, ...stream, timer });
        expect(loop.timerId).toBe(78);
        expect(() => timer.trigger()).toThrow(withCode('ERR_TIMER_IN_USE'));
        const open = () => ClockedLoopback.openSync({ card, ...stream, substream: 1, timer });
        expect(open).toThrow(withCode('ERR_TIMER_IN_USE'));
        const sent = noise(3 * loop.periodBytes);
        await loop.send(sent);
        expect(difference(sent, capture.read())).toBeUndefined();
      }
      // It is the caller's, and keeps the listener's clock.
      expect(timer.closed).toBe(false);
      using again = ClockedLoopback.openSync({ card, ...stream, timer });
      const sent = noise(3 * again.periodBytes);
      again.write(sent);
      expect(difference(sent, capture.read())).toBeUndefined();
      timer.close();
      const write = () => again.write(sent);
      expect(write).toThrow(withCode('ERR_CLOSED'));
      expect(write).toThrow(/^UserTimer 78 of ClockedLoopback .* is closed/);
    } finally {
      card.setTimerSource('');
    }
  });

  it('holds the timer that an administrator has chosen', () => {
    using loop = open({ timerId: 77 });
    expect(loop.timerId).toBe(77);
    expect(card.cable(0, 0).timer?.subdevice).toBe(77);
  });

  it('takes the timer that the card names where it may not point it elsewhere', () => {
    card.setTimerSource('-1.4.55');
    // Only the permission to point is to be missing; the device nodes of this guest belong to root.
    const nodes = readdirSync('/dev/snd')
      .map((name) => `/dev/snd/${name}`)
      .filter((path) => statSync(path).isCharacterDevice())
      .map((path) => ({ path, mode: statSync(path).mode & 0o777 }));
    for (const { path } of nodes) chmodSync(path, 0o666);
    process.seteuid?.(65_534);
    try {
      expect(() => card.setTimerSource('-1.4.0')).toThrow(withCode('EACCES'));
      using loop = open();
      expect(loop.timerId).toBe(55);
    } finally {
      process.seteuid?.(0);
      for (const { path, mode } of nodes) chmodSync(path, mode);
      card.resetTimerSource();
    }
  });

  it('knows whether somebody listens', () => {
    using loop = open();
    expect(loop.stats().listener).toBe(false);
    using capture = loop.openCapture();
    expect(loop.stats().listener).toBe(true);
    capture.close();
    expect(loop.stats().listener).toBe(false);
  });

  it('discards what nobody listens to, and a listener gets what comes after it started', () => {
    using loop = open();
    const sent = noise(10 * loop.periodBytes);
    loop.write(sent.subarray(0, 6 * loop.periodBytes));
    using capture = loop.openCapture();
    loop.write(sent.subarray(6 * loop.periodBytes));
    expect(difference(sent.subarray(6 * loop.periodBytes), capture.read())).toBeUndefined();
  });

  it('tells how long its triggers took', () => {
    using loop = open({ measure: true });
    loop.write(new Uint8Array(100 * loop.periodBytes));
    const { triggerCosts = [] } = loop.stats();
    expect(triggerCosts.reduce((sum, count) => sum + count, 0)).toBe(100);
  });

  it('warns when it is collected while open, and leaves nothing behind', async () => {
    const result = await runChild(`
      const { ClockedLoopback } = await import(${JSON.stringify(new URL('../../../dist/loopback/index.js', import.meta.url).href)});
      const warnings = [];
      process.on('warning', ({ message }) => warnings.push(message));
      (() => { ClockedLoopback.openSync({ card: ${card.number}, idle: 'silence', ...${JSON.stringify(stream)} }); })();
      await collect(() => warnings.some((message) => message.startsWith('ClockedLoopback')));
      console.log(JSON.stringify(Object.keys(descriptors()).filter((name) => /utimer|pcm/.test(name))));`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '[]\n' });
  });
});

describe('A period of five seconds, of which the kernel keeps 32 bits', () => {
  const long = { rate: 8_000, periodFrames: 40_000 };

  it('is moved like any other', () => {
    using loop = open(long);
    expect(loop.resolutionNs).toBe(705_032_704n);
    using capture = loop.openCapture();
    const sent = noise(2 * loop.periodBytes);
    loop.write(sent);
    expect(difference(sent, capture.read())).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 2, xruns: 0 });
  });

  it('takes five seconds where silence is inserted', () => {
    const real = native();
    const paces: bigint[][] = [];
    setNative({
      ...real,
      createPeriodPump: (...args) => {
        const pump = real.createPeriodPump(...args);
        const keepAlive = pump.keepAlive.bind(pump);
        return Object.assign(pump, {
          keepAlive: (...pace: [bigint, bigint]) => {
            paces.push(pace);
            keepAlive(...pace);
          },
        });
      },
    });
    try {
      using _loop = open({ ...long, idle: 'silence' });
    } finally {
      setNative(undefined);
    }
    expect(paces).toEqual([[5_000_000_000n, 10_000_000_000n]]);
  });
});

describe('Opening', () => {
  it('is refused while another program plays, and says which', () => {
    using _other = Pcm.open({ ...stream, card: card.number, device: 0, substream: 0, direction: 'playback' });
    const error = thrownBy(() => open());
    expect(error).toMatchObject({ code: 'EBUSY' });
    expect(String(error)).toContain(`playback hw:${card.number},0,0 is held by`);
    expect(String(error)).toContain(
      `(process ${process.pid}): S16_LE, 48000 Hz, 2 channels, 480 frames a period`,
    );
  });

  it('is refused while a listener has the cable on another clock, and says who', () => {
    using _listener = listen();
    const error = thrownBy(() => open());
    expect(error).toMatchObject({ code: 'ERR_CABLE_CLOCK' });
    expect(String(error)).toContain('is clocked by jiffies');
    expect(String(error)).toContain(`(process ${process.pid})`);
    expect(card.timerSource()).toBe('');
  });

  it('is refused with parameters that a listener has pinned to something else, and says to what', () => {
    using timer = UserTimer.create({ rate: 44_100, periodFrames: 441 });
    card.setTimerSource(timer);
    using _listener = listen({ rate: 44_100, periodFrames: 441 });
    card.resetTimerSource();
    const error = thrownBy(() => open());
    expect(error).toMatchObject({ code: 'ERR_PCM_PARAMETER' });
    expect(String(error)).toContain('44100 Hz, 2 channels, 441 frames a period');
  });

  it('leaves no timer behind when it fails', () => {
    using _other = Pcm.open({ ...stream, card: card.number, device: 0, substream: 0, direction: 'playback' });
    expect(() => open()).toThrow();
    expect(readFileSync('/proc/asound/timers', 'utf8')).not.toMatch(/^G4/m);
  });
});

describe('The first period', () => {
  it('is refused while something else runs on the timer, and can be written again after', () => {
    using loop = open();
    card.setTimerSource(`-1.4.${loop.timerId}`);
    using intruder = listen({ substream: 5 });
    card.resetTimerSource();
    intruder.start();
    const sent = noise(loop.periodBytes);
    expect(() => loop.write(sent)).toThrow(withCode('ERR_NOT_STARTED'));
    expect(loop.stats()).toMatchObject({ periods: 0, pendingBytes: 0 });
    intruder.drop();
    loop.write(sent);
    expect(loop.stats()).toMatchObject({ periods: 1, pendingBytes: 0 });
  });
});

describe('An xrun of the playback side', () => {
  // With nothing queued, a trigger moves a period of nothing and stops the stream.
  const openWithTrigger = () => withTrigger(() => open({ fillWithSilence: true }));

  it('is recovered from by the next write without loss', () => {
    const { opened, trigger } = openWithTrigger();
    using loop = opened;
    using capture = loop.openCapture();
    const sent = noise(5 * loop.periodBytes);
    const at = 2 * loop.periodBytes;
    loop.write(sent.subarray(0, at + 11));
    trigger();
    loop.write(sent.subarray(at + 11));
    const expected = Buffer.concat([sent.subarray(0, at), Buffer.alloc(loop.periodBytes), sent.subarray(at)]);
    expect(difference(expected, capture.read())).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 5, xruns: 1 });
  });

  it('loses nothing of a begun period that is ended', () => {
    const { opened, trigger } = openWithTrigger();
    using loop = opened;
    using capture = loop.openCapture();
    const sent = noise(2 * loop.periodBytes + 12);
    const at = 2 * loop.periodBytes;
    loop.write(sent);
    trigger();
    expect(loop.flush()).toBe(480 - 3);
    const silence = Buffer.alloc(loop.periodBytes);
    const last = Buffer.concat([sent.subarray(at), silence]).subarray(0, loop.periodBytes);
    const expected = Buffer.concat([sent.subarray(0, at), silence, last]);
    expect(difference(expected, capture.read())).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 3, xruns: 1, pendingBytes: 0 });
    loop.write(sent);
    expect(difference(sent.subarray(0, at), capture.read())).toBeUndefined();
  });

  it('does not concern an end without a begun period', () => {
    const { opened, trigger } = openWithTrigger();
    using loop = opened;
    loop.write(new Uint8Array(loop.periodBytes));
    trigger();
    expect(loop.flush()).toBe(0);
    loop.write(new Uint8Array(loop.periodBytes));
    expect(loop.stats()).toMatchObject({ periods: 2, xruns: 0 });
  });
});

describe('The end', () => {
  it('that somebody else keeps from starting keeps what was begun, for another try', () => {
    using loop = open();
    const sent = noise(40);
    loop.write(sent);
    card.setTimerSource(`-1.4.${loop.timerId}`);
    using intruder = listen({ substream: 5 });
    card.resetTimerSource();
    intruder.start();
    expect(() => loop.flush()).toThrow(withCode('ERR_NOT_STARTED'));
    expect(loop.stats()).toMatchObject({ periods: 0, pendingBytes: 40, paddedFrames: 0 });
    intruder.drop();
    using capture = loop.openCapture();
    expect(loop.flush()).toBe(470);
    const expected = Buffer.concat([sent, Buffer.alloc(470 * 4)]);
    expect(difference(expected, capture.read())).toBeUndefined();
  });
});

describe('A listener that does not read', () => {
  it('is overrun, and told so', () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    loop.write(new Uint8Array(5 * loop.periodBytes));
    expect(() => capture.read()).toThrow(withCode('EPIPE'));
    expect(loop.stats()).toMatchObject({ periods: 5, xruns: 0, listener: false });
  });

  it('may lag by its whole buffer', () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(4 * loop.periodBytes);
    loop.write(sent);
    expect(difference(sent, capture.read())).toBeUndefined();
  });

  it('can start again with what comes next', () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 4, onInterruption: 'restart' });
    loop.write(new Uint8Array(5 * loop.periodBytes));
    expect(capture.read().length).toBe(0);
    const sent = noise(2 * loop.periodBytes);
    loop.write(sent);
    expect(difference(sent, capture.read())).toBeUndefined();
    expect(capture.stats()).toEqual({ frames: 960, overruns: 1, suspends: 0 });
  });
});

describe('A writer that is killed', () => {
  it('leaves a listener on a dead clock, which must be closed before the next writer can open', async () => {
    card.setTimerSource('-1.4.9');
    const timer = UserTimer.create({ rate: 48_000, periodFrames: 480, id: 9 });
    const listener = listen();
    timer.close();
    const error = thrownBy(() => open({ timerId: 9 }));
    expect(error).toMatchObject({ code: 'ERR_CABLE_CLOCK' });
    expect(String(error)).toContain('an earlier timer 9, which is gone');
    listener.close();
    card.resetTimerSource();
    using loop = open({ timerId: 9 });
    loop.write(new Uint8Array(loop.periodBytes));
  });
});

describe('Starvation', () => {
  it('is nothing at all by default', async () => {
    using loop = open();
    using capture = loop.openCapture();
    loop.write(new Uint8Array(loop.periodBytes));
    capture.read();
    // Another one, opened later, has silence already.
    using other = open({ substream: 1, idle: 'silence' });
    using silence = other.openCapture({ periods: 100 });
    while (other.stats().insertedFrames < 5 * 480) {
      await silence.ready({ signal: AbortSignal.timeout(30_000) });
      silence.read();
    }
    expect(capture.avail()).toBe(0);
    expect(loop.stats().insertedFrames).toBe(0);
  });
});
