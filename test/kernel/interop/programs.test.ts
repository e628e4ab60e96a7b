// Stock programs at both ends: what they send over RTP is what others record from the cable, frame for frame.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClockedLoopback, LoopbackCard } from '../../../lib/loopback/index.js';
import { decodePayload, parseSdp, RtpReceiver, type RtpReceiverOptions } from '../../../lib/rtp/index.js';
import { liftLimits } from '../../support/network.js';
import { arecord, gstreamer, Program, Recording, until, Voice } from './support.js';

let card: LoopbackCard;
let restore: () => void;
let folder: string;
beforeAll(async () => {
  card = await LoopbackCard.load();
  restore = liftLimits();
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-interop-'));
});
afterAll(async () => {
  restore();
  rmSync(folder, { recursive: true });
  await LoopbackCard.unload();
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
      ...stream,
      payloadType: 96,
      address: '127.0.0.1',
      port: 16_204,
    } as const;
    return { voice: new Voice(gstreamer(parameters), 6), parameters };
  },
};

/** Starts a listener that writes raw frames. */
const listeners: Record<string, (device: string, format: string, path: string) => Program> = {
  arecord,
  ffmpeg: (device, format, path) => {
    const name = format.toLowerCase().replace('_', '');
    // It stamps what it captures by the clock of the machine, which is not that of the frames: so let them count.
    return new Program('ffmpeg', [
      ...['-nostdin', '-loglevel', 'error', '-f', 'alsa', '-c:a', `pcm_${name}`, '-sample_rate', '48000'],
      ...['-channels', '2', '-i', device, '-af', 'asetpts=N/SR/TB', '-c:a', `pcm_${name}`, '-f', name],
      ...['-flush_packets', '1', path],
    ]);
  },
};

// Not each by each: GStreamer's thousand packets a second and ffmpeg as a listener together overtax a processor that is emulated.
describe('A stream', () => {
  it.each([
    ['ffmpeg, L16', 'arecord'],
    ['ffmpeg, L16', 'ffmpeg'],
    ['GStreamer, L24 in packets of 1 ms', 'arecord'],
  ])('of %s is recorded by %s', async (sender, listener) => {
    const { voice, parameters } = await (senders[sender] as (typeof senders)[string])();
    const format = parameters.encoding === 'L16' ? 'S16_LE' : 'S32_LE';
    using loop = ClockedLoopback.open({ ...stream, card, format });
    using receiver = await RtpReceiver.open({ ...parameters, format, sink: loop });
    await until('frames come', () => loop.stats.periods > 0);
    const path = join(folder, `${sender} ${listener}`);
    (listeners[listener] as (typeof listeners)[string])(loop.listenerName, format, path);
    const recording = new Recording(path, decodePayload(voice.words, parameters.encoding, format));
    await voice.heardIn([recording]);
    expect(recording.stray).toBe(0);
    expect(receiver.stats).toMatchObject({ framesLost: 0, streams: 1 });
    expect(loop.stats).toMatchObject({ insertedFrames: 0, xruns: 0 });
    await Program.endAll();
  });
});

describe('PipeWire', () => {
  it('records a stream from the loopback', async () => {
    const { voice, parameters } = await (
      senders['GStreamer, L24 in packets of 1 ms'] as (typeof senders)[string]
    )();
    const format = 'S32_LE';
    using loop = ClockedLoopback.open({ ...stream, card, format });
    using receiver = await RtpReceiver.open({ ...parameters, format, sink: loop });
    await until('frames come', () => loop.stats.periods > 0);
    const path = join(folder, 'pipewire.wav');
    const env = { XDG_RUNTIME_DIR: folder };
    const configuration = join(folder, 'pipewire.conf');
    writeFileSync(configuration, pipewire(loop.listenerName));
    new Program('pipewire', ['-c', configuration], env);
    await until('PipeWire runs', () => existsSync(join(folder, 'pipewire-0')));
    new Program(
      'pw-record',
      [
        ...[
          '--target',
          '0',
          '-P',
          '{ node.name = recorder adapter.auto-port-config = { mode = dsp position = unknown } }',
        ],
        ...['--rate', '48000', '--channels', '2', '--format', 's32', path],
      ],
      env,
    );
    for (const channel of [1, 2]) {
      const ports = [`cable:capture_${channel}`, `recorder:input_${channel}`];
      await until(`${ports.join(' and ')} are linked`, () => succeeds('pw-link', ports, env));
    }
    const recording = new Recording(path, decodePayload(voice.words, 'L24', format));
    await voice.heardIn([recording]);
    expect(recording.stray).toBe(0);
    expect(receiver.stats).toMatchObject({ framesLost: 0, streams: 1 });
    await Program.endAll();
  });
});

/** A PipeWire without a session manager, and without D-Bus, that has one cable to listen to. */
function pipewire(device: string): string {
  return `
    context.properties = {
      core.daemon = true
      core.name = pipewire-0
      support.dbus = false
      default.clock.rate = 48000
      default.clock.quantum = 4800
      default.clock.min-quantum = 4800
      default.clock.max-quantum = 4800
      clock.power-of-two-quantum = false
    }
    context.spa-libs = {
      audio.convert.* = audioconvert/libspa-audioconvert
      api.alsa.* = alsa/libspa-alsa
      support.* = support/libspa-support
    }
    context.modules = [
      { name = libpipewire-module-rt args = { rt.prio = 88 } flags = [ ifexists nofail ] }
      { name = libpipewire-module-protocol-native }
      { name = libpipewire-module-spa-node-factory }
      { name = libpipewire-module-client-node }
      { name = libpipewire-module-access }
      { name = libpipewire-module-adapter }
      { name = libpipewire-module-metadata }
      { name = libpipewire-module-link-factory }
    ]
    context.objects = [
      { factory = adapter args = {
        factory.name = api.alsa.pcm.source
        node.name = cable
        media.class = "Audio/Source"
        api.alsa.path = "${device}"
        api.alsa.period-size = 480
        api.alsa.period-num = 64
        audio.format = "S32"
        audio.rate = 48000
        audio.channels = 2
        resample.disable = true
        channelmix.disable = true
        adapter.auto-port-config = { mode = dsp position = unknown }
      } }
    ]
  `;
}

function succeeds(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error) => resolve(error === null));
  });
}
