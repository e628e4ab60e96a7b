// Gaps that silence has stood for: what the listener gets is what the timestamps count, and each frame that came.
import { describe, expect, it } from 'vitest';
import { CoveredGaps, type SilencedCable } from '../../../lib/bridge/covered-gaps.js';

const FRAME = 2;
const PERIOD = 480;

/** A cable of two-byte frames that remembers how many it was given, and with whose silence before them. */
function cableFor({ onlyHeard = false, rate = 48_000 } = {}) {
  const stats = { insertedFrames: 0, listener: true as boolean };
  const cable = {
    ...{ frameBytes: FRAME, periodBytes: PERIOD * FRAME, parameters: { rate, periodFrames: PERIOD } },
    stats: () => stats,
  } satisfies SilencedCable;
  let frames = 0;
  let beforeWrite = () => {};
  const outlet = {
    write: (bytes: Uint8Array) => {
      beforeWrite();
      beforeWrite = () => {};
      frames += bytes.length / FRAME;
    },
  };
  const gaps = new CoveredGaps(cable, outlet, onlyHeard);
  return {
    cable,
    gaps,
    insert: (periods: number) => {
      stats.insertedFrames += periods * PERIOD;
    },
    beforeWrite: (action: () => void) => {
      beforeWrite = action;
    },
    receive: (count: number, packet = 48) => {
      for (let left = count; left > 0; left -= packet) {
        gaps.write(new Uint8Array(Math.min(left, packet) * FRAME));
      }
    },
    lose: (count: number) => gaps.writeFill(new Uint8Array(count * FRAME)),
    frames: () => frames,
    heard: () => frames + stats.insertedFrames,
  };
}

describe('A gap of the stream', () => {
  it('is filled whole where nothing was inserted', () => {
    const { receive, lose, frames, gaps } = cableFor();
    receive(100);
    lose(5000);
    expect([frames(), gaps.framesCovered]).toEqual([5100, 0]);
  });

  it('is filled with what silence has not stood for, gap by gap', () => {
    const { receive, lose, insert, heard, frames, gaps } = cableFor();
    for (let outage = 1; outage <= 5; outage++) {
      receive(1000);
      insert(10);
      // In pieces, and with a packet in between that the outage let through.
      lose(3000);
      receive(48);
      lose(1000);
      lose(2000);
      expect(heard()).toBe(outage * 7048);
      expect(gaps.framesCovered).toBe(outage * 4800);
      expect(frames()).toBe(outage * (7048 - 4800));
    }
  });

  it.each([
    [48, 19],
    [48, 20],
    [48, 21],
    [480, 1],
    [480, 2],
  ])('is heard once, in packets of %i frames, of which %i came before', (packet, before) => {
    const { receive, lose, insert, heard } = cableFor();
    receive(before * packet, packet);
    insert(98);
    lose(24_000);
    // The outage lets one through.
    receive(packet, packet);
    lose(24_000);
    receive(10 * packet, packet);
    expect(heard()).toBe(48_000 + (before + 11) * packet);
  });

  it('is heard once where the outage let a packet through before it', () => {
    for (let before = 10; before <= 20; before++) {
      const { receive, lose, insert, heard } = cableFor();
      receive(before * 48);
      insert(50);
      receive(48);
      lose(24_000);
      expect(heard()).toBe(24_000 + (before + 1) * 48);
    }
  });

  it('is left out as a whole where silence was longer, and the rest of that does not concern the next one', () => {
    const { receive, lose, insert, frames, gaps } = cableFor();
    receive(1000);
    insert(10);
    lose(100);
    receive(PERIOD);
    lose(200);
    expect([frames(), gaps.framesCovered]).toEqual([1000 + PERIOD + 200, 100]);
  });

  it('takes account of silence that is inserted between two looks', () => {
    const { receive, lose, insert, beforeWrite, heard } = cableFor();
    receive(1000);
    insert(3);
    beforeWrite(() => insert(1));
    lose(5000);
    expect(heard()).toBe(6000);
  });

  it('does not concern silence from before the stream began, or frames that are only late', () => {
    const { receive, lose, insert, gaps, frames } = cableFor();
    insert(100);
    gaps.begin();
    receive(48);
    lose(48);
    insert(10);
    receive(2 * PERIOD);
    lose(48);
    expect([frames(), gaps.framesCovered]).toEqual([48 + 48 + 2 * PERIOD + 48, 0]);
  });

  it('is kept whole for a listener who is not there, where frames are kept for one', () => {
    for (const [onlyHeard, covered] of [
      [true, 0],
      [false, 480],
    ] as const) {
      const { cable, receive, lose, insert, gaps, frames } = cableFor({ onlyHeard });
      cable.stats().listener = false;
      receive(1000);
      insert(1);
      lose(1000);
      expect([frames(), gaps.framesCovered]).toEqual([2000 - covered, covered]);
    }
  });

  it('is looked at a hundred times a second, however short periods are', () => {
    let looks = 0;
    const cable: SilencedCable = {
      ...{ frameBytes: FRAME, periodBytes: 16 * FRAME, parameters: { rate: 48_000, periodFrames: 16 } },
      stats() {
        looks++;
        return { insertedFrames: 0, listener: true };
      },
    };
    const gaps = new CoveredGaps(cable, { write: () => {} }, false);
    for (let i = 0; i < 1000; i++) gaps.write(new Uint8Array(48 * FRAME));
    expect(looks).toBe(100);
  });
});
