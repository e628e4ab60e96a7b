// The `utimer` command as far as it goes without a kernel: what it understands, what it prints, what it returns.
import { Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { streamOf } from '../../../lib/cli/bridge.js';
import {
  duration,
  handOver,
  json,
  naming,
  parse,
  print,
  UnreadError,
  userTimer,
} from '../../../lib/cli/command.js';
import { run } from '../../../lib/cli/main.js';
import { systemError } from '../../../lib/errors.js';
import { formatTimerId, parseTimerId, pcmTimerId, type TimerId, userTimerId } from '../../../lib/index.js';
import type { TimerInstanceHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { setProcAsound } from '../../../lib/proc.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

/** What an owner leaves that closes its timer between SELECT and START. */
class GoneTimer extends FakeBinding {
  override openTimerInstance(): TimerInstanceHandle {
    let calls = 0;
    const unused = () => {
      throw new Error('not expected');
    };
    const gone = (errno: number) => () => {
      throw failedCall(errno, 'ioctl');
    };
    return {
      ...{ continue: unused, pause: unused, setRef: unused, status: unused },
      ...{ select: () => 1, set: () => {}, listen: () => {}, unlisten: () => {} },
      ...{ start: gone(22), stop: gone(22), probe: () => 77, read: () => 0 },
      ...{ close: () => {}, closed: () => false },
      info: () => {
        calls += 1;
        return calls > 1
          ? gone(77)()
          : { flags: 0, card: -1, id: 'snd-utimer3', name: '', resolution: 10_000_000n };
      },
    };
  }
}

class OneTimer extends FakeBinding {
  override enumerateTimers(): Int32Array {
    return Int32Array.of(1, -1, 0, 0, 1, -1, 4, 3);
  }
  override timerGinfos(_path: string, addresses: Int32Array) {
    const infos = [];
    for (let i = 0; i < addresses.length; i += 4) {
      const there = addresses[i + 2] === 0 || addresses[i + 3] === 3;
      infos.push(
        there
          ? {
              ...{ flags: 0, card: -1, id: `id${addresses[i + 3]}`, name: '', clients: 0 },
              ...{ resolution: 23_219_954n, resolutionMin: 0n, resolutionMax: 0n },
            }
          : null,
      );
    }
    return infos as null[];
  }
}

beforeEach(() => {
  setNative(new OneTimer());
  setProcAsound('/nowhere');
});
afterEach(() => {
  setNative(undefined);
  setProcAsound(undefined);
});

const utimer = (...args: string[]) => utimerUntil(new AbortController().signal, ...args);

const utimerUntil = (signal: AbortSignal, ...args: string[]) =>
  utimerFrom(Readable.from([]), signal, ...args);

async function utimerFrom(stdin: Readable, signal: AbortSignal, ...args: string[]) {
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        text[name] += chunk;
        done();
      },
    });
  const code = await run(args, {
    stdin,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal,
  });
  return { code, ...text };
}

const LISTEN = [
  'bridge',
  '--listen',
  '127.0.0.1:5004',
  '--format',
  'L16',
  '--rate',
  '48000',
  '--channels',
  '2',
];

const SHAPE = ['--sample-format', 'S16_LE', '--rate', '48000', '--channels', '2'];

