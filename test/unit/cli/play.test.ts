// What `utimer play` and `utimer record` refuse, and how they show times.
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { clockTime } from '../../../lib/cli/timer/duration.js';
import { neverAborted, utimer, utimerFrom } from '../../support/utimer.js';

describe('utimer play and utimer record', () => {
  it.each([
    [['play'], 'FILE is needed, for instance music.wav'],
    [['play', '--rate', '48k', 'a.wav'], "unknown option '--rate'"],
    [['play', 'a.wav', 'b.wav'], "unexpected argument 'b.wav'"],
    [['play', '--substream', '8', 'a.wav'], '--substream must be 0..7 or free, not 8'],
    [['record'], 'FILE is needed, for instance out.wav'],
    [['record', '--frames', '5', '--duration', '1s', 'a.wav'], '--frames cannot be given with --duration'],
    [['record', '--frames', '0', 'a.wav'], '--frames must be a whole number of 1 or more, not 0'],
    [['record', '--sample-format', 'S16_BE', 'a.wav'], '--sample-format must be S16_LE, S24_3LE'],
  ])('refuse %j', async (args, message) => {
    const { code, stderr } = await utimer(...args);
    expect([code, stderr.startsWith(`utimer ${args[0]}: ${message}`)], stderr).toEqual([2, true]);
  });

  it.each([
    [['play', '/no/such/file.wav'], 'no such file or directory'],
    [['play', '/tmp'], '/tmp is a directory'],
    [['play', 'package.json'], 'package.json is no WAV file'],
    [['play', '/dev/null'], '/dev/null is empty'],
  ])('say what is wrong with a file: %j', async (args, message) => {
    const { code, stdout, stderr } = await utimer(...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });

  it('say how to convert a file of another kind', async () => {
    const { code, stderr } = await utimerFrom(
      Readable.from([Buffer.from('fLaC and more')]),
      neverAborted(),
      'play',
      '-',
    );
    expect(code).toBe(2);
    expect(stderr).toContain(
      'standard input is a FLAC file, and no WAV file; convert it: ffmpeg -i FILE -f wav - | utimer play -',
    );
  });

  it('end when they are interrupted while they wait for a file', async () => {
    const ending = new AbortController();
    const ended = utimerFrom(new Readable({ read() {} }), ending.signal, 'play', '-');
    ending.abort();
    expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('A time', () => {
  it.each([
    [0, '0:00.0'],
    [5.25, '0:05.2'],
    [205, '3:25.0'],
    [3723.5, '1:02:03.5'],
  ])('of %d s is %s', (seconds, text) => {
    expect(clockTime(seconds)).toBe(text);
  });
});
