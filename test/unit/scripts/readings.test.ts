// What the demo says of two clocks, on machines that are quiet, slow, or stand still for a while.
import { describe, expect, it } from 'vitest';

const { Readings } = await import(new URL('../../../scripts/demo.d/readings.mjs', import.meta.url).href);

const RATE = 48_000;
const PACKET = 192;
const PPM = 500;
/** Frames a second by which the sender's clock is ahead of the machine's. */
const AHEAD = (RATE * PPM) / 1e6;
/** What a count in steps of a jiffy leaves uncertain, a second. */
const UNCERTAIN = 3;
const KEPT = 5 * RATE;
/** Seconds between two readings: at no fixed distance from packets or jiffies. */
const READING = 0.0203;

interface Machine {
  /** By how many seconds it receives packets late. */
  late?: (time: number) => number;
  /** Frames that the buffer of the cable holds. */
  room?: number;
}

/** The lateness of a machine that leaves `share` of what comes for later from `begin` to `end`, and makes up for it then. */
const slow = (begin: number, end: number, share: number) => (time: number) =>
  Math.max(0, (Math.min(time, end) - begin) * share - Math.max(0, time - end) * 3);

/** A stream of `seconds` into a cable on jiffies, as the demo's receiver plays it. */
function play(seconds: number, { late = () => 0, room = 2 * KEPT }: Machine) {
  const readings = new Readings(RATE);
  const due = (time: number) => time * RATE * (1 + PPM / 1e6);
  const jiffies = (time: number) => Math.floor(time * 250) * (RATE / 250);
  let [received, dropped, written, begun, xruns] = [0, 0, 0, 0, 0];
  let running = false;
  for (let time = 0; received < seconds * RATE; time += READING) {
    for (; received + PACKET <= Math.min(due(time - late(time)), seconds * RATE); received += PACKET) {
      const queued = written - (jiffies(time) - begun);
      if (running && queued < 0) {
        [running, written] = [false, 0];
        xruns += 1;
        readings.part();
      }
      if (running && queued + PACKET > room) {
        dropped += PACKET;
        continue;
      }
      written += PACKET;
      if (!running && written >= KEPT) [running, begun] = [true, jiffies(time)];
    }
    const queued = written - (jiffies(time) - begun);
    if (running && queued >= 0) {
      readings.add({ due: due(time), received, dropped, waiting: queued - KEPT });
    }
  }
  return { readings, xruns, dropped };
}

describe('The drift of a cable on jiffies', () => {
  it('is what its clock is behind', () => {
    const { readings } = play(30, {});
    expect(Math.abs(readings.drift.frames - AHEAD)).toBeLessThan(UNCERTAIN);
    expect(Math.abs(readings.line.at(-1)[1] - 25 * AHEAD)).toBeLessThanOrEqual(2 * PACKET);
  });

  it('is the same on a machine that stood still until the cable ran dry', () => {
    const late = (time: number) => (time < 15 ? 0 : time < 21 ? time - 15 : Math.max(0, 6 - 3 * (time - 21)));
    const { readings, xruns } = play(40, { late });
    expect(xruns).toBe(1);
    expect(Math.abs(readings.drift.frames - AHEAD)).toBeLessThan(UNCERTAIN);
    // It plays on while packets wait in the socket.
    expect(readings.mostOfLate).toBeGreaterThan(RATE / 2);
  });

  it('is the same on a machine that was too slow for a while, with and without an xrun', () => {
    const short = play(40, { late: slow(10, 14, 0.5) });
    const long = play(60, { late: slow(10, 22, 0.5) });
    expect([short.xruns, long.xruns]).toEqual([0, 1]);
    expect(Math.abs(short.readings.drift.frames - AHEAD)).toBeLessThan(UNCERTAIN);
    expect(Math.abs(long.readings.drift.frames - AHEAD)).toBeLessThan(UNCERTAIN);
  });

  it('is the same on a machine that is too slow all the time', () => {
    const { readings, xruns } = play(50, { late: slow(0, 100, 0.15) });
    expect(xruns).toBeGreaterThan(0);
    expect(Math.abs(readings.drift.frames - AHEAD)).toBeLessThan(UNCERTAIN);
  });

  it('is not told of a stream that is too short', () => {
    const { readings } = play(10, {});
    expect(readings.count).toBeGreaterThan(100);
    expect(readings.drift).toBeUndefined();
    expect(new Readings(RATE).drift).toBeUndefined();
  });

  it('is the same when packets find no room', () => {
    const { readings, dropped } = play(60, { room: KEPT + 400 });
    expect(dropped).toBeGreaterThan(0);
    expect(Math.abs(readings.drift.frames - AHEAD)).toBeLessThan(UNCERTAIN);
  });
});

describe('The drift of a cable that the packets clock', () => {
  it('is none, however late they are', () => {
    const readings = new Readings(RATE);
    const late = slow(10, 14, 0.5);
    for (let time = 0; time < 40; time += READING) {
      const sent = (time - late(time)) * RATE * (1 + PPM / 1e6);
      const received = Math.floor(sent / PACKET) * PACKET;
      // A period of four packets that is begun waits.
      readings.add({ due: received, received, dropped: 0, waiting: received % (4 * PACKET) });
      if (readings.count === 1_000) readings.part();
    }
    expect(Math.abs(readings.drift.frames)).toBeLessThan(UNCERTAIN);
    expect(readings.most).toBe(3 * PACKET);
  });
});

describe('The line of the picture', () => {
  it('has what was not heard, second by second, beyond the first, and a gap where the cable stopped', () => {
    const readings = new Readings(RATE);
    const read = (seconds: number, waiting: number, dropped = 0, late = 0) =>
      readings.add({ due: seconds * RATE, received: seconds * RATE - late, dropped, waiting });
    expect([readings.line, readings.count, readings.most, readings.mostOfLate]).toEqual([[], 0, 0, 0]);
    readings.part();
    read(1, 5);
    read(1.5, 7);
    read(1.75, 50);
    read(2, 6, 3, 1);
    readings.part();
    readings.part();
    read(4, 1);
    read(5, 3);
    expect(readings.line).toEqual([
      [1.5, 0],
      [2, 3],
      [4, null],
      [4, 0],
      [5, 2],
    ]);
    expect([readings.count, readings.most, readings.mostOfLate]).toEqual([6, 50, 3]);
  });
});
