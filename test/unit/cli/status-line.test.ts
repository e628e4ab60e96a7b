// What `utimer bridge` tells on a terminal: what matters most is always to be seen.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { BridgeInfo, BridgeStats } from '../../../lib/bridge/index.js';
import { summary } from '../../../lib/cli/bridge/counters.js';
import { inWords } from '../../../lib/cli/bridge/event-log.js';
import { bridge } from '../../../lib/cli/bridge.js';
import { Report } from '../../../lib/cli/output/report.js';
import { StatusLine } from '../../../lib/cli/output/status-line.js';
import { parse } from '../../../lib/cli/table/parse.js';
import type { PlayoutStats } from '../../../lib/rtp/playout/events.js';

/** A stream that says that it is a terminal. */
function terminal(columns: number) {
  const stream = new PassThrough({ encoding: 'utf8' });
  return Object.assign(stream, { isTTY: true, columns });
}

const info = { format: 'S24_3LE', channels: 2, rate: 48_000, periodFrames: 480 } as BridgeInfo;

/** The names of options, as the table has them. */
const { names } = parse(bridge, []);

const NONE_REJECTED = {
  truncated: 0,
  version: 0,
  padding: 0,
  rtcp: 0,
  'payload-type': 0,
  size: 0,
  source: 0,
  clock: 0,
};

/** Counters after an hour of 48 kHz in packets of 1 ms, of which every fifth was lost and every fifth late. */
const hour = {
  receiver: {
    ...{
      senderPpm: -123.456,
      packets: 2_880_000,
      framesLost: 34_560_000,
      packetsLate: 720_000,
      framesWaiting: 96,
    },
    ...{ packetsRejected: NONE_REJECTED, packetsStray: 0, datagramsFiltered: 0, datagramsDropped: 0 },
    ...{ framesCut: 0, framesSkipped: 0 },
  },
  loopback: { periods: 360_000, pendingBytes: 240 * 6, insertedFrames: 480, xruns: 1, listener: false },
  ...{ framesWaiting: 48_096, framesDropped: 12, framesCompleted: 0, framesCovered: 0, eventsDropped: 0 },
} as BridgeStats;

const SIX = 'ppm -123.5, buf 48432, lost 34560000, late 720000, periods 360000, no listener';

describe('The counters of a bridge', () => {
  it('are six on a terminal of 80 columns, also after an hour of losses', () => {
    const stream = terminal(80);
    new StatusLine(stream).show(summary(hour, info));
    expect(stream.read()).toBe(`\r\x1b[2K${SIX}`);
  });

  it('are all of them where there is room, or no terminal', () => {
    const all = `${SIX}, dropped 12, inserted 480, xruns 1, packets 2880000`;
    for (const [stream, text] of [
      [terminal(200), `\r\x1b[2K${all}`],
      [new PassThrough({ encoding: 'utf8' }), `${all}\n`],
    ] as const) {
      new StatusLine(stream).show(summary(hour, info));
      expect(stream.read()).toBe(text);
    }
  });

  it('are also what came and was not heard, each by its kind', () => {
    const receiver = {
      ...hour.receiver,
      packetsRejected: { ...NONE_REJECTED, 'payload-type': 70, size: 5, rtcp: 1000 },
      ...{ datagramsFiltered: 3, packetsStray: 4, datagramsDropped: 6, framesCut: 7, framesSkipped: 8 },
    };
    const words = summary({ ...hour, receiver }, info).join(', ');
    expect(words).toContain(
      'no listener, refused 75, filtered 3, stray 4, lost here 6, cut 7, left out 8, dropped 12',
    );
    expect(summary({ ...hour, receiver: { ...receiver, datagramsDropped: undefined } }, info)).not.toContain(
      'lost here 6',
    );
  });

  it('are few while nothing has happened', () => {
    const receiver = { ...hour.receiver, senderPpm: undefined };
    const calm = {
      ...hour,
      receiver,
      framesDropped: 0,
      loopback: { ...hour.loopback, insertedFrames: 0, xruns: 0 },
    };
    expect(summary(calm, info)[0]).toBe('ppm -');
    expect(summary(calm, info)).toHaveLength(7);
  });
});

describe('What is refused', () => {
  it('is told with what came, what was expected, and the option that takes it', () => {
    const stream = terminal(80);
    const tell = inWords(new Report(stream, false), info, names);
    const came = 'payload type 97';
    const refusal = { type: 'refusal', reason: 'payload-type', came, expected: '96' } as const;
    tell({ ...refusal, option: 'payloadType', value: 97 });
    tell({ ...refusal, option: undefined, value: undefined });
    const size = { came: 'a payload of 98 bytes', expected: 'a multiple of 6 (L24, 2 channels)' };
    tell({ ...refusal, reason: 'size', ...size, option: 'channels', value: undefined });
    expect(stream.read()).toBe(
      'refused: payload type 97 came, 96 was expected; --payload-type 97\n' +
        'refused: payload type 97 came, 96 was expected\n' +
        'refused: a payload of 98 bytes came, a multiple of 6 (L24, 2 channels) was expected; --format, --channels\n',
    );
  });

  it('is told of a description that is wrong, with what fits', () => {
    const stream = terminal(80);
    const tell = inWords(new Report(stream, false), info, names);
    const contradiction = { type: 'contradiction', what: 'length', packetFrames: 192 } as const;
    tell({ ...contradiction, timestampFrames: 48, fits: [{ encoding: 'L24', channels: 8 }] });
    tell({ ...contradiction, what: 'sequence', timestampFrames: 192, fits: [] });
    expect(stream.read()).toBe(
      'packets hold 192 frames as described, but their timestamps count 48: --format L24 --channels 8, or its clock counts 12000 Hz\n' +
        'the sequence numbers stand still: only the timestamps count\n',
    );
  });
});

