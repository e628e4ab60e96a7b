// What `utimer send` reads, refuses and says; what it sends is compared with what comes to the loopback interface.
import { execFileSync } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fragmentation } from '../../../lib/cli/send/packets.js';
import type { RtpEncoding } from '../../../lib/rtp/index.js';
import { opened, writerOf } from '../../support/named-pipes.js';
import { receiverFor } from '../../support/rtp-sockets.js';
import { neverAborted, utimer, utimerFrom } from '../../support/utimer.js';
import { chunk, ds64, wav } from '../../support/wav-files.js';

const SHAPE = ['--sample-format', 'S16_LE', '--rate', '48000', '--channels', '2'];
const NOWHERE = ['send', '--to', '127.0.0.1:9', '--stats', '0'];
/** 400 bytes that repeat nothing. */
const AUDIO = Buffer.from(Uint8Array.from({ length: 400 }, (_, i) => (i * 7 + 3) % 251));
const list = chunk('LIST', Buffer.from('INFOISFT....'));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alsa-utimer-send-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileOf(bytes: Uint8Array, name = 'a.wav'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** What a receiver of the loopback interface gets of `bytes` bytes. */
async function received(
  bytes: number,
  {
    encoding = 'L16',
    rate = 48_000,
    channels = 2,
  }: { encoding?: RtpEncoding; rate?: number; channels?: number },
  ...[stdin, args]: readonly [Readable, readonly string[]]
) {
  const { receiver, sink } = await receiverFor({ encoding, rate, channels });
  const sent = await utimerFrom(
    ...([
      stdin,
      neverAborted(),
      'send',
      '--to',
      `127.0.0.1:${receiver.port}`,
      '--stats',
      '0',
      ...args,
    ] as const),
  );
  return { ...sent, heard: bytes === 0 ? Buffer.alloc(0) : await sink.holds(bytes) };
}

const nothing = () => Readable.from([]);

describe('utimer send', () => {
  it.each<[string, string, () => Buffer]>([
    ['a WAV file', 'a.wav', () => wav({ data: AUDIO, after: [list] })],
    ['one with another name', 'a.take-1', () => wav({ data: AUDIO, after: [list] })],
    ['one of RF64', 'a.WAV', () => wav({ ...RF64, data: AUDIO })],
    ['one that its program never ended', 'a.wav', () => wav({ data: AUDIO, dataLength: 0, riffLength: 0 })],
  ])('sends %s: its frames, and nothing else', async (_, name, file) => {
    const { code, heard, stderr } = await received(400, {}, nothing(), [await fileOf(file(), name)]);
    expect([code, stderr]).toEqual([0, '']);
    expect(heard).toEqual(AUDIO);
  });

  const RF64 = {
    ...{ magic: 'RF64', dataLength: 0xffff_ffff, riffLength: 0xffff_ffff },
    ...{ before: [ds64(500, 400)], after: [list] },
  };

  it('sends 24 bits of a file that has them in four bytes', async () => {
    const data = Buffer.from([0, 0x56, 0x34, 0x12, 0, 1, 0, 0x80]);
    const path = await fileOf(wav({ data, channels: 1, bits: 24, container: 4 }));
    const { heard, stdout } = await received(6, { encoding: 'L24', channels: 1 }, nothing(), [path]);
    expect([...heard]).toEqual([0x56, 0x34, 0x12, 1, 0, 0x80]);
    expect(stdout).toContain('sending L24/48000/1 ');
  });

  it('sends WAV from standard input, as it comes', async () => {
    const file = wav({ data: AUDIO, dataLength: 0xffff_ffff });
    const pieces = Readable.from([file.subarray(0, 5), file.subarray(5, 50), file.subarray(50)]);
    const { heard, stderr } = await received(400, {}, pieces, ['-']);
    expect(stderr).toBe('');
    expect(heard).toEqual(AUDIO);
  });

  it('sends raw frames from standard input, from the first on', async () => {
    const { heard } = await received(400, {}, Readable.from([AUDIO.subarray(0, 5), AUDIO.subarray(5)]), [
      ...SHAPE,
      '-',
    ]);
    expect(heard).toEqual(AUDIO);
  });

  it.each([
    ['WAV', [], wav({ data: AUDIO })],
    ['raw frames', SHAPE, AUDIO],
  ])('reads a named pipe forward: %s', async (_, shape, file) => {
    const path = join(folder, 'pipe.wav'.slice(0, shape.length > 0 ? 4 : 8));
    execFileSync('mkfifo', [path]);
    const sent = received(400, {}, nothing(), [...shape, path]);
    // Opens as soon as somebody reads.
    const writer = await writerOf(path);
    writeSync(writer, file);
    closeSync(writer);
    expect((await sent).heard).toEqual(AUDIO);
  });

  it('gives up a named pipe that nobody writes, and standard input that brings nothing', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    for (const args of [[...SHAPE, path], [path], [...SHAPE, '-'], ['-']]) {
      const abort = new AbortController();
      const silent = new Readable({ read() {} });
      const sent = utimerFrom(silent, abort.signal, ...NOWHERE, ...args);
      if (args.at(-1) === path) await opened(path);
      abort.abort();
      expect(await sent).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('sends a file that is cut, and says that it is', async () => {
    const whole = wav({ data: AUDIO });
    const path = await fileOf(whole.subarray(0, whole.length - 40));
    const { code, heard, stderr } = await received(360, {}, nothing(), [path]);
    expect([code, stderr]).toEqual([0, `utimer send: ${path} is cut: 10 of its 100 frames are missing\n`]);
    expect(heard).toEqual(AUDIO.subarray(0, 360));
  });

  it.each<[string, Buffer, string, readonly string[], number, RegExp]>([
    ['no channels', wav({ data: AUDIO, channels: 0 }), 'a.wav', [], 1, /a\.wav has no channels$/],
    [
      '300 channels',
      wav({ data: AUDIO, channels: 300 }),
      'a.wav',
      [],
      1,
      /has 300 channels, and a stream 256/,
    ],
    [
      'a rate of a MHz',
      wav({ data: AUDIO, rate: 1e6 }),
      'a.wav',
      [],
      1,
      /has a rate of 1000000 Hz, and a stream/,
    ],
    ['floating point', wav({ data: AUDIO, bits: 32, tag: 3 }), 'a.wav', [], 1, /holds floating point.*sox/],
    [
      '8 bits',
      wav({ data: AUDIO, bits: 8 }),
      'a.wav',
      [],
      1,
      /integers of 8 bits in a byte.*Convert it: sox/,
    ],
    ['nothing', Buffer.alloc(0), 'a.wav', [], 1, /a\.wav is empty$/],
    ['nothing, of another name', Buffer.alloc(0), 'a.raw', [], 1, /a\.raw is empty$/],
    ['noise for a header', AUDIO, 'a.wav', [], 1, /a\.wav is no WAV file/],
    [
      'raw frames, not described',
      AUDIO,
      'a.raw',
      [],
      2,
      /a\.raw is no WAV file: --sample-format, --rate and --ch/,
    ],
    [
      'FLAC',
      Buffer.from('fLaC\0\0\0\x22....'),
      'a.flac',
      [],
      1,
      /a\.flac is a FLAC file.*ffmpeg -i FILE -f wav/,
    ],
    [
      'FLAC, described',
      Buffer.from('fLaC\0\0\0\x22....'),
      'a.flac',
      SHAPE,
      2,
      /is a FLAC file, and no raw frames/,
    ],
    ['an MP4 file', Buffer.from('\0\0\0\x20ftypM4A '), 'a.m4a', [], 1, /a\.m4a is an MP4 file/],
    ['AIFF', Buffer.from('FORM\0\0\0\x20AIFF'), 'a.aif', [], 1, /a\.aif is an AIFF file/],
    [
      'WAV, described',
      wav({ data: AUDIO }),
      'a.take',
      SHAPE,
      2,
      /a\.take is a WAV file, which says its format/,
    ],
    [
      '24 bits for L16',
      wav({ data: AUDIO, bits: 24 }),
      'a.wav',
      ['--format', 'L16'],
      2,
      /more than the 16 bits of --/,
    ],
  ])('says what is wrong with a file of %s', async (_, file, name, args, expected, message) => {
    const { code, stdout, stderr } = await utimer(...NOWHERE, ...args, await fileOf(file, name));
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr.split('\n')[0]).toMatch(message);
  });

  it('refuses WAV on standard input that is described otherwise', async () => {
    const { code, stderr } = await utimerFrom(
      ...([Readable.from([wav({ data: AUDIO })]), neverAborted(), ...NOWHERE, ...SHAPE, '-'] as const),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('standard input is a WAV file, which says its format itself');
  });

  it.each<[readonly string[], number, string]>([
    [[...SHAPE, '/tmp'], 1, 'utimer send: /tmp is a directory\n'],
    [['/tmp'], 1, 'utimer send: /tmp is a directory\n'],
    [['--interface', 'lo', ...SHAPE, '/dev/null'], 2, '--interface is for groups, and 127.0.0.1 is none'],
    [['--ttl', '3', ...SHAPE, '/dev/null'], 2, '--ttl is for groups, and 127.0.0.1 is none'],
    [
      ['--ptime', '500', ...SHAPE, '/dev/null'],
      2,
      '--ptime 500 does not fit a datagram; at most 341 ms here',
    ],
    [['--rate', '48k', '/dev/null'], 2, '--sample-format, --rate and --channels are needed'],
  ])('refuses %o before anything is printed', async (args, expected, message) => {
    const { code, stdout, stderr } = await utimer(...NOWHERE, ...args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(message);
  });

  it.each([
    ['48k', 48_000],
    ['44.1k', 44_100],
    ['96kHz', 96_000],
    ['8000 Hz', 8000],
  ])('understands a rate of %s', async (text, rate) => {
    const { stdout } = await utimer(
      ...[...NOWHERE, '--sample-format', 'S16_LE', '--rate', text, '--channels', '1', '/dev/null'],
    );
    expect(stdout).toContain(`sending L16/${rate}/1 to`);
  });

  it('sends as many frames at 44.1 kHz as AES67 does at 48 kHz', async () => {
    for (const [args, ptime] of [
      [[], '1.09'],
      [['--ptime', '1'], '1.09'],
      [['--ptime', '0.125'], '0.14'],
      [['--ptime', '4'], '4.35'],
      [['--ptime', '0.998'], '0.998'],
    ] as const) {
      const { stdout } = await utimer(
        ...[
          ...NOWHERE,
          '--sdp-out',
          '-',
          ...args,
          '--sample-format',
          'S16_LE',
          '--rate',
          '44.1k',
          '--channels',
          '2',
        ],
        '/dev/null',
      );
      expect(stdout).toContain(`a=ptime:${ptime}\r\n`);
    }
  });

  it('says that packets are sent in fragments, where they are too large for the interface', () => {
    const from = (datagramBytes: number) =>
      fragmentation({ origin: '127.0.0.1', datagramBytes }, '127.0.0.1');
    // 20 bytes of IP and 8 of UDP are before each datagram.
    expect(from(65_536 - 28)).toBe(undefined);
    expect(from(65_536 - 27)).toMatch(
      /^packets of 65509 bytes are sent in fragments, since lo carries 65536 bytes/,
    );
    expect(fragmentation({ origin: undefined, datagramBytes: 2316 }, '239.0.0.1')).toBe(undefined);
  });
});

describe('A stream that is sent', () => {
  it('does not wait for frames where it is interrupted before it sends', async () => {
    const silent = new Readable({ read() {} });
    const { code, stdout } = await utimerFrom(
      ...([silent, AbortSignal.abort(), 'send', '--to', '127.0.0.1:5004', ...SHAPE, '-'] as const),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nclosed: packets 0, /);
    expect(silent.destroyed).toBe(true);
  });

  it('that breaks off says so, and what was sent until then', async () => {
    async function* broken() {
      yield Buffer.alloc(4 * 4_800);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    }
    const send = async (...options: string[]) =>
      utimerFrom(
        Readable.from(broken(), { objectMode: false }),
        ...([neverAborted(), 'send', '--to', '127.0.0.1:9', ...options, ...SHAPE, '-'] as const),
      );
    const { code, stdout, stderr } = await send('--json');
    expect([code, stderr]).toEqual([1, 'utimer send: EIO: i/o error, read\n']);
    const told = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.slice(-2)).toMatchObject([
      { type: 'error', code: 'EIO', message: 'EIO: i/o error, read' },
      { type: 'close', packetsDropped: 0 },
    ]);
    expect((await send()).stdout).toMatch(/\nclosed: packets /);
  });

  it.each([
    [[], 'direct=0'],
    [['--mediaclk', 'direct=7'], 'direct=7'],
    [['--mediaclk', 'sender'], 'sender'],
  ])('by a clock says so in its description, with %j', async (options, described) => {
    const { code, stdout } = await utimer(
      ...['send', '--to', '127.0.0.1:9', '--clock', 'tai', '--json', ...options, ...SHAPE, 'package.json'],
    );
    expect(code).toBe(0);
    const [open, ...others] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(open.sdp).toContain(`a=mediaclk:${described}\r\n`);
    expect(others.at(-1)).toMatchObject({ type: 'close', packetsDropped: 0, framesPending: 0 });
  });

  it.each([
    [['--clock', 'aux9'], "--clock must be aux0..aux7, not 'aux9'"],
    [['--clock', 'x:y'], '--clock must be a clock that `utimer clocks` lists'],
    [['--clock', 'lo'], 'The network interface lo has no PTP clock'],
  ])('is not sent by a clock that is none: %j', async (options, said) => {
    const { code, stderr } = await utimer(
      'send',
      '--to',
      '127.0.0.1:9',
      ...options,
      ...SHAPE,
      'package.json',
    );
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(said);
  });

  it('fails where every packet did', async () => {
    // An address of all hosts needs SO_BROADCAST.
    const { code, stdout, stderr } = await utimer(
      ...['send', '--to', '255.255.255.255:5004', ...SHAPE, 'package.json'],
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/closed: packets 0, dropped 0, failed [1-9]/);
    expect(stderr).toBe(
      'utimer send: no packet was sent: sendmmsg failed on 255.255.255.255:5004: EACCES, permission denied. Either this is a broadcast address, which nothing is sent to, or a route forbids it.\n',
    );
  });
});
