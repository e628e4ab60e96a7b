// Silence for a listener whose producer has fallen silent: at the pace of the cable, whatever happens meanwhile.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Pcm } from '../../../lib/index.js';
import {
  ClockedLoopback,
  type ClockedLoopbackOptions,
  type LoopbackCapture,
  type LoopbackCard,
} from '../../../lib/loopback/index.js';
import { arecordArgs } from '../../support/arecord.js';
import { withCard } from '../setup.js';
import { difference, noise, stream, thrownBy, withTrigger } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const open = (options: Partial<ClockedLoopbackOptions> = {}) =>
  ClockedLoopback.openSync({ card, idle: 'silence', graceMs: 0, ...stream, ...options });

/** Everything that comes until `done` says so. */
async function readUntil(capture: LoopbackCapture, done: (bytes: number) => boolean): Promise<Buffer> {
  const received: Buffer[] = [];
  let bytes = 0;
  while (!done(bytes)) {
    await capture.ready({ signal: AbortSignal.timeout(30_000) });
    const read = capture.read();
    received.push(read);
    bytes += read.length;
  }
  return Buffer.concat(received);
}

/** A loopback whose listener is there before anything moves: what it gets is what is inserted from now on. */
function openUnstarted(options: Partial<ClockedLoopbackOptions> = {}) {
  const { opened: loop, trigger } = withTrigger(() => open(options));
  loop.flush();
  return { loop, trigger, before: loop.stats().insertedFrames };
}

