// `utimer bridge` and `utimer send` on a real kernel, as a user runs them.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ClockedLoopback, LoopbackCapture, type LoopbackCard } from '../../../lib/loopback/index.js';
import { decodePayload, RtpSender, serializeRtpPacket } from '../../../lib/rtp/index.js';
import { openFullPipe } from '../../support/full-pipe.js';
import { datagram } from '../../support/rtp-stream.js';
import { difference, noise } from '../loopback/support.js';
import { withCard, withFolder, withLiftedLimits } from '../setup.js';
import { Child, endAll, freePort, Listening, until, within } from './support.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();
withFolder('cli', (made) => {
  folder = made;
});
afterEach(async () => {
  await endAll();
  expect(card.cables().filter(({ playback, capture }) => playback || capture)).toEqual([]);
});

const typed = (type: string) => (line: string) => JSON.parse(line).type === type;
const FRAMES = 24_000;
const SHAPE = ['--sample-format', 'S24_3LE', '--rate', '48000', '--channels', '2'];
const cable = { format: 'S24_3LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;

/** A WAV file of 24 bits. */
function writeWav(path: string, audio: Buffer): void {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + audio.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(288_000, 28);
  header.writeUInt16LE(6, 32);
  header.writeUInt16LE(24, 34);
  header.write('data', 36);
  header.writeUInt32LE(audio.length, 40);
  writeFileSync(path, Buffer.concat([header, audio]));
}

/** Reads until `bytes` bytes have come. */
async function collect(capture: LoopbackCapture, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const frames of capture) {
    chunks.push(frames);
    if (capture.stats().frames * capture.frameBytes >= bytes) break;
  }
  return Buffer.concat(chunks);
}

/** Sends packets of 48 frames, each but the first behind a lost frame, as they are heard. */
async function sendGaps(port: number, gaps: number, listening: Listening): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let i = 0; i <= gaps; i += 1) {
    socket.send(datagram({ sequence: (2 * i) & 0xffff, timestamp: i * 49, ssrc: 1, frames: 48 }));
    if (i % 200 === 0 || i === gaps) await listening.reaches(Math.floor((i * 49 + 48) / 480) * 480);
  }
  socket.close();
}

/** A bridge for that. */
const GAPPY = [
  ...['bridge', '--listen', '127.0.0.1:0', '--format', 'L16', '--rate', '48000', '--channels', '1'],
  ...['--period', '480', '--idle', 'stall', '--reorder', '0', '--buffer', '8000000'],
  ...['--silence', '24h', '--stats', '0'],
];

