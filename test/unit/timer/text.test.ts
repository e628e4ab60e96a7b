// Timer ids as people write them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatTimerId, parseTimerId, pcmTimerId, type TimerId, userTimerId } from '../../../lib/index.js';
import { setProcAsound } from '../../../lib/proc.js';

beforeEach(() => setProcAsound('/nowhere'));
afterEach(() => setProcAsound(undefined));

describe('A timer id', () => {
  it('is read and written in the language of timer_source', () => {
    expect(parseTimerId('-1.4.7')).toEqual(userTimerId(7));
    expect(parseTimerId('hw:-1,4,010')).toEqual(userTimerId(8));
    expect(parseTimerId('0.1.3')).toEqual(pcmTimerId(0, 1, 1, 'capture'));
    expect(parseTimerId('hrtimer')).toMatchObject({ class: 'global', device: 3 });
    for (const text of ['', '-1.4.', '-1.4.0.0', 'Loopback', '../x', '-3.0.0']) {
      expect(() => parseTimerId(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
    }
  });
});

describe('A timer id that timer_source has no words for', () => {
  const ids: TimerId[] = [
    userTimerId(5),
    pcmTimerId(2, 0, 1, 'playback'),
    { class: 'card', slaveClass: 'none', card: 0, device: 1, subdevice: 0 },
    { class: 'slave', slaveClass: 'application', card: -1, device: 123, subdevice: 0 },
    { class: 'slave', slaveClass: 'oss-sequencer', card: -1, device: 0, subdevice: 0 },
  ];

  it('is written in a form of its own, and read again', () => {
    const texts = ids.map((id) => formatTimerId(id));
    expect(texts).toEqual([
      '-1.4.5',
      '2.0.2',
      'card:0.1.0',
      'slave:application.123',
      'slave:oss-sequencer.0',
    ]);
    expect(texts.map(parseTimerId)).toEqual(ids);
  });

  it.each(['card:', 'card:-1.4.0', 'card:hw:0.1.0', 'slave:', 'slave:nobody.1', 'slave:application.-1'])(
    'is not %s',
    (text) => {
      expect(() => parseTimerId(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
    },
  );

  it('is none at all for no timer', () => {
    const nothing = { class: 'none', slaveClass: 'none', card: -1, device: 0, subdevice: 0 } as const;
    expect(() => formatTimerId(nothing)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  });
});
