// The tables of commands: what their rows read, and what they say of a word that they do not know.
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../lib/cli/commands.js';
import { type Command, command, optionsOf } from '../../../lib/cli/table/command.js';
import { card, endpoint, timer, timerSource, userTimer } from '../../../lib/cli/table/machine.js';
import { parse } from '../../../lib/cli/table/parse.js';
import { bytes, type Reader, rate, whole, word32, wordList } from '../../../lib/cli/table/reader.js';
import { formatTime, nanoseconds, time } from '../../../lib/cli/table/time.js';
import { UsageError } from '../../../lib/cli/table/usage-error.js';
import { userTimerId } from '../../../lib/index.js';
import { editDistance, nearest } from '../../../lib/suggestion.js';

const milliseconds = time({ min: '0', max: '24h' });

describe('A value', () => {
  it.each<[string, Reader<unknown>, string, unknown]>([
    ['a time', milliseconds, '1s', 1000],
    ['a time', milliseconds, '500ms', 500],
    ['a time', milliseconds, '0.25s', 250],
    ['a time', milliseconds, '125us', 0.125],
    ['a time', milliseconds, '125µs', 0.125],
    ['a time', milliseconds, '10ns', 0.00001],
    ['a time', milliseconds, '2min', 120_000],
    ['a time', milliseconds, '1h', 3_600_000],
    ['a time of milliseconds', milliseconds, '20', 20],
    ['a time of milliseconds', milliseconds, '1.09', 1.09],
    ['no time', milliseconds, '0', 0],
    ['nanoseconds', nanoseconds({ min: '0', max: '10s' }), '2.5ms', 2_500_000n],
    ['never', time({ min: '10ms', max: '1s', zero: 'never' }), '0', 0],
    ['a rate', rate(768_000), '48k', 48_000],
    ['a rate', rate(768_000), '44.1k', 44_100],
    ['a rate', rate(768_000), '96kHz', 96_000],
    ['a rate', rate(768_000), '8000 Hz', 8000],
    ['a rate', rate(768_000), '11025', 11_025],
    ['bytes', bytes(1, 2 ** 31), '2MiB', 2_097_152],
    ['bytes', bytes(1, 2 ** 31), '512KiB', 524_288],
    ['bytes', bytes(1, 2 ** 31), '8000000', 8_000_000],
    ['32 bits', word32, '0x2A', 42],
    ['32 bits', word32, '4294967295', 2 ** 32 - 1],
    ['a card by its number', card, '1', 1],
    ['a card by its id', card, 'Loopback_1', 'Loopback_1'],
    ['a userspace-driven timer by its number', userTimer, '5', 5],
    ['a userspace-driven timer by its id', userTimer, '-1.4.5', 5],
    ['a userspace-driven timer, as a card has it', userTimer, 'hw:-1,4,5', 5],
    ['a timer by its number', timer, '5', userTimerId(5)],
    ['a timer by its id', timer, '-1.4.5', userTimerId(5)],
    ['what clocks a cable', timerSource, '5', '-1.4.5'],
    ['what clocks a cable', timerSource, '-1.4.5', '-1.4.5'],
    ['what clocks a cable', timerSource, 'jiffies', ''],
    ['what clocks a cable', timerSource, 'hw:0.1.1', 'hw:0.1.1'],
    ['an endpoint', endpoint(0), '[ff02::1%eth0]:5004', { address: 'ff02::1%eth0', port: 5004 }],
    ['words', wordList('tick', 'start'), 'start,tick', ['start', 'tick']],
  ])('is %s: %o, %s', (_, reader, text, value) => {
    expect(reader.read(text, '--it')).toEqual(value);
  });

  it.each<[Reader<unknown>, string]>([
    [milliseconds, '1m'],
    [milliseconds, '1 s'],
    [milliseconds, '-1s'],
    [milliseconds, '1e3'],
    [milliseconds, '.5s'],
    [milliseconds, '0.5ns'],
    [milliseconds, '25h'],
    [rate(768_000), '48kk'],
    [rate(768_000), '44.1'],
    [rate(768_000), '768001'],
    [rate(768_000), '0'],
    [bytes(1, 2 ** 31), '2M'],
    [bytes(1, 2 ** 31), '0'],
    [whole(1, 64), '0x10'],
    [whole(1, 64), '1e1'],
    [whole(1, 64), '65'],
    [whole(1, 64), ' 1'],
    [word32, '0x'],
    [card, '256'],
    [card, '-1'],
    [card, 'a/b'],
    [userTimer, '0.1.1'],
    [timerSource, '500'],
    [timerSource, '-1.4.x'],
    [endpoint(0), '239.0.0.1'],
    [wordList('tick', 'start'), 'tick,'],
  ])('is not taken: %o, %j', (reader, text) => {
    expect(() => reader.read(text, '--it')).toThrow(UsageError);
    expect(() => reader.read(text, '--it')).toThrow(/--it|is not a timer/);
  });

  it('is written as it is read', () => {
    for (const text of ['0', '10ns', '125us', '1500us', '20ms', '1s', '90s', '2min', '24h'])
      expect(formatTime(BigInt(Math.round(milliseconds.read(text, '--it') * 1e6)))).toBe(text);
  });
});

