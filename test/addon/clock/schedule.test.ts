// The ends of periods, in simulated time, beside what arithmetic says of them.
import { describe, expect, it } from 'vitest';
import { simulate } from '../../support/simulated-pacer.js';

const BILLION = 1_000_000_000n;
const DAY = 86_400n * BILLION;

/** The k-th end, from an origin on. */
const endOf = (k: bigint, rate: number, frames: number, origin = 0n) =>
  origin + (k * BigInt(frames) * BILLION) / BigInt(rate);

const numbers = (answers: readonly string[]) => answers.map(BigInt);

const STREAMS: [rate: number, frames: number][] = [
  [44_100, 1024],
  [44_100, 441],
  [11_025, 256],
  [48_000, 48],
  [192_000, 1],
  [1, 3_600],
  [4_294_967_295, 429_497],
];

describe.each(STREAMS)('A schedule of %d Hz and periods of %d frames', (rate, frames) => {
  it('has as many ends in 24 hours as arithmetic says', () => {
    for (const origin of [0n, 1n, 1_790_000_000n * BILLION + 123_456_789n]) {
      const [, due, next] = numbers(
        simulate(`schedule ${rate} ${frames} ${origin}`, `due ${origin + DAY}`, `seek ${origin + DAY}`),
      );
      // The k-th end is within the day when k * frames / rate is less than a day and a ns.
      const count = ((DAY + 1n) * BigInt(rate) - 1n) / (BigInt(frames) * BILLION);
      expect(due).toBe(count);
      expect(next).toBe(endOf(count + 1n, rate, frames, origin));
    }
  });

  it('has each end where arithmetic says, also when they pass one by one', () => {
    const origin = 987_654_321n;
    const ends = numbers(simulate(`schedule ${rate} ${frames} ${origin}`, ...Array(5_000).fill('pass 1')));
    expect(ends).toEqual(ends.map((_, k) => endOf(BigInt(k) + 1n, rate, frames, origin)));
  });

  it('is in phase behind every seek, back as well', () => {
    const near = (k: bigint) => endOf(k, rate, frames);
    const places = [1_000_000n, 5n, 777_777n, 0n, 12n];
    const [, ...answers] = numbers(
      simulate(`schedule ${rate} ${frames} 0`, ...places.flatMap((k) => [`seek ${near(k)}`, 'number'])),
    );
    expect(answers).toEqual(places.flatMap((k) => [near(k + 1n), k + 1n]));
  });
});

describe('A schedule whose rate changes', () => {
  it('goes on from its last end, without a jump', () => {
    const [first, faster, later, nominal] = numbers(
      simulate('schedule 48000 48 0', 'ppb 100000', 'pass 10', 'ppb 0'),
    );
    expect(first).toBe(1_000_000n);
    // 10^15 / 1000100000 ns, rounded down.
    expect(faster).toBe(999_900n);
    expect(later).toBe(10_998_900n);
    // The last end was at 9999000.09999000... ns.
    expect(nominal).toBe(10_999_000n);
  });

  it('loses nothing of a nanosecond in thousands of changes', () => {
    const changes = Array.from({ length: 1_000 }, () => ['ppb 7', 'ppb 0', 'pass 1000']).flat();
    const answers = numbers(simulate('schedule 44100 441 0', ...changes));
    expect(answers.at(-1)).toBe(endOf(1_000_001n, 44_100, 441));
  });

  it('counts a day of a faster clock', () => {
    for (const ppb of [-500_000_000, -1, 1, 1_234, 500_000_000]) {
      const [, , due] = numbers(simulate('schedule 44100 1024 0', `ppb ${ppb}`, `due ${DAY}`));
      const rate = 44_100n * (BILLION + BigInt(ppb));
      expect(due).toBe(((DAY + 1n) * rate - 1n) / (1024n * BILLION * BILLION));
    }
  });
});

/** Of each answer the deadline, and the counters by name. */
const pacing = (...commands: readonly string[]) =>
  simulate(...commands).map((line) => {
    const [deadline, ticks, caughtUp, missed, underruns, news] = line.split(' ').map(Number);
    return { deadline, ticks, caughtUp, missed, underruns, news };
  });