/** Records with arecord, which must end well, and returns what it said. */
async function record(
  loop: ClockedLoopback,
  options: readonly string[],
  recorded: Buffer[] = [],
): Promise<string> {
  const args = arecordArgs(loop.listenerName, loop.parameters, ...options);
  const arecord = spawn('arecord', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  arecord.stdout.on('data', (chunk: Buffer) => recorded.push(chunk));
  arecord.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const [status] = await once(arecord, 'close');
  const text = Buffer.concat(said).toString();
  expect(status, text).toBe(0);
  return text;
}

const isSilent = (bytes: Buffer) => bytes.equals(Buffer.alloc(bytes.length));

describe('The silence of a starved cable', () => {
  it('never runs ahead of the clock, and begins after the grace', async () => {
    for (const { grace, late } of [
      { grace: undefined, late: 20 },
      { grace: 0, late: 0 },
      { grace: 55, late: 55 },
    ]) {
      const begin = performance.now();
      const options = { card, ...stream, idle: 'silence' as const };
      using loop = ClockedLoopback.openSync(grace === undefined ? options : { ...options, graceMs: grace });
      using capture = loop.openCapture({ periods: 100 });
      await readUntil(capture, () => loop.stats().insertedFrames >= 5 * 480);
      // After a late wake-up it catches up, but not with more than the time that has passed.
      const { insertedFrames } = loop.stats();
      expect(insertedFrames / 48).toBeLessThanOrEqual(performance.now() - begin - late);
      expect(insertedFrames % 480).toBe(0);
    }
  });

  it.each([
    ['at once', 1],
    ['in a row', 50],
    ['in a row, periods and parts of some', 7],
  ])('does not come while what was given %s is still heard', async (_, writes) => {
    const { loop: open, before } = openUnstarted();
    using loop = open;
    using capture = loop.openCapture({ periods: 100 });
    const sent = noise(50 * loop.periodBytes);
    const begin = performance.now();
    const length = Math.ceil(sent.length / writes);
    for (let at = 0; at < sent.length; at += length) loop.write(sent.subarray(at, at + length));
    const heard = await readUntil(capture, () => loop.stats().insertedFrames > before);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(500);
    expect(difference(sent, heard.subarray(0, sent.length))).toBeUndefined();
  });

  it('does not come while a listener has yet to read what was sent', async () => {
    const { loop: open, before } = openUnstarted();
    using loop = open;
    const side = { card: card.number, device: 1, substream: 0, direction: 'capture', periods: 8 } as const;
    using reader = Pcm.open({ ...loop.parameters, ...side });
    reader.start();
    const sending = loop.send(noise(12 * loop.periodBytes)); // 7 fit
    const begin = performance.now();
    reader.read(new Uint8Array(5 * loop.periodBytes));
    await sending;
    while (loop.stats().insertedFrames === before) await sleep(1);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(70);
  });

  it('comes before a listener gives up that has taken at once what was given together', async () => {
    using loop = open();
    const recording = record(loop, ['--buffer-size=96000', '--samples=384000']);
    await once(loop, 'listener', { signal: AbortSignal.timeout(30_000) });
    // Four seconds, of which the listener's buffer holds half.
    loop.write(new Uint8Array(400 * loop.periodBytes));
    expect(await recording).not.toContain('read error');
  });

  it('comes before a listener gives up that does not wait for as long as the grace', async () => {
    // Periods of a second, so that silence is due three seconds after the last; a read waits for 2.2 of them.
    using loop = ClockedLoopback.openSync({
      ...{ card, idle: 'silence', format: 'S16_LE', rate: 8_000, channels: 2, periodFrames: 8_000 },
    });
    const recording = record(loop, ['--buffer-size=16000', '--samples=24000']);
    await once(loop, 'listener', { signal: AbortSignal.timeout(30_000) });
    loop.write(new Uint8Array(loop.periodBytes));
    expect(await recording).toBe('');
  });

  it('waits for nothing that nobody has heard', async () => {
    using loop = open();
    // Ten seconds, to nobody.
    loop.write(new Uint8Array(1_000 * loop.periodBytes));
    expect(await record(loop, ['--samples=48000'])).not.toContain('read error');
  });

  it('waits for nothing that somebody else has heard', async () => {
    const { loop: open, before } = openUnstarted();
    using loop = open;
    {
      using capture = loop.openCapture({ periods: 1_000 });
      loop.write(new Uint8Array(900 * loop.periodBytes));
      capture.read();
      await sleep(50); // until it is waited for
      // Not later: once this listener has gone, silence is for the next.
      expect(loop.stats().insertedFrames).toBe(before);
    }
    expect(await record(loop, ['--samples=48000'])).not.toContain('read error');
  });

  it('waits for nothing that nobody has heard, though frames have come in time since', async () => {
    const shape = { format: 'DSD_U8', rate: 48_000, channels: 1, periodFrames: 4_800 } as const;
    const { loop: open, before } = openUnstarted(shape);
    using loop = open;
    const period = new Uint8Array(loop.periodBytes);
    // A minute to nobody, and some periods at their pace.
    loop.write(new Uint8Array(600 * loop.periodBytes));
    for (let count = 0; count < 4; count += 1) {
      await sleep(50);
      loop.write(period);
    }
    // One that would be waited for much longer than this reader waits.
    using capture = loop.openCapture({ periods: 400 });
    loop.write(period);
    await readUntil(capture, () => loop.stats().insertedFrames > before);
  });

  it('comes between parts of a period that trickle in', async () => {
    const { loop: open, before } = openUnstarted();
    using loop = open;
    using capture = loop.openCapture({ periods: 100 });
    const deadline = performance.now() + 30_000;
    while (loop.stats().insertedFrames < before + 5 * 480) {
      expect(performance.now()).toBeLessThan(deadline);
      await loop.send(new Uint8Array(loop.frameBytes));
      await sleep(1);
      capture.read();
    }
    expect(loop.stats().periods).toBe(0);
  });

  it('is counted to the frame, and ends with end()', async () => {
    const { loop: open, before } = openUnstarted();
    using loop = open;
    using capture = loop.openCapture({ periods: 1_000 });
    const sent = noise(2 * loop.periodBytes + 100);
    loop.write(sent);
    const early = await readUntil(capture, (bytes) => bytes >= 7 * loop.periodBytes);
    const padded = loop.flush();
    expect(padded).toBe(480 - 25);
    const all = Buffer.concat([early, capture.read()]);
    const whole = 2 * loop.periodBytes;
    expect(difference(sent.subarray(0, whole), all.subarray(0, whole))).toBeUndefined();
    // What was begun comes when it is completed, after the silence.
    const last = all.subarray(-loop.periodBytes);
    expect(difference(sent.subarray(whole), last.subarray(0, 100))).toBeUndefined();
    expect(isSilent(last.subarray(100))).toBe(true);
    const inserted = all.subarray(whole, -loop.periodBytes);
    expect(isSilent(inserted)).toBe(true);
    expect(inserted.length / loop.frameBytes).toBe(loop.stats().insertedFrames - before);
    expect(loop.stats()).toMatchObject({ periods: 3, paddedFrames: padded, xruns: 0 });
    const after = loop.stats().insertedFrames;
    await sleep(50); // five periods, in which nothing may come
    expect(capture.avail()).toBe(0);
    expect(loop.stats().insertedFrames).toBe(after);
  });

  it('lets frames come whole and complete after it', async () => {
    using loop = open();
    using capture = loop.openCapture({ periods: 1_000 });
    const sent = noise(20 * loop.periodBytes);
    const received: Buffer[] = [];
    const until = async (done: () => boolean) => {
      while (!done()) {
        await capture.ready();
        received.push(capture.read());
      }
    };
    await until(() => received.length >= 3);
    loop.write(sent.subarray(0, 5 * loop.periodBytes + 77));
    const inserted = loop.stats().insertedFrames;
    await until(() => loop.stats().insertedFrames > inserted + 2 * 480);
    loop.write(sent.subarray(5 * loop.periodBytes + 77));
    received.push(capture.read());
    const all = Buffer.concat(received);
    const silence = Buffer.alloc(loop.periodBytes);
    const heard: Buffer[] = [];
    let silent = 0;
    for (let at = 0; at < all.length; at += loop.periodBytes) {
      const period = all.subarray(at, at + loop.periodBytes);
      if (period.equals(silence)) silent += 1;
      else heard.push(period);
    }
    expect(difference(sent, Buffer.concat(heard))).toBeUndefined();
    expect(silent).toBeGreaterThanOrEqual(3);
    expect(loop.stats()).toMatchObject({ periods: 20, xruns: 0 });
    expect(loop.stats().insertedFrames).toBeGreaterThanOrEqual(silent * 480);
  });

  it('goes on after an xrun', async () => {
    const { loop: open, trigger, before } = openUnstarted({ fillWithSilence: true });
    using loop = open;
    using capture = loop.openCapture({ periods: 1_000 });
    loop.write(new Uint8Array(loop.periodBytes));
    const early = await readUntil(capture, () => loop.stats().insertedFrames - before >= 2 * 480);
    trigger();
    const at = loop.stats().insertedFrames;
    const late = await readUntil(capture, () => loop.stats().insertedFrames >= at + 3 * 480);
    expect(loop.stats()).toMatchObject({ xruns: 1, periods: 1 });
    const sent = noise(loop.periodBytes);
    loop.write(sent);
    loop.flush();
    const all = Buffer.concat([early, late, capture.read()]);
    expect(isSilent(all.subarray(0, -loop.periodBytes))).toBe(true);
    expect(difference(sent, all.subarray(-loop.periodBytes))).toBeUndefined();
  });

  it('waits while somebody else runs on the timer, and comes when that has ended', async () => {
    const { loop: open, before } = openUnstarted();
    using loop = open;
    card.setTimerSource(`-1.4.${loop.timerId}`);
    using intruder = Pcm.open({
      ...stream,
      card: card.number,
      device: 1,
      substream: 5,
      direction: 'capture',
    });
    card.resetTimerSource();
    intruder.start();
    const error = thrownBy(() => loop.write(new Uint8Array(loop.periodBytes)));
    expect(error).toMatchObject({ code: 'ERR_NOT_STARTED' });
    expect(String(error)).toContain(`Now running on it: ${card.id}.`);
    await sleep(50); // several tries: nothing tells of one that failed
    expect(loop.stats().insertedFrames).toBe(before);
    intruder.drop();
    using capture = loop.openCapture({ periods: 100 });
    expect(isSilent(await readUntil(capture, (bytes) => bytes >= 3 * loop.periodBytes))).toBe(true);
    expect(loop.stats()).toMatchObject({ periods: 0, xruns: 0 });
  });

  it('keeps a listener that came first, and reads blocking, until frames come', async () => {
    using loop = open();
    const recorded: Buffer[] = [];
    const recording = record(loop, ['--samples=48000'], recorded);
    const started = once(loop, 'listener', { signal: AbortSignal.timeout(30_000) });
    expect(await started).toMatchObject([{ type: 'start' }]);
    const early = loop.stats().insertedFrames;
    // Longer than a blocking read waits for a cable that does not move.
    while (loop.stats().insertedFrames < early + 20 * 480) await sleep(10);
    const sent = noise(10 * loop.periodBytes);
    await loop.send(sent);
    expect(await recording).toBe('');
    const heard = Buffer.concat(recorded);
    const at = heard.indexOf(sent);
    expect(at % loop.periodBytes).toBe(0);
    expect(isSilent(heard.subarray(0, at))).toBe(true);
    expect(isSilent(heard.subarray(at + sent.length))).toBe(true);
  });

  it('is not mixed into what waits for a listener that is slow', async () => {
    const { loop: open, before } = openUnstarted({ graceMs: 40 });
    using loop = open;
    using capture = loop.openCapture({ periods: 4 });
    const sent = noise(12 * loop.periodBytes);
    const sending = loop.send(sent).then(() => loop.flush());
    const received: Buffer[] = [];
    for (let bytes = 0; bytes < sent.length; ) {
      await sleep(120); // several periods with a full buffer, and the grace
      const read = capture.read();
      received.push(read);
      bytes += read.length;
    }
    await sending;
    expect(difference(sent, Buffer.concat(received))).toBeUndefined();
    expect(loop.stats()).toMatchObject({ periods: 12, insertedFrames: before, listener: true });
  });
});