describe('utimer send and utimer bridge', () => {
  it('carry a file, raw frames and stdin by its session description, every frame', async () => {
    const audio = noise(FRAMES * 6);
    const paths = ['audio.wav', 'audio.raw', 'stream.sdp'].map((name) => join(folder, name));
    const [wav, raw, sdp] = paths as [string, string, string];
    writeWav(wav, audio);
    writeFileSync(raw, audio);
    // Somebody else writes the description: its port is the one to send to.
    const port = await freePort();
    const to = ['--to', `127.0.0.1:${port}`];
    const described = Child.utimer('send', ...to, '--sdp-out', sdp, wav);
    await described.ended;
    expect(readFileSync(sdp, 'utf8')).toContain(`m=audio ${port} RTP/AVP 96\r\na=rtpmap:96 L24/48000/2\r\n`);

    const bridge = Child.utimer(
      'bridge',
      '--sdp',
      sdp,
      '--json',
      '--idle',
      'stall',
      '--stats',
      '100ms',
      '--substream',
      'free',
    );
    const { listenerName, ...opened } = JSON.parse(await bridge.line());
    expect(opened).toMatchObject({
      type: 'open',
      port,
      card: card.number,
      device: 0,
      substream: 0,
      ...cable,
    });
    expect(listenerName).toBe(`hw:${card.number},1,0`);
    using capture = LoopbackCapture.open({ ...cable, card, periods: 100 });
    await bridge.line(typed('listener'));
    let heard = 0;
    const frames = capture.frames()[Symbol.asyncIterator]();
    for (const source of [[wav], [...SHAPE, raw], [...SHAPE, '-']]) {
      const sender = Child.utimer('send', ...to, '--json', ...source);
      if (source.at(-1) === '-') sender.process.stdin?.end(audio);
      const chunks: Buffer[] = [];
      for (heard += audio.length; capture.stats().frames * capture.frameBytes < heard; ) {
        chunks.push((await within('frames of a sender', frames.next())).value as Buffer);
      }
      expect(difference(audio, Buffer.concat(chunks))).toBeUndefined();
      expect(await sender.ended).toEqual({ code: 0, signal: null });
      expect(JSON.parse(sender.lines.at(-1) as string)).toMatchObject({ type: 'close', packetsSent: 500 });
    }
    bridge.process.kill('SIGTERM');
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    expect(bridge.stderr).toBe('');
    expect(JSON.parse(bridge.lines.at(-1) as string)).toMatchObject({
      type: 'close',
      receiver: { packets: 1500, framesLost: 0, framesDelivered: 3 * FRAMES, streams: 3 },
      loopback: { periods: 150 },
    });
    expect(bridge.lines.filter(typed('stream'))).toHaveLength(3);
  });

  it('carry a file by a description that a web server gives, and with every policy told', async () => {
    const audio = noise(FRAMES * 6);
    const wav = join(folder, 'web.wav');
    writeWav(wav, audio);
    const target = ['--to', `127.0.0.1:${await freePort()}`, '--ptime', '4'];
    const describing = Child.utimer('send', ...target, '--sdp-out', '-', '/dev/null', ...SHAPE);
    await describing.ended;
    const server = createServer((_, response) => response.end(`${describing.lines.join('\r\n')}\r\n`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream.sdp`;
    const bridge = Child.utimer(
      ...['bridge', '--sdp', url, '--json', '--idle', 'stall', '--unheard', 'wait', '--max-waiting', '96000'],
      ...[
        '--reorder',
        '4',
        '--reorder-time',
        '2.5',
        '--fill',
        'repeat',
        '--max-gap',
        '9600',
        '--confirm',
        '2',
      ],
      ...['--silence', '5000', '--exclude', '127.0.0.2', '--buffer', '1000000', '--periods', '3'],
    );
    // Packets of 4 ms make a period of three of them.
    const { periodFrames } = JSON.parse(await bridge.line());
    expect(periodFrames).toBe(576);
    server.close();
    const sender = Child.utimer('send', ...target, '--json', wav);
    expect(await sender.ended).toEqual({ code: 0, signal: null });
    // Nobody has listened yet.
    using capture = LoopbackCapture.open({ ...cable, periodFrames, card, periods: 100 });
    const whole = Math.floor(FRAMES / periodFrames) * periodFrames * 6;
    expect(difference(audio.subarray(0, whole), await collect(capture, whole))).toBeUndefined();
    bridge.process.kill('SIGINT');
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    expect(JSON.parse(bridge.lines.at(-1) as string)).toMatchObject({
      ...{ type: 'close', framesWaiting: 0, framesDropped: 0 },
      receiver: { packets: FRAMES / 192, framesLost: 0 },
    });
  });

  it('carry the offer of a codec, whose sender takes a payload type and then another one', async () => {
    const port = await freePort();
    const offer = [
      ...['v=0', 'o=- 1 1 IN IP4 192.0.2.10', 's=codec', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...[`m=audio ${port} RTP/AVP 9 8 111 96 97 101`, 'a=rtpmap:9 G722/8000', 'a=rtpmap:8 PCMA/8000'],
      ...['a=rtpmap:111 opus/48000/2', 'a=rtpmap:96 L16/48000/2', 'a=rtpmap:97 L24/48000/2'],
      ...['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', 'a=ebuacip:plength 96 5', ''],
    ];
    const sdp = join(folder, 'offer.sdp');
    writeFileSync(sdp, offer.join('\r\n'));
    const bridge = Child.utimer('bridge', '--sdp', sdp, '--json', '--idle', 'stall', '--stats', '50ms');
    const info = JSON.parse(await bridge.line());
    // A cable of 24 bits, for what packets of either type hold.
    expect(info).toMatchObject({ port, ...cable });
    const listening = new Listening({ info }, { periods: 100 });
    const socket = createSocket('udp4');
    const audio: Uint8Array[] = [];
    for (let i = 0; i < 24; i++) {
      const [payloadType, encoding] = i % 8 < 4 ? ([96, 'L16'] as const) : ([97, 'L24'] as const);
      const payload = noise(960 * (payloadType === 96 ? 4 : 6));
      const shape = { sequence: i, timestamp: i * 960, ssrc: 1, payloadType };
      socket.send(serializeRtpPacket({ ...shape, payload }), port, '127.0.0.1');
      audio.push(decodePayload(payload, encoding, 'S24_3LE'));
      await listening.reaches((i + 1) * 960);
    }
    // An event of the telephone, which is listed and no audio.
    const event = { sequence: 24, timestamp: 24 * 960, ssrc: 1, payloadType: 101, payload: noise(4) };
    socket.send(serializeRtpPacket(event), port, '127.0.0.1');
    expect(JSON.parse(await bridge.line(typed('refusal')))).toMatchObject({
      ...{ reason: 'payload-type', came: 'payload type 101', expected: '96 or 97' },
    });
    socket.close();
    bridge.process.kill('SIGINT');
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    expect(difference(Buffer.concat(audio), await listening.end())).toBeUndefined();
    expect(JSON.parse(bridge.lines.at(-1) as string)).toMatchObject({
      receiver: { packets: 25, packetsPlaced: 24, framesLost: 0, streams: 1 },
    });
  });

  it('carry one cable to another', async () => {
    using loop = ClockedLoopback.openSync({ ...cable, card, substream: 1 });
    const target = ['--listen', '127.0.0.1:0', '--format', 'L24', '--rate', '48000', '--channels', '2'];
    const bridge = Child.utimer('bridge', ...target, '--ptime', '1', '--json', '--idle', 'stall');
    const { port } = JSON.parse(await bridge.line());
    using capture = LoopbackCapture.open({ ...cable, card, periods: 100 });
    const sender = Child.utimer(
      ...['send', '--to', `127.0.0.1:${port}`, '--card', `${card.number}`, '--substream', '1', '--json'],
      ...SHAPE,
    );
    await sender.line();
    const audio = noise(50 * loop.periodBytes);
    const received = collect(capture, audio.length);
    await loop.send(audio);
    expect(difference(audio, await received)).toBeUndefined();
    for (const child of [sender, bridge]) {
      child.process.kill('SIGINT');
      expect(await child.ended).toEqual({ code: 0, signal: null });
    }
  });

  it('take packets of the source that they were told', async () => {
    const bridge = Child.utimer(
      ...['bridge', '--listen', '127.0.0.1:0', '--format', 'L24', '--rate', '48000', '--channels', '2'],
      ...['--ssrc', '0x2a', '--json', '--stats', '50ms'],
    );
    const { port } = JSON.parse(await bridge.line());
    for (const ssrc of [41, 42]) {
      await using sender = await RtpSender.open({
        ...({ encoding: 'L24', rate: 48_000, channels: 2 } as const),
        ...{ address: '127.0.0.1', port, ssrc },
      });
      sender.write(new Uint8Array(48 * sender.frameBytes));
    }
    await bridge.line((line) => JSON.parse(line).receiver?.packets === 2);
    bridge.process.kill('SIGINT');
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    const told = bridge.lines.map((line) => JSON.parse(line));
    expect(told.filter(({ type }) => type === 'stream')).toMatchObject([{ ssrc: 42 }]);
    expect(told.filter(({ type }) => type === 'refusal')).toMatchObject([
      { reason: 'source', came: 'source 0x00000029', expected: '0x0000002a', option: 'ssrc', value: 41 },
    ]);
    expect(told.at(-1).receiver).toMatchObject({ packetsPlaced: 1, packetsRejected: { source: 1 } });
  });

  it('tell and count what a cable brings while nobody takes it', async () => {
    using loop = ClockedLoopback.openSync({ ...cable, card });
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const sender = Child.utimer(
      ...['send', '--to', `127.0.0.1:${socket.address().port}`, '--card', `${card.number}`, '--json'],
      ...['--stats', '0', ...SHAPE],
    );
    await sender.line();
    const reads = async (path: string, pattern: RegExp) => {
      await until(`${pattern} in ${path}`, () => pattern.test(readFileSync(path, 'utf8')));
    };
    sender.process.kill('SIGSTOP');
    await reads(`/proc/${sender.process.pid}/stat`, / T /);
    // More than its buffer holds.
    loop.write(noise(20 * loop.periodBytes));
    const status = `/proc/asound/card${card.number}/pcm1c/sub0/status`;
    expect(readFileSync(status, 'utf8')).toMatch(/^state: XRUN/);
    sender.process.kill('SIGCONT');
    await reads(status, /^state: RUNNING/);
    const sent = once(socket, 'message');
    loop.write(noise(loop.periodBytes));
    await sent;
    expect(JSON.parse(await sender.line(typed('overrun')))).toEqual({ type: 'overrun' });
    sender.process.kill('SIGTERM');
    expect(await sender.ended).toEqual({ code: 0, signal: null });
    expect(JSON.parse(sender.lines.at(-1) as string)).toMatchObject({
      ...{ type: 'close', packetsSent: 10, overruns: 1, suspends: 0 },
    });
    socket.close();
  });

  it('tell people what to do next, and how it went', async () => {
    const bridge = Child.utimer(
      ...['bridge', '--listen', '127.0.0.1:0', '--format', 'L16', '--rate', '44100', '--channels', '1'],
      ...['--stats', '50ms', '--period', '441'],
    );
    await bridge.line((line) => line.startsWith('ppm '));
    bridge.process.kill('SIGINT');
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    expect(bridge.lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^receiving at 127\.0\.0\.1 port \d+; to listen:$/),
      `  arecord -D hw:${card.number},1,0 -f S16_LE -r 44100 -c 1 --period-size=441 out.wav`,
    ]);
    expect(bridge.lines.at(-1)).toMatch(
      /^closed: ppm -, buf 0, lost 0, late 0, periods 0, no listener, .*packets 0$/,
    );
  });

  it('say what failed, with a hint, and exit with 1', async () => {
    using loop = ClockedLoopback.openSync({ ...cable, card });
    const target = ['--listen', '127.0.0.1:5004', '--format', 'L24', '--rate', '48000', '--channels', '2'];
    const bridge = Child.utimer('bridge', ...target);
    expect(await bridge.ended).toEqual({ code: 1, signal: null });
    expect(bridge.stderr).toMatch(/^utimer bridge: .*EBUSY/);
    expect(loop.closed).toBe(false);
    const missing = Child.utimer('bridge', '--sdp', join(folder, 'missing.sdp'));
    expect(await missing.ended).toEqual({ code: 1, signal: null });
    expect(missing.stderr).toMatch(/^utimer bridge: ENOENT.*missing\.sdp'\n$/);
    writeFileSync(join(folder, 'bad.wav'), 'RIFF....');
    const bad = Child.utimer('send', '--to', '127.0.0.1:5004', join(folder, 'bad.wav'));
    expect(await bad.ended).toEqual({ code: 1, signal: null });
    expect(bad.stderr).toMatch(/^utimer send: .*bad\.wav is no WAV file\. .*ffmpeg/);
  });

  it('go on when nobody reads any more, until a signal ends them', async () => {
    const bridge = Child.utimer(...GAPPY, '--json');
    const info = JSON.parse(await bridge.line());
    const listening = new Listening({ info });
    bridge.process.stdout?.destroy();
    bridge.process.stderr?.destroy();
    // Each loss is an event that cannot be told.
    await sendGaps(info.port, 2000, listening);
    bridge.process.kill('SIGHUP');
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    expect((await listening.end()).length / 2).toBeGreaterThanOrEqual(2000 * 49 + 48);
  });

  it('drop and count what a reader does not take, and tell it when it goes on', async () => {
    const gaps = 10_000;
    const bridge = Child.utimer(...GAPPY, '--json');
    const info = JSON.parse(await bridge.line());
    const listening = new Listening({ info });
    await bridge.line(typed('listener'));
    bridge.stopReading();
    await sendGaps(info.port, gaps, listening);
    bridge.process.kill('SIGTERM');
    bridge.goOnReading();
    expect(await bridge.ended).toEqual({ code: 0, signal: null });
    await listening.end();
    const events = bridge.lines.map((line) => JSON.parse(line));
    const dropped = events.flatMap((event) => (event.type === 'dropped' ? [event.events] : []));
    const told = events.filter(({ type }) => type === 'loss' || type === 'stream').length;
    const { type, receiver, eventsDropped } = events.at(-1);
    expect([type, receiver.framesLost]).toEqual(['close', gaps]);
    expect(dropped.length).toBeGreaterThan(0);
    // Each gap, and the stream's beginning.
    expect(dropped.reduce((sum, more) => sum + more, told + eventsDropped)).toBe(gaps + 1);
  });

  it('end when they are told to, though nobody reads what they say', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const target = ['--to', `127.0.0.1:${socket.address().port}`];
    const sender = Child.utimerInto(
      openFullPipe(),
      ...['send', ...target, '--stats', '10ms', ...SHAPE, '/dev/zero'],
    );
    await once(socket, 'message');
    socket.close();
    const bridge = Child.utimerInto(openFullPipe(), ...GAPPY);
    const opened = () => card.cables().some(({ playback }) => playback);
    await until('a bridge that is open', opened);
    for (const child of [sender, bridge]) {
      child.process.kill('SIGTERM');
      expect(await child.ended).toEqual({ code: 1, signal: null });
      expect(child.stderr).toContain('nobody reads standard output');
    }
  });
});
