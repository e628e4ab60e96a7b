// ClockedLoopback.write against a C program that makes the same calls: WRITEI and TRIGGER for each period. Nobody listens,
// on either side.
import { periodResolution } from '../../dist/index.js';
import { ClockedLoopback, LoopbackCard } from '../../dist/loopback/index.js';
import { Peer } from '../peer.mjs';
import { processor } from '../processor.mjs';

const PERIODS = 50_000;
const RATE = 48_000;
/** Each time the periods lie elsewhere: what an emulated processor needs to copy them depends on their address. */
const PLACES = 16;
const PLACE_BYTES = 5 * 4_096;

/** What one period costs: on the clock, which is the frames a second, and on the processors, all threads of Node included. */
const MEASURES = [
  { suffix: '', unit: 'ns a period', read: () => Number(process.hrtime.bigint()), field: 0 },
  {
    suffix: '-cpu',
    unit: 'ns of CPU a period',
    read: processor,
    field: 1,
  },
];

const write = (periodFrames, periodsAWrite, aim, { suffix, unit, read, field }) => ({
  name: `write-${periodFrames}x${periodsAWrite}${suffix}`,
  what: `loop.write of ${periodsAWrite} periods of ${periodFrames} frames, against the same calls in C`,
  unit,
  aim,
  ...(field === 0 ? { frames: periodFrames } : {}),
  async open() {
    const card = LoopbackCard.list()[0] ?? (await LoopbackCard.load());
    const resolution = periodResolution(RATE, periodFrames);
    const peer = new Peer('write_loop', resolution, card.number, periodFrames, periodsAWrite);
    const before = card.timerSource();
    card.setTimerSource(`-1.4.${await peer.answer()}`);
    await peer.ask('open');
    card.setTimerSource(before);
    const loop = await ClockedLoopback.open({
      ...{ card, substream: 1, rate: RATE, periodFrames, channels: 2, format: 'S16_LE' },
    });
    const writeBytes = periodsAWrite * loop.periodBytes;
    const memory = new Uint8Array(PLACES * PLACE_BYTES + writeBytes).fill(1);
    let place = 0;
    return {
      ours: async () => {
        const bytes = memory.subarray(place * PLACE_BYTES, place * PLACE_BYTES + writeBytes);
        place = (place + 1) % PLACES;
        const start = read();
        for (let i = 0; i < PERIODS; i += periodsAWrite) loop.write(bytes);
        return (read() - start) / PERIODS;
      },
      c: async () => Number((await peer.ask(PERIODS)).split(' ')[field]),
      async close() {
        loop.close();
        await peer.close();
      },
    };
  },
});

// At least 0.9 of C's frames a second with one period a write, 0.98 with more.
export default [48, 480].flatMap((frames) =>
  [
    [1, 1.11],
    [10, 1.02],
    [100, 1.02],
  ].flatMap(([periods, aim]) => MEASURES.map((measure) => write(frames, periods, aim, measure))),
);
