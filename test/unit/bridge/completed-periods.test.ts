// The end of a stream that falls silent, where only whole periods are heard.
import { expect, it } from 'vitest';
import { CompletedPeriods } from '../../../lib/bridge/completed-periods.js';

const FRAME = 4;
const PERIOD = 480;

/** A cable with so many bytes of a begun period, and an outlet that keeps so many frames. */
function periodsWith({ pendingBytes = 0, framesWaiting = 0 }) {
  const written: Uint8Array[] = [];
  const outlet = { framesWaiting, write: (bytes: Uint8Array) => written.push(bytes) };
  const cable = {
    ...{ frameBytes: FRAME, periodBytes: PERIOD * FRAME, stats: () => ({ pendingBytes }) },
    parameters: {} as never,
  };
  return { written, completed: new CompletedPeriods(cable, outlet) };
}

it.each([
  ['in the cable', { pendingBytes: 100 * FRAME }, 380],
  ['in the outlet', { framesWaiting: 3 * PERIOD + 100 }, 380],
  ['in both', { pendingBytes: 100 * FRAME, framesWaiting: PERIOD + 381 }, 479],
])('completes a period that was begun %s with silence, and counts it', (_, begun, frames) => {
  const { written, completed } = periodsWith(begun);
  completed.complete();
  expect(written).toEqual([new Uint8Array(frames * FRAME)]);
  expect(completed.stats()).toEqual({ insertedFrames: frames, listener: true });
});

it('adds nothing to whole periods', () => {
  const { written, completed } = periodsWith({ framesWaiting: 2 * PERIOD });
  completed.complete();
  expect([written, completed.stats().insertedFrames]).toEqual([[], 0]);
});
