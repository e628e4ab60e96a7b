// Stock programs at both ends: what they send over RTP is what others record from the cable, frame for frame.
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ClockedLoopback, type LoopbackCard } from '../../../lib/loopback/index.js';
import { decodePayload, parseSdp, RtpReceiver, type RtpReceiverOptions } from '../../../lib/rtp/index.js';
import { withCard, withFolder, withLiftedLimits } from '../setup.js';
import { arecord, ffmpeg, gstreamer, Program, Recording, until, Voice } from './support.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withLiftedLimits();
withFolder('interop', (made) => {
  folder = made;
});
afterEach(() => Program.endAll());

const stream = { rate: 48_000, channels: 2, periodFrames: 480 } as const;

interface Sender {
  readonly voice: Voice;
  readonly parameters: Omit<RtpReceiverOptions, 'sink'>;
}

const senders: Record<string, () => Promise<Sender>> = {
  // By the description that it prints.
  async 'ffmpeg, L16'() {
    const sender = new Program('ffmpeg', [
      ...[
        '-hide_banner',
        '-loglevel',
        'error',
        '-re',
        '-f',
        's16be',
        '-ar',
        '48000',
        '-ac',
        '2',
        '-i',
        'pipe:0',
      ],
      ...['-c:a', 'copy', '-f', 'rtp', 'rtp://127.0.0.1:16104'],
    ]);
    const voice = new Voice(sender, 4);
    return { voice, parameters: parseSdp(await sender.says(/^v=0[\s\S]*a=rtpmap.*\s/m)) };
  },
  async 'GStreamer, L24 in packets of 1 ms'() {
    const parameters = {
      encoding: 'L24',
      rate: stream.rate,
      channels: stream.channels,
      payloadType: 96,
      address: '127.0.0.1',
      port: 16_204,
    } as const;
    return { voice: new Voice(gstreamer(parameters), 6), parameters };
  },
};

/** Start a listener that writes raw frames. */
const listeners = { arecord, ffmpeg };

describe('A stream', () => {
  it.each([
    ['ffmpeg, L16', 'arecord'],
    ['ffmpeg, L16', 'ffmpeg'],
    ['GStreamer, L24 in packets of 1 ms', 'arecord'],
  ] as const)('of %s is recorded by %s', async (sender, listener) => {
    const { voice, parameters } = await (senders[sender] as (typeof senders)[string])();
    const format = parameters.encoding === 'L16' ? 'S16_LE' : 'S32_LE';
    using loop = ClockedLoopback.openSync({ ...stream, card, format });
    using receiver = await RtpReceiver.open({ ...parameters, format, sink: loop });
    await until('frames come', () => loop.stats().periods > 0);
    const path = join(folder, `${sender} ${listener}`);
    listeners[listener](loop.listenerName, format, path);
    const recording = new Recording(path, decodePayload(voice.words, parameters.encoding, format));
    await voice.heardIn([recording]);
    expect(recording.stray).toBe(0);
    expect(receiver.stats()).toMatchObject({ framesLost: 0, streams: 1 });
    expect(loop.stats()).toMatchObject({ insertedFrames: 0, xruns: 0 });
    await Program.endAll();
  });
});
