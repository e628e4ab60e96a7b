// Silence is told so long after the last packet, by a clock that the test moves.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backlog } from '../../../lib/rtp/backlog.js';
import { SilenceWatch } from '../../../lib/rtp/silence-watch.js';
import { jitterBufferWith, packetsOf } from '../../support/jitter-buffer-with.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'hrtime'] });
  backlog = new Backlog(SOCKET);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Of a socket that tells 4 datagrams a turn, and holds 40. */
const SOCKET = { turnDatagrams: 4, receiveBufferBytes: 10_240 };
let backlog: Backlog;

const now = () => process.hrtime.bigint();

/** Hears what it is told to. */
class Hearing {
  latest: bigint | undefined;

  latestArrival(): bigint | undefined {
    return this.latest;
  }

  settle(): void {}

  hear(): void {
    this.latest = now();
  }
}

describe('A watch for silence', () => {
  it.each([0, 1, 500, 999])(
    'tells 1000 ms after the last packet, which came %d ms after it began',
    (last) => {
      const told: bigint[] = [];
      const began = now();
      const hearing = new Hearing();
      const watch = new SilenceWatch(
        1000,
        backlog,
        hearing,
        (isFirst) => isFirst && told.push(now() - began),
      );
      vi.advanceTimersByTime(last);
      hearing.hear();
      vi.advanceTimersByTime(5000);
      expect(told).toHaveLength(1);
      const late = Number(told[0]) / 1e6 - last - 1000;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(1);
      watch.close();
    },
  );

  it('is never told while packets come, and once each time that they end', () => {
    const told: boolean[] = [];
    const hearing = new Hearing();
    const watch = new SilenceWatch(100, backlog, hearing, (isFirst) => told.push(isFirst));
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 50; i++) {
        hearing.hear();
        vi.advanceTimersByTime(99);
      }
      expect(told.filter((isFirst) => isFirst)).toHaveLength(round - 1);
      vi.advanceTimersByTime(1000);
      expect(told.filter((isFirst) => isFirst)).toHaveLength(round);
    }
    // As long as it goes on, for the membership of a group.
    expect(told.length).toBeGreaterThan(15);
    watch.close();
  });

  it('looks into the socket before it is told', () => {
    const told: boolean[] = [];
    const hearing = new Hearing();
    const watch = new SilenceWatch(100, backlog, hearing, (isFirst) => told.push(isFirst));
    // What has arrived is read between the timer and what follows it.
    setTimeout(() => setImmediate(() => hearing.hear()), 99);
    vi.advanceTimersByTime(150);
    expect(told).toEqual([]);
    watch.close();
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([]);
  });

  it('is not told while what came in time waits in the socket, however many turns it takes to read it', () => {
    const told: boolean[] = [];
    const hearing = new Hearing();
    const watch = new SilenceWatch(100, backlog, hearing, (isFirst) => told.push(isFirst));
    // The loop turned slowly: three turns of it bring what has come since.
    const began = now();
    const arrivals = Array.from({ length: 12 }, (_, i) => began + BigInt(i < 8 ? 0 : 99) * 1_000_000n);
    const read = () => {
      for (const arrival of arrivals.splice(0, SOCKET.turnDatagrams)) {
        backlog.noteDatagram();
        hearing.latest = arrival;
      }
      if (arrivals.length > 0) setImmediate(read);
    };
    setTimeout(() => setImmediate(read), 99);
    vi.advanceTimersByTime(150);
    expect(arrivals).toEqual([]);
    expect(told).toEqual([]);
    watch.close();
  });

  it('is not told where another source has sent all the while, and is heard now', () => {
    const { buffer, told } = jitterBufferWith();
    const silences: bigint[] = [];
    const began = now();
    const receive = (packets: readonly Uint8Array[]) => {
      for (const packet of packets) buffer.receive(packet, now());
    };
    receive(packetsOf({ frames: 48 }, 1));
    const listener = { latestArrival: () => buffer.latestArrival, settle: () => buffer.settle() };
    const watch = new SilenceWatch(1000, backlog, listener, () =>
      silences.push((now() - began) / 1_000_000n),
    );
    // It would wait for the takeover of 200 ms still when the first one has been quiet for a second.
    vi.advanceTimersByTime(809);
    for (let i = 0; i < 500; i++) {
      vi.advanceTimersByTime(1);
      receive(packetsOf({ frames: 48 }, 1, { from: i, ssrc: 2 }));
    }
    expect(silences).toEqual([]);
    expect(told).toMatchObject([{ ssrc: 1 }, { type: 'stream', ssrc: 2 }]);
    expect(buffer.stats()).toMatchObject({ framesReceived: 501 * 48, framesLost: 0 });
    vi.advanceTimersByTime(1001);
    expect(silences).toHaveLength(1);
    expect(silences[0]).toBeGreaterThanOrEqual(2309n);
    watch.close();
  });

  it('is silent before the first packet, and since silence was told', () => {
    const hearing = new Hearing();
    const watch = new SilenceWatch(100, backlog, hearing, () => {});
    expect(watch.isSilent).toBe(true);
    vi.advanceTimersByTime(250);
    hearing.hear();
    expect(watch.isSilent).toBe(false);
    vi.advanceTimersByTime(250);
    expect(watch.isSilent).toBe(true);
    watch.close();
  });
});
