// Two hosts that listen to one group: what GStreamer sends is recorded on both.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LoopbackCard } from '../../../lib/loopback/index.js';
import { decodePayload } from '../../../lib/rtp/index.js';
import { arecord, gstreamer, liftLimits, Program, Recording, receiver, until, Voice } from './support.js';

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

/** The events of a kind that a receiver has told, in order. */
function told(host: Program, type: string): Record<string, unknown>[] {
  const whole = host.stdout.slice(0, host.stdout.lastIndexOf('\n'));
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter((event) => event.type === type);
}

/** What arecord writes once the stream of a receiver has begun. */
async function record(host: Program, name: string, voice: Voice): Promise<Recording> {
  await until(`${name} hears the stream`, () => told(host, 'stream').length > 0);
  const [{ listenerName } = {}] = told(host, 'open');
  const path = join(folder, name);
  arecord(listenerName as string, FORMAT, path);
  return new Recording(path, decodePayload(voice.words, 'L24', FORMAT));
}

/** Ends a receiver, and expects that it missed nothing. */
async function expectWhole(host: Program): Promise<void> {
  await host.end();
  expect(told(host, 'loss')).toEqual([]);
  expect(told(host, 'close')).toMatchObject([
    { receiver: { framesLost: 0, streams: 1 }, loopback: { insertedFrames: 0, xruns: 0 } },
  ]);
}

describe('Two hosts', () => {
  const hosts = ['left', 'right'];
  const at = (host: string) => ['ip', 'netns', 'exec', host];
  const ip = (words: string) => execFileSync('ip', words.split(' '), { stdio: 'pipe' });

  beforeAll(() => {
    for (const host of hosts) ip(`netns add ${host}`);
    ip('link add left0 netns left type veth peer name right0 netns right');
    for (const [index, host] of hosts.entries()) {
      ip(`-n ${host} address add 10.77.0.${index + 1}/24 dev ${host}0`);
      for (const link of ['lo', `${host}0`]) ip(`-n ${host} link set ${link} up`);
      ip(`-n ${host} route add 239.0.0.0/8 dev ${host}0`);
    }
  });
  afterAll(() => {
    for (const host of hosts) ip(`netns delete ${host}`);
  });

  it('that receive one group, each into a card of its own, agree frame for frame', async () => {
    const target = { address: '239.77.0.1', port: 16_404 };
    const stream = { ...target, encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96 } as const;
    const receivers = hosts.map((host, index) =>
      receiver(
        { ...stream, interface: `${host}0` },
        { card: (cards[index] as LoopbackCard).number, format: FORMAT },
        at(host),
      ),
    );
    for (const host of receivers) await host.says(/"open"/);
    const sender = gstreamer(target, ['multicast-iface=left0', 'auto-multicast=true'], at('left'));
    const voice = new Voice(sender, 6);
    const recordings = await Promise.all(
      receivers.map((host, index) => record(host, `${hosts[index]}.raw`, voice)),
    );
    await voice.heardIn(recordings);
    for (const recording of recordings) expect(recording.stray).toBe(0);
    const [left, right] = receivers.map((host) => told(host, 'stream')[0]?.ssrc);
    expect(left).toBe(right);
    for (const host of receivers) await expectWhole(host);
  });
});