describe('A command line', () => {
  const table: Command = command({
    name: 'try',
    summary: 'for tests',
    about: [],
    arguments: { first: { reader: timer, help: '' }, second: { reader: timer, help: '' } },
    options: {
      Options: {
        timer: { reader: userTimer, as: 'timerId', help: '' },
        stats: { reader: time({ min: '1ms', max: '1s' }), default: '500ms', help: '' },
        json: { help: '' },
      },
    },
    examples: [],
    run: async () => 0,
  });

  it('may hold timers, which begin like options, in any order', () => {
    const { values } = parse(table, ['-1.4.1', '--timer', '-1.4.5', '--json', '--', '-1.4.2']);
    expect(values).toMatchObject({ first: userTimerId(1), second: userTimerId(2), timer: 5, json: true });
    expect(parse(table, ['--timer=-1.4.5']).values).toMatchObject({ timer: 5 });
  });

  it('gives defaults, and the names and values of the library', () => {
    const { values, library, names, given } = parse(table, ['--timer', '5']);
    expect(values).toMatchObject({ stats: 500, json: false, first: undefined });
    expect([library, names, [...given]]).toEqual([{ timerId: 5 }, { timerId: '--timer' }, ['timer']]);
  });
});

describe('The tables', () => {
  it.each(COMMANDS)('of $name have defaults that they read, and beside options that there are', (table) => {
    const options = new Map(optionsOf(table));
    for (const [name, { reader, default: standard, when }] of options) {
      if (standard !== undefined) expect(() => reader?.read(standard, name)).not.toThrow();
      if (when !== undefined) expect(() => options.get(when[0])?.reader?.read(when[1], name)).not.toThrow();
    }
    for (const [, { with: beside = [], without, when }] of options)
      for (const other of [...beside, without ?? [], when?.[0] ?? []].flat())
        expect([...options.keys()]).toContain(other);
  });

  it.each(COMMANDS)('of $name have examples that they understand', (table) => {
    const lines = table.examples.flatMap(([line]) => line.replaceAll('\n', ' ').split(/ \| | <\(|\)| >/));
    const wordsBehind = ({ name }: Command, line: string) =>
      line
        .slice(`utimer ${name}`.length)
        .split(' ')
        .filter((word) => word !== '');
    const own = lines.filter((line) => line.startsWith(`utimer ${table.name}`));
    expect(own.length).toBeGreaterThanOrEqual(table.examples.length - 1);
    for (const line of own) expect(() => parse(table, wordsBehind(table, line))).not.toThrow();
  });
});

describe('A word that is not known', () => {
  it.each([
    ['jsn', ['json', 'plain'], 'json'],
    ['lsten', ['list', 'listen'], 'listen'],
    ['tikc', ['tick', 'start'], 'tick'],
    ['chan', ['card', 'channels'], 'channels'],
    ['s', ['send', 'sdp'], undefined],
    ['xyz', ['abc', 'def'], undefined],
    ['toString', ['list', 'send'], undefined],
    ['', ['a'], undefined],
  ])('%j, of %o, was meant to be %j', (word, known, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });

  it('is as far from another one as it takes to change it', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('same', 'same')).toBe(0);
  });
});
