import { expect, it } from 'vitest';
import { Concealment } from '../../../../lib/rtp/jitter-buffer/concealment.js';

const RATE = 1000; // so 20 ms are 20 frames
const FRAME_BYTES = 2;

function filled(give: (write: (bytes: Uint8Array) => void) => void): number[] {
  const all: number[] = [];
  give((bytes) => all.push(...bytes));
  return all;
}

const zeros = (frames: number): number[] => new Array<number>(frames * FRAME_BYTES).fill(0);

it('fills with silence, of any length', () => {
  const concealment = new Concealment('silence', RATE, FRAME_BYTES);
  concealment.remember(Uint8Array.of(1, 2));
  for (const frames of [0, 1, 8192, 20_001]) {
    expect(filled((write) => concealment.fill(frames, write))).toEqual(zeros(frames));
  }
});

it('repeats the last packet for 20 ms, also over several gaps, then is silent', () => {
  const concealment = new Concealment('repeat', RATE, FRAME_BYTES);
  concealment.remember(Uint8Array.of(1, 2, 3, 4, 5, 6));
  expect(filled((write) => concealment.fill(2, write))).toEqual([1, 2, 3, 4]);
  expect(filled((write) => concealment.fill(2, write))).toEqual([5, 6, 1, 2]);
  const rest = filled((write) => concealment.fill(20, write));
  expect(rest.slice(0, 6)).toEqual([3, 4, 5, 6, 1, 2]);
  expect(rest.slice(16 * FRAME_BYTES)).toEqual(zeros(4));
  expect(rest.slice(0, 16 * FRAME_BYTES)).not.toContain(0);
});

it('repeats anew after another packet', () => {
  const concealment = new Concealment('repeat', RATE, FRAME_BYTES);
  concealment.remember(Uint8Array.of(1, 2));
  concealment.fill(100, () => {});
  concealment.remember(Uint8Array.of(7, 8));
  expect(filled((write) => concealment.fill(2, write))).toEqual([7, 8, 7, 8]);
});

it('is silent before the first packet, and where silence is asked for', () => {
  const concealment = new Concealment('repeat', RATE, FRAME_BYTES);
  expect(filled((write) => concealment.fill(3, write))).toEqual(zeros(3));
  concealment.remember(Uint8Array.of(1, 2));
  expect(filled((write) => concealment.silence(3, write))).toEqual(zeros(3));
});
