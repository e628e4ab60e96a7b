import { beforeEach, expect, it } from 'vitest';
import { SourceSelection } from '../../../../lib/rtp/jitter-buffer/source-selection.js';
import type { Suspect } from '../../../../lib/rtp/jitter-buffer/suspect.js';
import { type RefusalEvent, Refusals } from '../../../../lib/rtp/refusals.js';

const MS = 1_000_000n;
const FRAMES = 48;

let refused: RefusalEvent[];
let sources: SourceSelection;
beforeEach(() => {
  refused = [];
  const options = { rate: 48_000, confirmPackets: 3, maxGapFrames: 48_000, takeoverMs: 200 };
  sources = new SourceSelection(options, new Refusals((event) => refused.push(event)));
  sources.start(1, 'A');
});

/** A packet of another source, one each millisecond. */
const packet = (n: number, ssrc = 2, origin = 'B'): Suspect => ({
  payloadType: 96,
  ssrc,
  sequence: n,
  timestamp: n * FRAMES,
  frames: FRAMES,
  bytes: new Uint8Array(0),
  arrival: BigInt(n) * MS,
  origin,
});

function send(count: number, ssrc = 2, origin = 'B'): void {
  for (let n = 0; n < count; n++) sources.addRival(packet(n, ssrc, origin));
}

it('follows another source when that has been there for the takeover time', () => {
  send(2);
  expect(sources.takeover(FRAMES)).toBeUndefined();
  sources.addRival(packet(2));
  expect(sources.takeover(FRAMES)).toBe(200n * MS);
  expect(sources.isDecided).toBe(false);
  const { packets, dropped } = sources.takeRival(FRAMES);
  expect(packets).toHaveLength(3);
  expect(dropped).toBe(0);
});

it('takes a packet once', () => {
  expect(sources.addRival(packet(0))).toBe(0);
  expect(sources.addRival(packet(0))).toBeUndefined();
});

it('gives up others when the current source is heard, and tells of them', () => {
  send(5);
  expect(sources.isContested).toBe(true);
  expect(sources.hear()).toBe(5);
  expect(sources.isContested).toBe(false);
  expect(sources.takeover(FRAMES)).toBeUndefined();
  expect(refused).toEqual([
    {
      reason: 'rival',
      came: 'source 0x00000002 from B',
      expected: 'source 0x00000001 from A',
      option: 'ssrc',
      value: 2,
    },
  ]);
});

it('names addresses where both have one identifier', () => {
  send(5, 1, 'B');
  sources.hear();
  expect(refused).toMatchObject([{ option: 'sources', value: undefined }]);
});

it('tells nothing of a stray packet', () => {
  send(1);
  expect(sources.hear()).toBe(1);
  expect(refused).toEqual([]);
});

it('is decided at once when the current source is quiet', () => {
  sources.fallQuiet();
  expect(sources.isHeard).toBe(false);
  send(2);
  expect(sources.isDecided).toBe(false);
  sources.addRival(packet(2));
  expect(sources.isDecided).toBe(true);
  sources.start(2, 'B');
  expect(sources.isHeard).toBe(true);
});
