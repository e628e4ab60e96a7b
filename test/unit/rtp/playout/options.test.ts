// What a stream is played by, from its options and its description.
import { describe, expect, it } from 'vitest';
import { checkPlayedSink, checkPlayoutOptions } from '../../../../lib/rtp/playout/options.js';

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringMatching(message) });

describe('The options of a playout', () => {
  it('are none where frames go as they come, which is the default', () => {
    expect(checkPlayoutOptions({}, 48_000)).toBeUndefined();
    expect(checkPlayoutOptions({ clock: 'packets', mediaClock: { kind: 'sender' } }, 48_000)).toBeUndefined();
    expect(() => checkPlayoutOptions({ linkOffsetMs: 3 }, 48_000)).toThrow(
      invalid(/^linkOffsetMs must be left out with clock 'packets'/),
    );
  });

  it.each([
    [{}, 3],
    [{ packetFrames: 48 }, 3],
    [{ packetFrames: 6 }, 3],
    [{ packetFrames: 192 }, 12],
    [{ packetFrames: 960 }, 60],
    [{ packetFrames: 960, linkOffsetMs: 0.5 }, 0.5],
  ])(
    'have a link offset of three packets, 3 ms at least, where none is given: %o',
    (options, linkOffsetMs) => {
      expect(checkPlayoutOptions({ clock: 'tai', ...options }, 48_000)).toMatchObject({ linkOffsetMs });
    },
  );

  it.each([-1, 10_001, Number.NaN])('have no link offset of %d', (linkOffsetMs) => {
    expect(() => checkPlayoutOptions({ clock: 'tai', linkOffsetMs }, 48_000)).toThrow(RangeError);
  });

  it('have the offset of the description, or 0, or none where only arrivals are known', () => {
    const offsetOf = (options: object) =>
      checkPlayoutOptions({ clock: '/dev/ptp0', ...options }, 48_000)?.offset;
    expect(offsetOf({ mediaClock: { kind: 'direct', offset: 4_294_967_295 } })).toBe(4_294_967_295);
    expect(offsetOf({ mediaClock: { kind: 'direct', offset: undefined } })).toBe(0);
    expect(offsetOf({})).toBe(0);
    expect(offsetOf({ clock: 'arrival', mediaClock: { kind: 'direct', offset: 7 } })).toBeUndefined();
    expect(() => offsetOf({ mediaClock: { kind: 'direct', offset: 2 ** 32 } })).toThrow(RangeError);
  });

  it('refuse a clock for a stream that counts by no clock that is known, but for its arrivals', () => {
    for (const mediaClock of [{ kind: 'sender' }, { kind: 'other', value: 'IEEE1722=00' }] as const) {
      expect(() => checkPlayoutOptions({ clock: 'eth0', mediaClock }, 48_000)).toThrow(
        invalid(/^clock must be 'arrival' or 'packets' .*\(mediaclk:(sender|IEEE1722=00)\), not 'eth0'$/),
      );
      expect(checkPlayoutOptions({ clock: 'arrival', mediaClock }, 48_000)).toBeDefined();
    }
  });

  it('refuse a sink that cannot be moved by a clock', () => {
    const stream = { encoding: 'L16', rate: 48_000, channels: 2 } as const;
    expect(() => checkPlayedSink({ write: () => {} }, stream)).toThrow(
      invalid(/^clock must be 'packets' for a sink that is no ClockedLoopback/),
    );
  });
});
