// Cables that a pacer moves: what is written ahead is what others record, frame for frame.
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Pacer } from '../../../lib/clock/index.js';
import { ClockedLoopback, type LoopbackCard } from '../../../lib/loopback/index.js';
import { arecord, Program, Recording, until } from '../interop/support.js';
import { noise } from '../loopback/support.js';
import { withCard, withFolder } from '../setup.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withFolder('paced', (made) => {
  folder = made;
});
afterEach(() => Program.endAll());

const stream = { rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 } as const;

describe('A cable that a pacer moves', () => {
  it('is recorded by arecord as it was written, in silence that is whole', async () => {
    using loop = ClockedLoopback.openSync({ ...stream, card, idle: 'silence' });
    using pacer = Pacer.open({ priority: 20 });
    // The queue holds all of it: a machine that is too busy to refill it in time would have silence between.
    using pacing = pacer.start(loop, { aheadMs: 2_000 });
    const words = noise(100 * loop.periodBytes);
    const recording = new Recording(join(folder, 'arecord.raw'), words);
    arecord(loop.listenerName, stream.format, recording.path);
    await until('it records', () => recording.size > 0);
    await loop.send(words);
    await until('it has the words', () => recording.bytes.includes(words));
    expect(recording.stray).toBe(0);
    expect(pacing.stats()).toMatchObject({ missed: 0n });
    expect(loop.stats()).toMatchObject({ periods: 100, xruns: 0 });
  });

  it('plays a file to its end, by as many periods as it counts', async () => {
    using loop = ClockedLoopback.openSync({ ...stream, card });
    using capture = loop.openCapture({ periods: 256 });
    using pacer = Pacer.open();
    using pacing = pacer.start(loop, { aheadMs: 50 });
    const audio = noise(60 * loop.periodBytes - 100);
    const path = join(folder, 'audio.raw');
    writeFileSync(path, audio);
    await pipeline(createReadStream(path), loop.writable());
    const heard = capture.read();
    expect(heard.subarray(0, audio.length).equals(audio)).toBe(true);
    expect(heard.length).toBe(60 * loop.periodBytes);
    expect(pacing.stats()).toMatchObject({ ticks: 60n, missed: 0n });
  });
});
