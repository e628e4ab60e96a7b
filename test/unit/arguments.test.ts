// What callers may pass.
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { checkBytes, checkOptions, checkSignal } from '../../lib/arguments.js';
import { Bridge } from '../../lib/bridge/index.js';
import { Pcm, TimerInstance, UserTimer, userTimerId } from '../../lib/index.js';
import {
  ClockedCapture,
  ClockedLoopback,
  LoopbackCapture,
  moduleParameters,
} from '../../lib/loopback/index.js';
import { checkSendOptions } from '../../lib/loopback/send-queue.js';
import {
  describeStream,
  JitterBuffer,
  loadSdp,
  parseSdp,
  RtpReceiver,
  RtpSender,
} from '../../lib/rtp/index.js';

it('bytes are a Uint8Array of any realm, and nothing else', () => {
  for (const bytes of [new Uint8Array(2), Buffer.from('ab'), runInNewContext('new Uint8Array(2)')])
    expect(checkBytes('bytes', bytes)).toBe(bytes);
  const others = [new Int16Array(2), new DataView(new ArrayBuffer(2)), 'ab', [1, 2], null, undefined];
  for (const other of [...others, Object.create(Uint8Array.prototype), runInNewContext('new Uint16Array(2)')])
    expect(() => checkBytes('bytes', other)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
});

it('other views of memory, however large, are refused in a line that says how to get their bytes', () => {
  const views = 'new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)';
  expect(() => checkBytes('bytes', new Int16Array(960))).toThrow(
    `bytes must be a Uint8Array (its bytes are ${views}), not Int16Array(960) [ ... 960 more items ]`,
  );
  for (const buffer of [new ArrayBuffer(2), runInNewContext('new ArrayBuffer(2)')])
    expect(() => checkBytes('bytes', buffer)).toThrow('(its bytes are new Uint8Array(bytes))');
});

describe('A signal', () => {
  /** As polyfills and other realms make it. */
  class Signal extends EventTarget {
    aborted = false;
    reason: unknown;
    abort(reason: unknown): void {
      this.aborted = true;
      this.reason = reason;
      this.dispatchEvent(new Event('abort'));
    }
  }

  it('of this realm is taken as it is', () => {
    const { signal } = new AbortController();
    expect(checkSignal('signal', signal)).toBe(signal);
    expect(checkSignal('signal', undefined)).toBeUndefined();
  });

  it('of another realm is followed', () => {
    const foreign = new Signal();
    const signal = checkSignal('signal', foreign);
    expect([signal instanceof AbortSignal, signal?.aborted]).toEqual([true, false]);
    foreign.abort('enough');
    expect([signal?.aborted, signal?.reason]).toEqual([true, 'enough']);
    expect(checkSignal('signal', foreign)).toMatchObject({ aborted: true, reason: 'enough' });
  });

  it('of another realm is followed by one, however often it is given', () => {
    const foreign = new Signal();
    expect(checkSignal('signal', foreign)).toBe(checkSignal('signal', foreign));
  });

  it.each([null, 'abort', {}, { aborted: false }, new EventTarget()])('is not %o', (value) => {
    expect(() => checkSignal('signal', value)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  });
});

describe('An option that is not known', () => {
  const names = { periodFrames: true, periods: true, rate: true } as const;

  it.each([
    ['perodFrames', "options.perodFrames is no option; did you mean 'periodFrames'?"],
    ['PeriodFrames', "options.PeriodFrames is no option; did you mean 'periodFrames'?"],
    ['raet', "options.raet is no option; did you mean 'rate'?"],
    ['x', 'options.x is no option; the options are periodFrames, periods, rate'],
    ['toString', 'options.toString is no option; the options are periodFrames, periods, rate'],
  ])('%s is refused, with the option that was meant', (name, message) => {
    expect(() => checkOptions('options', { [name]: 1 }, names as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message }),
    );
  });

  it('is nothing where it has no value, and of any realm an object is taken', () => {
    const options = runInNewContext('({ rate: 48000, perodFrames: undefined })');
    expect(checkOptions('options', options, names as never)).toBe(options);
  });

  const format = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
  const stream = { encoding: 'L16', rate: 48_000, channels: 2, payloadType: 96 } as const;
  const target = { ...stream, address: '239.0.0.1', port: 5004 } as const;
  const sink = { write: () => {} };
  const odd = { sneaky: 1 } as object;

  it.each<[string, () => unknown]>([
    ['UserTimer.create', () => UserTimer.create({ resolutionNs: 1n, ...odd })],
    ['TimerInstance.open', () => TimerInstance.open(userTimerId(0), { ...odd })],
    ['Pcm.open', () => Pcm.open({ ...format, card: 0, device: 0, direction: 'playback', ...odd })],
    ['ClockedLoopback.open', () => ClockedLoopback.openSync({ ...format, ...odd })],
    ['ClockedCapture.open', () => ClockedCapture.openSync({ ...format, ...odd })],
    ['ClockedLoopback.send', () => checkSendOptions({ ...odd })],
    ['LoopbackCapture.open', () => LoopbackCapture.open({ ...format, ...odd })],
    ['LoopbackCard.load', () => moduleParameters([{ ...odd }])],
    ['Bridge.open', () => Bridge.open({ ...target, ...odd })],
    ['JitterBuffer', () => new JitterBuffer({ ...stream, sink, ...odd })],
    ['RtpReceiver.open', () => RtpReceiver.open({ ...target, sink, ...odd })],
    ['RtpSender.open', () => RtpSender.open({ ...target, ...odd })],
    ['describeStream', () => describeStream({ ...target, packetFrames: 48, ...odd })],
    ['parseSdp', () => parseSdp('', { ...odd })],
    ['loadSdp', () => loadSdp('stream.sdp', { ...odd })],
  ])('is refused by %s, before anything is opened', async (_name, open) => {
    await expect((async () => open())()).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringMatching(/\.sneaky is no option; the options are /),
    });
  });

  it('is none of what a session description says of a stream', async () => {
    const text = describeStream({ ...target, packetFrames: 48, origin: '192.168.1.1' });
    await expect(Bridge.open({ ...parseSdp(text), ...({ periods: 1 } as const) })).rejects.toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    });
    await expect(RtpReceiver.open({ ...parseSdp(text), sink, silenceMs: 1 })).rejects.toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    });
  });
});
