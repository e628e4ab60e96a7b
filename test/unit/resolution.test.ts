import { describe, expect, it } from 'vitest';
import { periodResolution } from '../../lib/index.js';

describe('periodResolution', () => {
  it.each([
    [8_000, 4_410, 551_250_000n],
    [44_100, 441, 10_000_000n],
    [44_100, 1_024, 23_219_954n],
    [48_000, 48, 1_000_000n],
    [48_000, 64, 1_333_333n],
    [48_000, 480, 10_000_000n],
    [48_000, 1_024, 21_333_333n],
    [96_000, 96, 1_000_000n],
    [192_000, 192, 1_000_000n],
    [22_050, 512, 23_219_954n],
    [11_025, 256, 23_219_954n],
    [176_400, 1_764, 10_000_000n],
    // The last one that fits in 32 bits, and what is left of longer ones.
    [8_000, 34_359, 4_294_875_000n],
    [8_000, 34_360, 32_704n],
    [8_000, 40_000, 705_032_704n],
    [44_100, 524_288, 3_298_682_188n],
  ])('of %i Hz and %i frames is what the PCM core computes', (rate, periodFrames, expected) => {
    expect(periodResolution(rate, periodFrames)).toBe(expected);
  });

  it('is the greatest integer whose product with the rate does not exceed 10^9 frames', () => {
    for (let rate = 8_000; rate <= 768_000; rate += 977) {
      const periodFrames = (rate % 4_093) + 16;
      const resolution = periodResolution(rate, periodFrames);
      expect(resolution * BigInt(rate)).toBeLessThanOrEqual(1_000_000_000n * BigInt(periodFrames));
      expect((resolution + 1n) * BigInt(rate)).toBeGreaterThan(1_000_000_000n * BigInt(periodFrames));
    }
  });

  it.each([
    ['48000', 480, 'ERR_INVALID_ARG_TYPE'],
    [48_000, undefined, 'ERR_INVALID_ARG_TYPE'],
    [0, 480, 'ERR_OUT_OF_RANGE'],
    [48_000, 0, 'ERR_OUT_OF_RANGE'],
    [48_000.5, 480, 'ERR_OUT_OF_RANGE'],
    [Number.NaN, 480, 'ERR_OUT_OF_RANGE'],
    [2_000_000_000, 1, 'ERR_OUT_OF_RANGE'],
    // 2^32 ns.
    [1_953_125, 8_388_608, 'ERR_OUT_OF_RANGE'],
  ])('refuses %s Hz and %s frames with %s', (rate, periodFrames, code) => {
    expect(() => periodResolution(rate as number, periodFrames as number)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