describe('utimer', () => {
  it('explains itself and each command, when asked to', async () => {
    for (const args of [
      ['--help'],
      ['help'],
      ['list', '--help'],
      ['listen', '-h'],
      ['bridge', '--help'],
      ['send', '-h'],
      ['--version'],
    ]) {
      const { code, stdout, stderr } = await utimer(...args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: utimer|^\d+\.\d+\.\d+/);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(125);
    }
  });

  it.each([
    [[], 'a command is needed'],
    [['lsten'], "no command 'lsten'"],
    [['toString'], "no command 'toString'"],
    [['list', 'all'], "unexpected argument 'all'"],
    [['list', '--jsn'], '--jsn'],
    [['listen'], 'one TIMER is needed'],
    [['listen', '-1.4.0', '-1.4.1'], 'one TIMER is needed'],
    [['listen', 'nowhere'], 'timer must be'],
    [['listen', '-2.4.0'], 'timer must be'],
    [['listen', '-1.4.0', '--count', '0'], '--count must be'],
    [['listen', '-1.4.0', '--count', 'ten'], '--count must be a number'],
    [['listen', '-1.4.0', '--timeout='], '--timeout must be a number'],
    [['listen', '--timeout', '-1', 'hrtimer'], '--timeout must be a number of 0..2147483, not -1'],
    [['listen', '--count', '-1.4.0', 'hrtimer'], "--count must be a number, not '-1.4.0'"],
    [['listen', '-1.4.0', '--json', '-1.4.1'], 'one TIMER is needed'],
    [['listen', '-1.4.0', '--events', 'tick', '--events', 'tick'], '--events is given twice'],
    [['listen', '-1.4.0', '--json', '--json'], '--json is given twice'],
    [['listen', '-1.4.0', '--plain', '--events', 'start'], '--events is not for --plain'],
    [['listen', '-1.4.0', '--events', 'tick,tock'], 'one of resolution, tick, start'],
    [['listen', '-1.4.0', '--ticks', '2'], 'ticks must be 1'],
    [['bridge'], 'either --sdp or --listen is needed'],
    [['bridge', '--sdp', 'a.sdp', '--listen', '::1:5004'], 'give --sdp or --listen, not both'],
    [['bridge', '--listen', '127.0.0.1:5004'], '--listen needs --format, --rate and --channels'],
    [
      ['bridge', '--listen', '5004', '--format', 'L16', '--rate', '48000', '--channels', '2'],
      '--listen must be like',
    ],
    [
      ['bridge', '--listen', '[::1]:70000', '--format', 'L16', '--rate', '48000', '--channels', '2'],
      'the port of --listen must be 0..65535',
    ],
    [['bridge', '--sdp', 'a.sdp', '--stats', '1'], "--stats must be a time like '1s'"],
    [['bridge', '--sdp', 'a.sdp', '--stats', '0.4ms'], "--stats must be 0 or 10ms..86400s, not '0.4ms'"],
    [['bridge', '--sdp', 'a.sdp', '--stats', '9.9ms'], "--stats must be 0 or 10ms..86400s, not '9.9ms'"],
    [['bridge', '--sdp', 'a.sdp', '--stats', '86400.0004s'], '--stats must be 0 or 10ms..86400s'],
    [['bridge', '--sdp', 'a.sdp', '--stats', '1ms'], '--stats must be'],
    [['bridge', '--sdp', 'a.sdp', '--starvation', 'die'], '--starvation must be one of silence, hold'],
    [['bridge', '--sdp', 'a.sdp', '--rate', '48000'], '--rate cannot be given with --sdp'],
    [['bridge', '--sdp', 'a.sdp', '--ptime', '1'], '--ptime cannot be given with --sdp'],
    [[...LISTEN, '--takeover', '10001'], '--takeover must be a whole number of 0..10000'],
    [
      ['bridge', '--sdp', 'a.sdp', '--payload-type', '128'],
      '--payload-type must be a whole number of 0..127',
    ],
    [[...LISTEN, '--stream', '1'], '--stream is for --sdp'],
    [[...LISTEN, '--ptime', '0.001'], '--ptime must be at least one frame'],
    [[...LISTEN, '--ptime', 'short'], '--ptime must be a number'],
    [[...LISTEN, '--hold-frames', '4800'], '--hold-frames is for --unheard hold'],
    [[...LISTEN, '--interface', 'lo'], '--interface is for groups, and 127.0.0.1 is none'],
    [[...LISTEN, '--timer', '-1.4.128'], '--timer must be a whole number of 0..127, not 128'],
    [[...LISTEN, '--timer', '-1.3.0'], "--timer must be an id like 5, or a timer_source like '-1.4.5', not"],
    [[...LISTEN, '--unheard', 'hold', '--hold-frames', '10'], ' --hold-frames must be'],
    [[...LISTEN, '--starvation', 'hold', '--grace', '10'], '--grace is for --starvation silence'],
    [[...LISTEN, '--grace', '1.5'], '--grace must be a whole number'],
    [[...LISTEN, '--reorder', '1025'], '--reorder must be'],
    [[...LISTEN, '--reorder-time', '-1'], '--reorder-time'],
    [[...LISTEN, '--source', 'localhost'], ' --source must be'],
    [[...LISTEN, '--source', '::1'], '--source must be an IPv4 address, as --listen is'],
    [[...LISTEN, '--period', '7'], ' --period must be an integer of 16..'],
    [['send', 'a.wav'], '--to ADDRESS:PORT is needed'],
    [['send', '--to', '127.0.0.1:0', 'a.wav'], 'the port of --to must be 1..65535, not 0'],
    [['send', '--to', 'localhost:5004', ...SHAPE, '/dev/null'], ' --to must be an IPv4 or IPv6 address'],
    [['send', '--to', '239.0.0.1:5004', '--interface', 'no0', ...SHAPE, '-'], ' --interface must be'],
    [['send', '--to', '127.0.0.1:5004', '--ptime', '900', ...SHAPE, '-'], ' --ptime 900 does not fit'],
    [
      ['send', '--to', '127.0.0.1:5004', '--sdp-out', '-', '--origin', 'me', ...SHAPE, '-'],
      ' --origin must be',
    ],
    [['send', '--to', '127.0.0.1:5004', '--period', '7', '--card', '0', ...SHAPE], ' --period must be'],
    [['send', '--to', '127.0.0.1:5004'], 'either one FILE (- for stdin) or --card is needed'],
    [['send', '--to', '127.0.0.1:5004', 'a.wav', 'b.wav'], 'either one FILE'],
    [['send', '--to', '127.0.0.1:5004', 'package.json'], '--sample-format, --rate and --channels are needed'],
    [['send', '--to', '127.0.0.1:5004', '--ptime', 'long', 'a.wav'], '--ptime must be a number'],
    [['send', '--to', '127.0.0.1:5004', '--rate', '48000', 'a.wav'], '--rate is said by a.wav'],
    [['send', '--to', '127.0.0.1:5004', '--device', '1', 'a.wav'], '--device is for --card'],
    [['send', '--to', '127.0.0.1:5004', '--name', 'Stage', 'a.wav'], '--name is for --sdp-out or --json'],
  ])('does not understand %o', async (args, message) => {
    const { code, stdout, stderr } = await utimer(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });

  it.each([
    [['--timer', '5']],
    [['--timer', '-1.4.5']],
    [['--timer=-1.4.5']],
    [['--timer', '-1,4,5']],
    [['--timer', 'hw:-1.4.5']],
  ])('takes a userspace-driven timer by its id and by its timer_source: %j', (args) => {
    const { values, positionals } = parse(args, { timer: { type: 'string' } });
    expect(userTimer('timer', values.timer)).toBe(5);
    expect(positionals).toEqual([]);
  });

  it('says what to do in options of the command line', async () => {
    const failed = naming({ interface: '--interface' }, () => {
      throw systemError(constants.errno.ENODEV, 'setsockopt MCAST_JOIN_GROUP', 'the socket');
    });
    await expect(failed).rejects.toThrow('name one with `--interface`');
  });

  it('says what failed and what to do, and returns 1', async () => {
    const { code, stdout, stderr } = await utimer('listen', '-1.4.0');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^utimer listen: open failed on \/dev\/snd\/timer: ENOENT.*modprobe snd-timer.*\n$/,
    );
  });
});