describe('A stream that is played by a clock', () => {
  const playing = (marginMs: number | undefined, periodsMissed = 0): BridgeStats => {
    const playout = { ...hour.receiver.playout, marginMs, state: 'locked', periodsMissed } as PlayoutStats;
    return { ...hour, receiver: { ...hour.receiver, playout } };
  };

  it('has its margin and its clock beside what is lost, in 80 columns', () => {
    const stream = terminal(80);
    new StatusLine(stream).show(summary(playing(-1.25), info));
    expect(stream.read()).toBe(
      '\r\x1b[2Kppm -123.5, buf 48432, lost 34560000, late 720000, margin -1.3 ms, locked',
    );
    expect(summary(playing(undefined, 3), info).slice(4, 7)).toEqual(['margin -', 'locked', 'missed 3']);
  });

  it('tells what happens to the clock', () => {
    const stream = terminal(80);
    const tell = inWords(new Report(stream, false), info, names);
    const type = 'clock';
    tell({ type, what: 'state', state: 'locked', error: undefined });
    tell({ type, what: 'state', state: 'holdover', error: 'ENODEV' });
    tell({ type, what: 'step', stepMs: 1.5 });
    tell({ type, what: 'late', caughtUp: 1, missed: 20 });
    const refusal = { reason: 'clock', option: 'mediaClock', value: undefined } as const;
    tell({ type: 'refusal', ...refusal, came: 'timestamp 7, 2.000 s ahead,', expected: 'one near 9' });
    expect(stream.read()).toBe(
      'the clock is locked\n' +
        'the clock is not heard any more (ENODEV): its last frequency goes on\n' +
        'the clock was set by +1.500 ms: what is heard follows it\n' +
        '1 period moved late, 20 periods not at all: the machine was busy, or the clock leapt\n' +
        'refused: timestamp 7, 2.000 s ahead, came, one near 9 was expected; --clock, --mediaclk\n',
    );
  });
});

describe('Losses', () => {
  it('are one line with the counters, however many they are', () => {
    const stream = terminal(80);
    const tell = inWords(new Report(stream, false), info, names);
    const lose = (times: number) => {
      for (let i = 0; i < times; i += 1) tell({ type: 'loss', timestamp: i * 96, frames: 48 });
    };
    tell({ type: 'stats', ...hour });
    lose(290);
    tell({ type: 'stats', ...hour });
    tell({ type: 'stats', ...hour });
    tell({ type: 'loss', timestamp: 0, frames: 1 });
    tell({ type: 'close', ...hour });
    const counters = `\r\x1b[2K${SIX}`;
    expect(stream.read()).toBe(
      `${counters}\r\x1b[2K13920 frames lost in 290 gaps\n${counters}${counters}\r\x1b[2K` +
        `1 frame lost in 1 gap\nclosed: ${SIX}, dropped 12, inserted 480, xruns 1, packets 2880000\n`,
    );
  });
});

describe('Pauses of a sender', () => {
  it('are one line with the counters, too, and no losses', () => {
    const stream = terminal(80);
    const tell = inWords(new Report(stream, false), info, names);
    for (const timestamp of [0, 1, 2]) tell({ type: 'discontinuity', timestamp, frames: 1920 });
    tell({ type: 'stats', ...hour });
    expect(stream.read()).toBe(`5760 frames left out by the sender in 3 pauses\n\r\x1b[2K${SIX}`);
  });
});

describe('A status line', () => {
  it('is overwritten by the next one, and by a line that stays, and makes room for others', () => {
    const stream = terminal(20);
    const line = new StatusLine(stream);
    line.show(['one', 'two']);
    line.show(['three']);
    line.print('stays');
    line.print('as well');
    line.show(['four']);
    line.clear();
    line.clear();
    expect(stream.read()).toBe(
      '\r\x1b[2Kone, two\r\x1b[2Kthree\r\x1b[2Kstays\nas well\n\r\x1b[2Kfour\r\x1b[2K',
    );
  });

  it('never reaches the last column', () => {
    for (const columns of [0, 1, 2, 8, 9, 10]) {
      const stream = terminal(columns);
      new StatusLine(stream).show(['1234', '5678', '9']);
      const text = stream.read().slice(5);
      expect(text.length).toBeLessThan(columns || 80);
      expect('1234, 5678, 9'.startsWith(text)).toBe(true);
    }
  });
});
