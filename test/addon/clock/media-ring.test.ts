// Frames by their media time, in simulated time: where packets are placed, and what becomes of what is missing.
import { describe, expect, it } from 'vitest';
import { generator } from '../../support/rtp-stream.js';
import { simulateRing } from '../../support/simulated-ring.js';

/** Periods of 10 frames at 1000 Hz: a frame takes 1 ms, and a period 10. */
const RING = { rate: 1_000, frames: 10, periods: 8, repeat: 0, late: 100, next: 1_000 };
const MS = 1_000_000;

const ring = (change: Partial<typeof RING> = {}) => `ring ${Object.values({ ...RING, ...change }).join(' ')}`;
const LEFT_OUT = 1;
const NOTHING = 2;
const write = (timestamp: number, frames = 10, { before = 0, now = 0 } = {}) =>
  `write ${timestamp} ${frames} ${before} ${now}`;
const take = (end: number, now = 0) => `take ${end} ${now}`;

const run = (...commands: readonly string[]) => simulateRing(...commands).slice(1) as Record<string, never>[];

const count = (from: number, frames = 10) => Array.from({ length: frames }, (_, i) => (from + i) >>> 0);
const silence = (frames = 10) => Array<number>(frames).fill(0);

describe('A media ring', () => {
  it('gives each frame in the period of its position, however the packets are cut, and in whatever order they come', () => {
    const random = generator(1);
    const packets: [number, number][] = [];
    for (let at = 1_000; at < 1_060; ) {
      const frames = Math.min(1 + random(9), 1_060 - at);
      packets.push([at, frames]);
      at += frames;
    }
    const order = packets.toSorted(() => random(3) - 1);
    const answers = run(
      ring(),
      ...order.map(([at, frames]) => write(at, frames)),
      ...[101, 102, 103, 104, 105, 106].map((end) => take(end)),
      'stats',
    );
    expect(answers.slice(packets.length, -1).flatMap(({ frames }) => frames)).toEqual(count(1_000, 60));
    expect(answers.at(-1)).toMatchObject({ lost: 0, waiting: 0, next: 1_060, end: 1_060 });
  });

  it.each([
    ['at the epoch', 0, 0, 0],
    ['where 32 bits end', 2 ** 32 - 20, 2 ** 32 - 5, 2 ** 32 - 5],
    ['behind their end', 2 ** 32 - 20, 3, 2 ** 32 + 3],
    ['before it, when they have just ended', 2 ** 32 + 10, 2 ** 32 - 3, 2 ** 32 - 3],
    [
      'of this year',
      48_000 * 1_790_000_000,
      (48_000 * 1_790_000_000 + 7) % 2 ** 32,
      48_000 * 1_790_000_000 + 7,
    ],
    [
      'of 768 kHz in a hundred years',
      7e15 - (7e15 % 10),
      (7e15 - (7e15 % 10) + 7) % 2 ** 32,
      7e15 - (7e15 % 10) + 7,
    ],
  ])('extends a timestamp to 64 bits by the time that it is: %s', (_, next, timestamp, position) => {
    expect(run(ring({ next }), write(timestamp, 5))[0]).toMatchObject({ position, refused: false });
  });

  it('goes over the end of 32 bits as over any other', () => {
    const start = 2 ** 32 - (2 ** 32 % 10) - 40;
    const packets = Array.from({ length: 10 }, (_, i) => start + 10 * i);
    const answers = run(
      ring({ next: start, periods: 16 }),
      ...packets.map((at) => write(at % 2 ** 32)),
      ...packets.map((at) => take(at / 10 + 1)),
      'stats',
    );
    expect(answers.slice(10, -1).flatMap(({ frames }) => frames)).toEqual(count(start % 2 ** 32, 100));
    expect(answers.at(-1)).toMatchObject({ lost: 0, end: start + 100 });
  });

  it('refuses what is beyond it, and what is later than is believed', () => {
    const [most, more, least, less] = run(
      ring(),
      write(1_060, 10), // seven of its eight periods are free to be written
      write(1_061, 10),
      write(900, 10),
      write(899, 10),
    );
    expect(most).toMatchObject({ placed: 10, refused: false });
    expect(more).toMatchObject({ placed: 0, refused: true, position: 1_061 });
    expect(least).toMatchObject({ placed: 0, late: 10, refused: false });
    expect(less).toMatchObject({ refused: true, position: 899 });
  });

  it('loses what is not there between other frames, and not what is before the first or behind the last', () => {
    const answers = run(
      ring(),
      write(1_013, 4),
      write(1_024, 2),
      ...[101, 102, 103, 104].map((end) => take(end)),
      'losses',
      'stats',
    );
    expect(answers.slice(2, 6).map(({ frames }) => frames)).toEqual([
      silence(),
      [...silence(3), ...count(1_013, 4), ...silence(3)],
      [...silence(4), ...count(1_024, 2), ...silence(4)],
      silence(),
    ]);
    expect(answers.slice(2, 6).map(({ sounds }) => sounds)).toEqual([false, true, true, false]);
    expect(answers[6]).toEqual([[1_017, 7]]);
    expect(answers[7]).toMatchObject({ lost: 7, gaps: 1 });
  });

  it('knows of a loss when the packet behind it comes, also when its time is over', () => {
    const answers = run(
      ring(),
      write(1_000, 10),
      ...[101, 102, 103].map((end) => take(end)),
      'stats',
      write(1_030, 10),
      'losses',
      'stats',
    );
    expect(answers[4]).toMatchObject({ lost: 0 });
    expect(answers[6]).toEqual([[1_010, 20]]);
    expect(answers[7]).toMatchObject({ lost: 20, gaps: 1 });
  });

  it('has frames that come late as lost, and plays the rest of their packet', () => {
    const answers = run(
      ring(),
      write(1_000, 10),
      take(101),
      take(102),
      write(1_015, 10),
      take(103),
      'losses',
      'stats',
    );
    expect(answers[3]).toMatchObject({ placed: 5, late: 5 });
    expect(answers[4]?.frames).toEqual([...count(1_020, 5), ...silence(5)]);
    expect(answers[5]).toEqual([[1_010, 10]]);
    expect(answers[6]).toMatchObject({ lost: 10 });
  });

  it('tells a loss once, though it goes on over periods and late packets', () => {
    const answers = run(
      ring({ rate: 10_000 }),
      write(1_000, 10),
      take(101),
      take(102),
      write(1_010, 10),
      'losses',
      take(103),
      write(1_020, 10),
      'losses',
      write(1_030, 10),
      'losses',
      'stats',
    );
    expect(answers[4]).toEqual([]);
    expect(answers[7]).toEqual([]);
    expect(answers[9]).toEqual([[1_010, 20]]);
    expect(answers[10]).toMatchObject({ lost: 20, gaps: 1 });
  });

  it('tells a part of a loss that goes on for a tenth of a second', () => {
    const late = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => write(1_000 + 10 * i));
    const answers = run(
      ring({ late: 1_000 }),
      write(1_000),
      take(101),
      take(120),
      ...late,
      'losses',
      'stats',
    );
    expect(answers.at(-2)).toEqual([[1_010, 110]]);
    expect(answers.at(-1)).toMatchObject({ lost: 110, gaps: 1 });
  });

  it('takes frames once: those that are there stay, and what is missing beside them is placed', () => {
    const answers = run(ring(), write(1_002, 3), write(1_002, 3), write(1_000, 10), take(101), 'stats');
    expect(answers.slice(0, 3)).toMatchObject([{ placed: 3 }, { placed: 0, late: 0 }, { placed: 7 }]);
    expect(answers[3]?.frames).toEqual(count(1_000));
    expect(answers[4]).toMatchObject({ waiting: 0, lost: 0 });
  });

  it('has silence where the sender left frames out, which are not lost', () => {
    const answers = run(
      ring(),
      write(1_000, 5),
      write(1_015, 5, { before: LEFT_OUT }),
      take(101),
      take(102),
      'stats',
    );
    expect(answers.slice(2, 4).flatMap(({ frames }) => frames)).toEqual([
      ...count(1_000, 5),
      ...silence(10),
      ...count(1_015, 5),
    ]);
    expect(answers[4]).toMatchObject({ lost: 0, waiting: 0 });
  });

  it('has nothing lost between two streams', () => {
    const answers = run(
      ring(),
      write(1_000),
      write(1_030, 10, { before: NOTHING }),
      ...[101, 102, 103, 104].map((end) => take(end)),
      'stats',
    );
    expect(answers.at(-1)).toMatchObject({ lost: 0, end: 1_040 });
  });

  it('says whether a stream runs', () => {
    const answers = run(
      ...[ring(), take(101), write(1_020), take(102), 'rest', take(103), take(104), write(1_050), take(105)],
    );
    const periods = answers.filter((answer) => answer && 'running' in answer);
    expect(periods.map(({ running }) => running)).toEqual([false, false, true, false, true]);
  });

  it('skips what a clock leaps over, which is lost, and keeps the rest', () => {
    const answers = run(
      ring(),
      write(1_000),
      write(1_020),
      write(1_040),
      take(101),
      take(105),
      'losses',
      'stats',
    );
    expect(answers[4]?.frames).toEqual(count(1_040));
    expect(answers[5]).toEqual([[1_010, 30]]);
    expect(answers[6]).toMatchObject({ lost: 30, waiting: 0, next: 1_050 });
  });

  it('has silence while a clock that was set back passes the same time again, and loses none of it twice', () => {
    const answers = run(
      ...[ring(), write(1_000), write(1_010), write(1_020), take(101), take(102)],
      ...[take(101), take(102), 'stats', take(103)],
    );
    expect(answers[5]?.frames).toEqual(silence());
    expect(answers[6]?.frames).toEqual(silence());
    expect(answers[7]).toMatchObject({ lost: 0, waiting: 10, end: null });
    expect(answers[8]?.frames).toEqual(count(1_020));
  });

  it('says how long before its time the packet came that came latest', () => {
    // The period of end 101 has moved at 50 ms. That of position 1017 moves 10 ms later.
    const answers = run(
      ...[ring(), take(101, 50 * MS), write(1_017, 3, { now: 52 * MS }), 'stats'],
      ...[write(1_020, 10, { now: 52 * MS }), write(1_014, 3, { now: 59 * MS }), 'stats'],
      ...[write(1_000, 10, { now: 63 * MS }), 'stats'],
      ...[write(1_030, 10, { before: NOTHING, now: 63 * MS }), 'stats'],
    );
    const margins = answers
      .filter((answer) => answer && 'marginNs' in answer)
      .map(({ marginNs }) => marginNs);
    expect(margins).toEqual([8 * MS, 1 * MS, -13 * MS, 17 * MS]);
  });

  it('forgets a margin after 10 to 20 s', () => {
    const SECOND = 1_000 * MS;
    // A period moves in time each second; the packet of the second one came late, the others 8 ms before their time.
    const early = (at: number) => [write(1_000 + at * 1_000, 10, { now: at * SECOND }), 'stats'];
    const move = (at: number) => take(101 + at * 100, at * SECOND + 8 * MS);
    const answers = run(
      ring({ periods: 256 }),
      take(100, -2 * MS),
      ...early(0),
      move(0),
      write(1_900, 10, { now: 905 * MS }),
      'stats',
      ...Array.from({ length: 24 }, (_, i) => [...early(i + 1), move(i + 1)]).flat(),
    );
    const margins = answers
      .filter((answer) => answer && 'marginNs' in answer)
      .map(({ marginNs }) => Math.round(Number(marginNs) / MS));
    expect(margins[0]).toBe(8);
    expect(new Set(margins.slice(1, 11))).toEqual(new Set([3]));
    expect(new Set(margins.slice(-4))).toEqual(new Set([8]));
  });

  it('repeats the last packet where that is wanted, for a while', () => {
    const answers = run(
      ring({ repeat: 16 }),
      write(1_000, 4),
      write(1_004, 4),
      write(1_036, 4),
      ...[101, 102, 103, 104].map((end) => take(end)),
      'stats',
    );
    const packet = count(1_004, 4);
    expect(answers.slice(3, 7).flatMap(({ frames }) => frames)).toEqual([
      ...count(1_000, 8),
      ...[...packet, ...packet, ...packet, ...packet],
      ...silence(12),
      ...count(1_036, 4),
    ]);
    expect(answers[7]).toMatchObject({ lost: 28 });
  });

  it('forgets nothing and invents nothing in an hour of packets that are lost, late, doubled and overtaken', () => {
    const random = generator(7);
    const commands = [ring({ periods: 32, late: 1_000_000, next: 0, rate: 48_000 })];
    const received = new Set<number>();
    let end = 0;
    const packets = Array.from({ length: 20_000 }, (_, i) => ({
      at: i * 7,
      // When it comes: up to 80 frames late, of which 60 are made up for.
      when: i * 7 + 7 + random(80),
      lost: random(20) === 0,
    })).filter(({ lost }) => !lost);
    const arrivals = packets.flatMap((packet) => (random(10) === 0 ? [packet, packet] : [packet]));
    const takes: number[] = [];
    for (const { at, when } of arrivals.toSorted((a, b) => a.when - b.when)) {
      for (; (end + 1) * 10 + 60 <= when; end++) takes.push(commands.push(take(end + 1)) - 2);
      commands.push(write(at, 7));
      for (let frame = at; frame < at + 7; frame++) if (frame >= end * 10) received.add(frame);
    }
    for (const until = end + 32; end < until; end++) takes.push(commands.push(take(end + 1)) - 2);
    const answers = run(...commands, 'stats');
    const played = takes.flatMap((index) => answers[index]?.frames as unknown as number[]);
    const last = Math.max(...received);
    expect(played.filter((frame, i) => frame !== (received.has(i) ? i : 0))).toEqual([]);
    const first = Math.min(...received);
    expect(answers.at(-1)).toMatchObject({ lost: last + 1 - first - received.size, waiting: 0 });
  });
});