describe('utimer bridge', () => {
  let server: Server;
  let url = '';
  beforeEach(async () => {
    server = createServer((request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('v=0\n', () => request.url === '/torn' && response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('ends in order when it is interrupted while it loads a description', async () => {
    const abort = new AbortController();
    const asked = once(server, 'request');
    const ended = utimerUntil(abort.signal, 'bridge', '--sdp', `${url}/part`);
    await asked;
    abort.abort();
    expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['/torn', 'cannot be fetched'],
    ['/dev/zero', 'gives more than 65536 bytes'],
  ])('says what is wrong with the description %s', async (location, message) => {
    const { code, stdout, stderr } = await utimer(
      ...['bridge', '--sdp', location === '/torn' ? url + location : location],
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^utimer bridge: .*${message}.*\n$`));
  });
});

describe('A description that says something wrong', () => {
  it('is corrected by options', async () => {
    const sdp = join(tmpdir(), `utimer-bridge-${process.pid}.sdp`);
    const lines = ['v=0', 's=x', 'c=IN IP4 239.0.0.1/32', 't=0 0', 'm=audio 5004 RTP/AVP 96'];
    writeFileSync(sdp, [...lines, 'a=rtpmap:96 L24/48000/2', ''].join('\r\n'));
    try {
      const { signal } = new AbortController();
      const io = { signal, stdin: Readable.from([]), stderr: new Writable() };
      const described = { encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96, port: 5004 };
      expect(await streamOf({ sdp }, io)).toMatchObject(described);
      const corrections = { format: 'L16', channels: '8', 'payload-type': '97' };
      expect(await streamOf({ sdp, ...corrections }, io)).toMatchObject({
        ...described,
        ...{ encoding: 'L16', channels: 8, payloadType: 97 },
      });
    } finally {
      rmSync(sdp);
    }
  });

  it.each([
    [{}, { payloadType: 96, encoding: 'L16', alternatives: [{ payloadType: 97, encoding: 'L24' }] }],
    [
      { format: 'L24' },
      { payloadType: 96, encoding: 'L24', alternatives: [{ payloadType: 97, encoding: 'L24' }] },
    ],
    [{ 'payload-type': '96' }, { payloadType: 96, encoding: 'L16' }],
    [{ 'payload-type': '97' }, { payloadType: 97, encoding: 'L24' }],
    [{ 'payload-type': '98' }, { payloadType: 98, encoding: 'L16' }],
    [
      { 'payload-type': '97', format: 'L16' },
      { payloadType: 97, encoding: 'L16' },
    ],
  ])('in one of several payload types is corrected by %o', async (corrections, expected) => {
    const lines = ['v=0', 's=x', 'c=IN IP4 239.0.0.1/32', 't=0 0', 'm=audio 5004 RTP/AVP 96 97'];
    const text = [...lines, 'a=rtpmap:96 L16/48000/2', 'a=rtpmap:97 L24/48000/2', ''].join('\r\n');
    const { signal } = new AbortController();
    const io = { signal, stdin: Readable.from([Buffer.from(text)]), stderr: new Writable() };
    const { payloadType, encoding, alternatives } = await streamOf({ sdp: '-', ...corrections }, io);
    expect({ payloadType, encoding, ...(alternatives && { alternatives }) }).toEqual(expected);
  });
});

describe('utimer listen', () => {
  it('ends with an owner that closes its timer before anything else happens', async () => {
    setNative(new GoneTimer());
    expect(await utimer('listen', '-1.4.3')).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: expect.stringMatching(/^-1\.4\.3: .*\n0 ticks: the owner closed the timer\n$/),
    });
  });
});

describe('utimer send', () => {
  it('prints nothing but the description, where that goes to standard output', async () => {
    const { code, stdout, stderr } = await utimer(
      ...['send', '--to', '127.0.0.1:5004', '--sdp-out', '-', '--name', 'Stage', '--origin', '10.0.0.1'],
      ...[...SHAPE, '--json', '/dev/null'],
    );
    expect(code).toBe(0);
    const [open, close] = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([open.type, close.type]).toEqual(['open', 'close']);
    expect(stdout).toBe(open.sdp);
    expect(stdout).toMatch(/^v=0\r\n(.*\r\n)*s=Stage\r\n(.*\r\n)*$/);
  });

  it('says that there is no file before it writes a description', async () => {
    const description = join(tmpdir(), `utimer-send-${process.pid}.sdp`);
    const { code, stdout, stderr } = await utimer(
      ...['send', '--to', '127.0.0.1:5004', '--sdp-out', description, ...SHAPE, '/nowhere/music.raw'],
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^utimer send: ENOENT: .*'\/nowhere\/music\.raw'\n$/);
    expect(existsSync(description)).toBe(false);
  });

  it('does not wait for frames where it is interrupted before it sends', async () => {
    const silent = new Readable({ read() {} });
    const { code, stdout } = await utimerFrom(
      ...([silent, AbortSignal.abort(), 'send', '--to', '127.0.0.1:5004', ...SHAPE, '-'] as const),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nclosed: packets 0, /);
    expect(silent.destroyed).toBe(true);
  });

  it('fails where every packet did', async () => {
    const refused = Object.assign(new Error('send EACCES 192.0.2.1:5004'), { code: 'EACCES' });
    const sending = vi.spyOn(Socket.prototype, 'send').mockImplementation((...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void;
      queueMicrotask(() => done(refused));
    });
    try {
      const { code, stdout, stderr } = await utimer(
        ...['send', '--to', '192.0.2.1:5004', ...SHAPE, 'package.json'],
      );
      expect(code).toBe(1);
      expect(stdout).toMatch(/closed: packets 0, dropped 0, failed [1-9]/);
      expect(stderr).toBe('utimer send: no packet was sent: send EACCES 192.0.2.1:5004\n');
    } finally {
      sending.mockRestore();
    }
  });
});

describe('utimer list', () => {
  it('is a table', async () => {
    expect(await utimer('list')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'TIMER      TICK             CLIENTS  WHAT\n' +
        '-1.0.0     23.219954 ms     0        system timer\n' +
        '-1.4.3     23.219954 ms     0        userspace-driven timer 3\n',
    });
  });

  it('is one object a line', async () => {
    const { stdout } = await utimer('list', '--json');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ timer: '-1.0.0' }, { timer: '-1.4.3', class: 'global', resolution: '23219954' }]);
  });
});

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

describe('Output', () => {
  /** A reader that takes nothing. */
  const blocked = () => new Writable({ highWaterMark: 1, write() {} });

  it('is not waited for any more once a command is to end', async () => {
    const end = new AbortController();
    const printed = print({ stdout: blocked(), signal: end.signal }, 'a line');
    end.abort();
    await printed;
    await print({ stdout: blocked(), signal: end.signal }, 'another');
  });

  it('is handed over at the end, unless nobody takes it', async () => {
    const taken: string[] = [];
    const stdout = new Writable({
      write(chunk, _, done) {
        taken.push(String(chunk));
        setImmediate(done);
      },
    });
    stdout.write('a line');
    await handOver({ stdout });
    expect(taken.join('')).toBe('a line');
    vi.useFakeTimers();
    try {
      const waiting = blocked();
      waiting.write('a line');
      const result = expect(handOver({ stdout: waiting })).rejects.toThrow(UnreadError);
      await vi.advanceTimersByTimeAsync(5_000);
      await result;
    } finally {
      vi.useRealTimers();
    }
  });

  it('has durations in the unit that fits, exactly', () => {
    expect([0n, 1n, 1_500n, 10_000_000n, 23_219_954n, 1_000_000_000n, 4_294_967_301n].map(duration)).toEqual([
      '0 ns',
      '1 ns',
      '1.5 us',
      '10 ms',
      '23.219954 ms',
      '1 s',
      '4.294967301 s',
    ]);
  });

  it('keeps all bits of an integer', () => {
    expect(json({ a: 2n ** 63n, b: 1 })).toBe('{"a":"9223372036854775808","b":1}');
  });
});
