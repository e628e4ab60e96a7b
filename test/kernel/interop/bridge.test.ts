// What GStreamer sends reaches arecord, ffmpeg and PipeWire through `utimer bridge`: on one machine by a session description,
// and on two hosts that listen to one group.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LoopbackCard } from '../../../lib/loopback/index.js';
import { decodePayload, describeStream } from '../../../lib/rtp/index.js';
import { HOSTS, liftLimits, TwoHosts } from '../../support/network.js';
import { difference } from '../loopback/support.js';
import {
  arecord,
  feedNoise,
  ffmpeg,
  gstreamer,
  overlap,
  Program,
  pipewireRecorder,
  Recording,
  until,
  utimerBridge,
  Voice,
} from './support.js';

let restore: () => void;
let folder: string;
let cards: readonly LoopbackCard[];
beforeAll(async () => {
  cards = await LoopbackCard.loadAll([{ index: 10 }, { index: 11 }]);
  restore = liftLimits();
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-interop-'));
});
afterEach(() => Program.endAll());
afterAll(async () => {
  restore();
  rmSync(folder, { recursive: true });
  await LoopbackCard.unload();
});

const FORMAT = 'S32_LE';
const FRAME_BYTES = 8;
const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size;
/**
 * How a bridge is to open its cable: every frame that a listener gets is one of the stream, however late a packet comes. Where a guest
 * of two processors is short of one, packets that wait there are overtaken by those of the other.
 */
const CABLE = [
  ...['--sample-format', FORMAT, '--period', '480', '--idle', 'stall', '--silence', '24h'],
  ...['--reorder', '1024', '--reorder-time', '10s'],
];

/** The events of a kind that a bridge has told, in order. */
function told(bridge: Program, type: string): Record<string, unknown>[] {
  const whole = bridge.stdout.slice(0, bridge.stdout.lastIndexOf('\n'));
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter((event) => event.type === type);
}

/** Starts a listener at a bridge once its stream has begun. */
type Listener = (device: string, path: string) => Program | Promise<void>;

const listeners: Readonly<Record<string, Listener>> = {
  arecord: (device, path) => arecord(device, FORMAT, path),
  ffmpeg: (device, path) => ffmpeg(device, FORMAT, path),
  PipeWire: (device, path) => pipewireRecorder(device, path, folder),
};

async function listen(
  bridge: Program,
  path: string,
  listener = listeners.arecord as Listener,
): Promise<void> {
  await until(`${path} hears the stream`, () => told(bridge, 'stream').length > 0);
  const [{ listenerName } = {}] = told(bridge, 'open');
  await listener(listenerName as string, path);
}

/** Ends a bridge, and expects that it missed nothing. */
async function expectWhole(bridge: Program): Promise<void> {
  await bridge.end();
  expect(told(bridge, 'loss')).toEqual([]);
  expect(told(bridge, 'close')).toMatchObject([
    { receiver: { framesLost: 0, streams: 1 }, loopback: { insertedFrames: 0, xruns: 0 } },
  ]);
}

describe('A stream of GStreamer', () => {
  it.each(Object.entries(listeners))(
    'is recorded by %s through utimer bridge by its session description',
    async (name, listener) => {
      const target = { address: '127.0.0.1', port: 16_304 };
      const sdp = join(folder, 'stream.sdp');
      writeFileSync(
        sdp,
        describeStream({
          ...{ ...target, encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96, packetFrames: 48 },
        }),
      );
      const bridge = utimerBridge([...CABLE, '--sdp', sdp, '--card', '10']);
      await bridge.says(/"open"/);
      const voice = new Voice(gstreamer(target), 6);
      const path = join(folder, name === 'PipeWire' ? `${name}.wav` : `${name}.raw`);
      await listen(bridge, path, listener);
      const recording = new Recording(path, decodePayload(voice.words, 'L24', FORMAT));
      await voice.heardIn([recording]);
      expect(recording.stray).toBe(0);
      await expectWhole(bridge);
    },
  );
});

describe('Two hosts', () => {
  let hosts: TwoHosts;
  beforeAll(() => {
    hosts = new TwoHosts();
  });
  afterAll(() => hosts.delete());

  it('that receive one group, each into a card of its own, agree about every frame that both have recorded', async () => {
    const target = { address: '239.77.0.1', port: 16_404 };
    const stream = ['--format', 'L24', '--rate', '48000', '--channels', '2'];
    const bridges = HOSTS.map((host, index) =>
      utimerBridge(
        [
          ...[...CABLE, ...stream, '--listen', `${target.address}:${target.port}`],
          ...['--interface', `${host}0`, '--card', `${cards[index]?.number}`],
        ],
        hosts.at(host),
      ),
    );
    for (const bridge of bridges) await bridge.says(/"open"/);
    const sender = gstreamer(target, ['multicast-iface=left0', 'auto-multicast=true'], hosts.at('left'));
    feedNoise(sender, 6);
    const paths = HOSTS.map((host) => join(folder, `${host}.raw`));
    await Promise.all(bridges.map((bridge, index) => listen(bridge, paths[index] as string)));
    const long = 10 * 48_000 * FRAME_BYTES;
    await until('both have ten seconds', () => paths.every((path) => (size(path) ?? 0) > long));
    const recorded = paths.map((path) => readFileSync(path)) as [Buffer, Buffer];
    const both = overlap(...recorded, FRAME_BYTES);
    expect(difference(...both)).toBeUndefined();
    expect(both[0].length).toBeGreaterThan(long / 2);
    const [left, right] = bridges.map((bridge) => told(bridge, 'stream')[0]?.ssrc);
    expect(left).toBe(right);
    for (const bridge of bridges) await expectWhole(bridge);
  });
});
