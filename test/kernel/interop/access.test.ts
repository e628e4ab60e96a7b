// Programs with non-interleaved access: JACK and `arecord -I` record what a cable of that access carries, sample for sample.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ClockedLoopback, type ListenerMismatch, type LoopbackCard } from '../../../lib/loopback/index.js';
import { RtpSender } from '../../../lib/rtp/index.js';
import { arecordArgs } from '../../support/arecord.js';
import { difference, noise, stream } from '../loopback/support.js';
import { withCard, withFolder } from '../setup.js';
import { Program, until, utimerBridge } from './support.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withFolder('access', (made) => {
  folder = made;
});
afterEach(() => Program.endAll());

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
/** The samples of one channel of S16_LE of two channels. */
function channelOf(frames: Buffer, channel: number): Buffer {
  const samples = Buffer.alloc(frames.length / 2);
  for (let at = 0; at < samples.length; at += 2)
    frames.copy(samples, at, 2 * at + 2 * channel, 2 * at + 2 * channel + 2);
  return samples;
}

const apart = (frames: Buffer) => [channelOf(frames, 0), channelOf(frames, 1)] as const;

/** The frames of two channels, without those that are silent. */
function framesOf(left: Buffer, right: Buffer): Buffer {
  const frames = Buffer.alloc(2 * Math.min(left.length, right.length));
  let length = 0;
  for (let at = 0; at + 2 <= Math.min(left.length, right.length); at += 2) {
    const frame = left.readUInt16BE(at) * 0x1_0000 + right.readUInt16BE(at);
    if (frame !== 0) length = frames.writeUInt32BE(frame, length);
  }
  return frames.subarray(0, length);
}

const arecordApart = (device: string, path: string) =>
  arecordArgs(device, stream, `--buffer-size=${50 * stream.periodFrames}`, '-I', path);

/** A cable that a listener which polls, or reads and waits, may have open as long as it likes. */
const openCable = (periodFrames: number) =>
  ClockedLoopback.openSync({
    ...{ card, format: 'S16_LE', rate: 48_000, channels: 2, periodFrames },
    ...{ access: 'noninterleaved', idle: 'silence', graceMs: 0 },
  });

describe('What a cable with non-interleaved access carries', () => {
  it('is recorded by arecord -I, a file a channel', async () => {
    using loop = openCable(480);
    const path = join(folder, 'apart');
    new Program('arecord', arecordApart(loop.listenerName, path));
    const files = [`${path}.0`, `${path}.1`];
    await until('arecord records', () => files.every((file) => size(file) > 1_000));
    const words = noise(100 * loop.periodBytes);
    await loop.send(words);
    const spoken = apart(words);
    const recorded = () => files.map((file, channel) => readFileSync(file).indexOf(spoken[channel as 0 | 1]));
    await until('the words are in both files', () => recorded().every((at) => at >= 0));
    const [left, right] = recorded();
    expect(left).toBe(right);
  });

  it('is recorded by a client of JACK', async () => {
    // Long periods: a JACK that waits for longer than one and a half of them begins anew.
    using loop = openCable(8_192);
    const env = { JACK_NO_AUDIO_RESERVATION: '1', JACK_DEFAULT_SERVER: 'cable' };
    new Program(
      'jackd',
      [
        ...['--no-realtime', '--sync', '--timeout', '20000', '-d', 'alsa', '-C', loop.listenerName],
        ...['-r', '48000', '-p', '8192', '-n', '16', '-i', '2'],
      ],
      env,
    );
    await until('JACK listens', () => loop.stats().listener);
    const path = join(folder, 'jack.wav');
    new Program(
      'jack_capture',
      [
        ...[
          '--no-stdin',
          '--disable-console',
          '-f',
          'wav',
          '-b',
          'FLOAT',
          '-c',
          '2',
          '-B',
          '60',
          '-MB',
          '120',
        ],
        ...['-p', 'system:capture_1', '-p', 'system:capture_2', path],
      ],
      env,
    );
    await until('its client records', () => size(path) > 8_192);
    const words = noise(6 * loop.periodBytes);
    await loop.send(words);
    await until('the words are recorded', () => samplesOf(readFileSync(path)).includes(words));
    // While the cable moves: they wait for its next period.
    await Program.endAll();
  });
});

/** JACK divides samples of 16 bits by 32767, which a float takes exactly enough. */
function samplesOf(wav: Buffer): Buffer {
  const begin = wav.indexOf('data') + 8;
  const samples = Buffer.alloc(2 * Math.floor((wav.length - begin) / 4));
  for (let at = 0; at < samples.length; at += 2) {
    const sample = Math.round(wav.readFloatLE(begin + 2 * at) * 32_767);
    samples.writeInt16LE(Math.max(-32_768, Math.min(32_767, sample)), at);
  }
  return samples;
}

describe('arecord -I beside a writer with interleaved access', () => {
  it('ends at once, and the writer is told which access it needs', async () => {
    using loop = ClockedLoopback.openSync({ card, ...stream });
    const told = once(loop, 'mismatch', { signal: AbortSignal.timeout(60_000) });
    const arecord = spawn('arecord', arecordApart(loop.listenerName, join(folder, 'refused')));
    const exited = once(arecord, 'exit');
    const [mismatch] = (await told) as [ListenerMismatch];
    expect(mismatch).toMatchObject({ name: loop.listenerName, access: 'noninterleaved' });
    expect(await exited).toEqual([1, null]);
  });

  it('is told by utimer bridge, and hears every sample with --access', async () => {
    const source = ['--format', 'L16', '--rate', '48000', '--channels', '2', '--listen', '127.0.0.1:16504'];
    const refusing = utimerBridge([...source, '--card', String(card.number)]);
    const device = (await refusing.says(/"listenerName":"[^"]+"/)).split('"')[3] as string;
    spawn('arecord', arecordApart(device, join(folder, 'refused')));
    expect(await refusing.says(/"type":"mismatch".*\n/)).toMatch(/"access":"noninterleaved"/);
    await refusing.end();
    const bridge = utimerBridge([
      ...[...source, '--card', String(card.number), '--access', 'noninterleaved'],
      ...['--unheard', 'wait', '--buffer', '4MiB'],
    ]);
    await bridge.says(/"access":"noninterleaved"/);
    new Program('arecord', arecordApart(device, join(folder, 'heard')));
    await bridge.says(/"type":"listener","running":true/);
    await using sender = await RtpSender.open({
      ...({ encoding: 'L16', rate: 48_000, channels: 2 } as const),
      ...{ address: '127.0.0.1', port: 16_504 },
    });
    const words = noise(50 * 480 * sender.frameBytes);
    sender.write(words);
    const recorded = () =>
      framesOf(readFileSync(join(folder, 'heard.0')), readFileSync(join(folder, 'heard.1')));
    await until('both channels have all words', () => recorded().length >= framesOf(...apart(words)).length);
    // The cable may have put silence between them, while the listener or the machine was slow.
    expect(difference(framesOf(...apart(words)), recorded())).toBeUndefined();
  });
});
