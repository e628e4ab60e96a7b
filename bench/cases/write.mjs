// ClockedLoopback.write against a C program that makes the same calls: WRITEI and TRIGGER for each period. Nobody listens,
// on either side.
import { periodResolution } from '../../dist/index.js';
import { ClockedLoopback, LoopbackCard } from '../../dist/loopback/index.js';
import { Peer } from '../peer.mjs';

const PERIODS = 50_000;
const RATE = 48_000;

const write = (periodFrames, periodsAWrite, aim) => ({
  name: `write-${periodFrames}x${periodsAWrite}`,
  what: `loop.write of ${periodsAWrite} periods of ${periodFrames} frames, against the same calls in C`,
  unit: 'ns a period',
  aim,
  async open() {
    const card = LoopbackCard.list()[0] ?? (await LoopbackCard.load());
    const peer = new Peer('write_loop', periodResolution(RATE, periodFrames), card.number, periodFrames);
    const before = card.timerSource;
    card.setTimerSource(`-1.4.${await peer.answer()}`);
    await peer.ask('open');
    card.setTimerSource(before);
    const loop = ClockedLoopback.open({
      ...{ card, substream: 1, rate: RATE, periodFrames, channels: 2, format: 'S16_LE' },
    });
    const bytes = new Uint8Array(periodsAWrite * loop.periodBytes);
    return {
      ours: async () => {
        const start = process.hrtime.bigint();
        for (let i = 0; i < PERIODS; i += periodsAWrite) loop.write(bytes);
        return Number(process.hrtime.bigint() - start) / PERIODS;
      },
      c: async () => Number(await peer.ask(PERIODS)),
      async close() {
        loop.close();
        await peer.close();
      },
    };
  },
});

// At least 0.9 of C's frames a second with one period a write, 0.98 with more.
export default [48, 480].flatMap((frames) => [
  write(frames, 1, 1.11),
  write(frames, 10, 1.02),
  write(frames, 100, 1.02),
]);
