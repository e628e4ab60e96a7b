import { beforeEach, describe, expect, it } from 'vitest';
import { DiscontinuityDetector } from '../../../../lib/rtp/jitter-buffer/discontinuity.js';
import type { Suspect } from '../../../../lib/rtp/jitter-buffer/suspect.js';

const FRAMES = 48;
// The first 10 packets of the stream are written, and the next one is judged.
const place = (n: number, timestamp = n * FRAMES) => ({ sequence: n & 0xffff, timestamp: timestamp >>> 0 });
const ahead = (timestamp: number) => (timestamp - 10 * FRAMES) | 0;

let detector: DiscontinuityDetector;
beforeEach(() => {
  detector = new DiscontinuityDetector({
    channels: 1,
    reorderPackets: 4,
    confirmPackets: 3,
    maxGapFrames: 48_000,
    onContradiction: undefined,
  });
  detector.start(place(0));
  for (let n = 0; n < 10; n++) expect(detector.note(place(n), FRAMES, 'L16')).toBe(false);
});

const judge = (packet: ReturnType<typeof place>, isNext = false) =>
  detector.judge(packet, ahead(packet.timestamp), FRAMES, isNext);

describe('a packet', () => {
  it.each([
    ['in order', place(10), 'continues'],
    ['behind a few lost ones', place(15), 'continues'],
    ['behind more than the reorder window', place(18), 'suspect'],
    ['that others have overtaken', place(5), 'late'],
    ['from longer ago than any gap that is filled', place(-2000), 'suspect'],
    ['whose sequence number contradicts its timestamp', place(12, 3 * FRAMES), 'suspect'],
    ['with a later timestamp and an earlier number', place(3, 12 * FRAMES), 'suspect'],
  ])('%s', (_, packet, expected) => {
    expect(judge(packet)).toBe(expected);
  });

  it('continues a stream over a pause that the sender made', () => {
    const packet = place(10, 1000 * FRAMES);
    expect(judge(packet, true)).toBe('continues');
    expect(judge(packet, false)).toBe('suspect');
  });

  it('says that others have overtaken it', () => {
    detector.note(place(12), FRAMES, 'L16');
    expect(detector.note(place(11), FRAMES, 'L16')).toBe(true);
  });
});

it('believes no lateness that lasts', () => {
  const verdicts = Array.from({ length: 1001 }, () => judge(place(5)));
  expect(new Set(verdicts.slice(0, 1000))).toEqual(new Set(['late']));
  expect(verdicts.at(-1)).toBe('suspect');
  detector.forgiveLateness();
  expect(judge(place(5))).toBe('late');
});

describe('suspects', () => {
  const suspect = (packet: ReturnType<typeof place>): Suspect => ({
    ...packet,
    payloadType: 96,
    ssrc: 1,
    frames: FRAMES,
    bytes: new Uint8Array(0),
    arrival: 0n,
    origin: '',
  });

  it('are confirmed by others that agree with them', () => {
    for (const n of [5000, 5001]) {
      expect(detector.suspect(suspect(place(n)))).toBe(0);
      expect(detector.isConfirmed).toBe(false);
    }
    expect(detector.suspect(suspect(place(5001)))).toBeUndefined();
    expect(detector.suspect(suspect(place(5002)))).toBe(0);
    expect(detector.isConfirmed).toBe(true);
    expect(detector.takeSuspects()).toHaveLength(3);
    expect(detector.hasSuspects).toBe(false);
  });

  it('give way to one that does not agree', () => {
    detector.suspect(suspect(place(5000)));
    detector.suspect(suspect(place(5001)));
    expect(detector.suspect(suspect(place(5002, 3)))).toBe(2);
    expect(detector.suspects).toHaveLength(1);
  });
});

it('knows the second leg of a stream by its place', () => {
  expect(detector.isLeg(place(7))).toBe(true);
  expect(detector.isLeg(place(12))).toBe(true);
  expect(detector.isLeg(place(12, 12 * FRAMES + 1))).toBe(false);
  expect(detector.isLeg(place(2000))).toBe(false);
});