describe('A pacing in simulated time', () => {
  it('moves nothing before an end, and one period at it', () => {
    const [begun, early, at] = pacing('pacing 48000 48 - 0 0 10', 'serve 999999', 'serve 1000000');
    expect(begun).toMatchObject({ deadline: 1_000_000, ticks: 0 });
    expect(early).toMatchObject({ deadline: 1_000_000, ticks: 0 });
    expect(at).toMatchObject({ deadline: 2_000_000, ticks: 1, caughtUp: 0, missed: 0, news: 0 });
  });

  it('moves all that are late, up to its burst, and counts the others as missed', () => {
    const [, some, many] = pacing('pacing 48000 48 - 0 0 10', 'serve 10000000', 'serve 110500000');
    expect(some).toMatchObject({ deadline: 11_000_000, ticks: 10, caughtUp: 9, missed: 0, news: 1 });
    expect(many).toMatchObject({ deadline: 111_000_000, ticks: 20, caughtUp: 18, missed: 90, news: 1 });
  });

  it("moves the last one of those that are late with the policy 'skip'", () => {
    const [, late] = pacing('pacing 48000 48 - 0 1 1', 'serve 7000000');
    expect(late).toMatchObject({ deadline: 8_000_000, ticks: 1, caughtUp: 0, missed: 6, news: 1 });
  });

  it('waits for an origin in the future, and takes the phase of one in the past', () => {
    const [future, moved] = pacing('pacing 48000 48 5000000 0 0 10', 'serve 6000000');
    expect(future).toMatchObject({ deadline: 6_000_000, ticks: 0 });
    expect(moved).toMatchObject({ deadline: 7_000_000, ticks: 1, missed: 0 });
    const [begun, , past] = pacing(
      'pacing 48000 48 0 0 0 10',
      'clock 1234567 0 0 0',
      'pacing 48000 48 0 0 0 10',
    );
    expect(begun).toMatchObject({ deadline: 1_000_000 });
    expect(past).toMatchObject({ deadline: 2_000_000 - 1_234_567, ticks: 0, missed: 0 });
  });

  it('follows a clock that is set forward by its policy for what is late', () => {
    const [, , stepped, served] = pacing(
      ...['pacing 48000 48 - 0 0 100', 'serve 1000000'],
      ...['clock 50000000 0 1 1500000', 'serve 1500000'],
    );
    expect(stepped).toMatchObject({ deadline: 2_000_000 - 50_000_000, ticks: 1, news: 1 });
    expect(served).toMatchObject({ deadline: 52_000_000 - 50_000_000, ticks: 51, caughtUp: 49, missed: 0 });
  });

  it('keeps its phase on a clock that is set back, and its pace', () => {
    const [, , stepped, served] = pacing(
      ...['pacing 48000 48 - 0 0 100', 'serve 50000000'],
      ...['clock -40300000 0 1 50500000', 'serve 50500000'],
    );
    // The clock says 10.2 ms: its next end is at 11 ms.
    expect(stepped).toMatchObject({ deadline: 51_300_000, ticks: 50, news: 1 });
    expect(served).toMatchObject({ deadline: 51_300_000, ticks: 50, missed: 0 });
  });

  it('does not count what a clock says before it is known', () => {
    const [, known, served] = pacing(
      ...['clock 0 1 0 0', 'pacing 48000 48 0 0 0 100'],
      ...['clock 500300000 2 0 1200000', 'serve 1500000'],
    );
    // The clock says 501.5 ms: its next end is at 502 ms.
    expect(known).toMatchObject({ deadline: 1_700_000, ticks: 0, missed: 0, news: 1 });
    expect(served).toMatchObject({ ticks: 0, missed: 0 });
  });

  it('counts what its target says', () => {
    const [, , silence, , nothing, , idle, , postponed, , failed] = pacing(
      ...['pacing 48000 48 - 0 0 10', 'target 1', 'serve 1000000', 'target 2', 'serve 2000000'],
      ...['target 3', 'serve 3000000', 'target 4', 'serve 4000000', 'target 5', 'serve 5000000'],
    );
    expect(silence).toMatchObject({ ticks: 1, underruns: 1, missed: 0 });
    expect(nothing).toMatchObject({ ticks: 1, underruns: 2, missed: 0 });
    expect(idle).toMatchObject({ ticks: 1, underruns: 2, missed: 0 });
    expect(postponed).toMatchObject({ ticks: 1, underruns: 2, missed: 1 });
    expect(failed).toMatchObject({ ticks: 1, missed: 1, news: 1 });
    expect(failed?.deadline).toBeGreaterThan(2 ** 62);
  });
});
