// Cables that a pacer moves out of players: what they play is read at the clock's pace, up to their last frame.
import { on, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Follower, Pacer } from '../../../lib/clock/index.js';
import { TimerInstance, UserTimer } from '../../../lib/index.js';
import {
  ClockedCapture,
  type ClockedCaptureOptions,
  type LoopbackCard,
  type OverrunEvent,
  type PlayerMismatch,
} from '../../../lib/loopback/index.js';
import { runChild } from '../../support/child.js';
import { until } from '../interop/support.js';
import { aplay, PATIENT, Player, padded, playerIs, record, wavFile } from '../loopback/players.js';
import { difference, distLoopback, noise, withCode } from '../loopback/support.js';
import { withCard, withFolder } from '../setup.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withFolder('paced-capture', (made) => {
  folder = made;
});
afterEach(() => Player.endAll());

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
const open = (options: Partial<ClockedCaptureOptions> = {}) =>
  ClockedCapture.openSync({ card, ...stream, ...options });
const file = (frames: number, name?: string) => wavFile(folder, frames, {}, name);

/** Without the silence before and behind it, which is whole periods of the capture. */
function spoken(heard: Buffer, capture: ClockedCapture): Buffer {
  const isSilent = (at: number) => heard.subarray(at, at + capture.periodBytes).every((byte) => byte === 0);
  let from = 0;
  while (from < heard.length && isSilent(from)) from += capture.periodBytes;
  let to = heard.length;
  while (to > from && isSilent(to - capture.periodBytes)) to -= capture.periodBytes;
  return heard.subarray(from, to);
}

describe('What aplay plays, by a pacer', () => {
  it.each(['stall', 'silence'] as const)('is whole, several times (idle %s)', async (idle) => {
    using capture = open({ idle });
    using pacer = Pacer.open({ priority: 20 });
    // With silence it moves on whether this program reads or not: as long as a busy machine may keep it from that.
    using pacing = pacer.start(capture, { aheadMs: 20_000 });
    for (let round = 0; round < 3; round += 1) {
      const { path, data } = file(20_000 + 97 * round);
      // It has all of it queued before it starts, so that however busy the machine is, it is not underrun.
      const player = aplay(capture.playerName, path, PATIENT);
      const heard = await record(capture);
      expect(difference(padded(data), idle === 'stall' ? heard : spoken(heard, capture))).toBeUndefined();
      expect(await player.exit).toMatchObject({ code: 0, stderr: '' });
    }
    expect(pacing.stats().missed).toBe(0n);
    const { silentPeriods, ...stats } = capture.stats();
    // Silence is lost where nobody reads it, between two files.
    const lostPeriods = idle === 'stall' ? 0 : expect.any(Number);
    expect(stats).toMatchObject({ underruns: 0, xruns: 0, lostPeriods });
    expect(silentPeriods > 0).toBe(idle === 'silence');
    expect(pacing.stats().ticks).toBeGreaterThanOrEqual(BigInt(stats.periods));
  });

  it('is whole where the player was there first', async () => {
    using timer = UserTimer.create({ ...stream, id: 79 });
    card.setTimerSource(timer);
    const { path, data } = file(24_000);
    aplay(`hw:${card.number},0,0`, path, '--period-size=480', PATIENT);
    try {
      await playerIs(card, 'draining');
    } finally {
      card.resetTimerSource();
    }
    using capture = open({ timer, idle: 'stall' });
    using pacer = Pacer.open();
    using pacing = pacer.start(capture);
    expect(() => timer.trigger()).toThrow(withCode('ERR_TIMER_IN_USE'));
    expect(difference(padded(data), await record(capture))).toBeUndefined();
    expect(pacing.stats().missed).toBe(0n);
  });

  it('waits while the event loop is busy, and while it is stopped the oldest is lost', async () => {
    using capture = open({ idle: 'stall' });
    // Longer than any machine stops for.
    const { path, data } = file(400_000);
    aplay(capture.playerName, path, PATIENT);
    await playerIs(card, 'draining');
    using pacer = Pacer.open();
    const pacing = pacer.start(capture);
    while (pacing.stats().ticks < 30n);
    const first = capture.read(30);
    expect(difference(data.subarray(0, first.length), first)).toBeUndefined();
    expect(first.length).toBe(30 * capture.periodBytes);
    pacing.close();
    // What had moved can be read.
    const before = capture.stats().periods;
    const rest = capture.read(before - 30 + 1);
    expect(rest.length).toBe((before - 30 + 1) * capture.periodBytes);
    expect(difference(data.subarray(first.length, first.length + rest.length), rest)).toBeUndefined();

    const from = before + 1;
    const small = pacer.start(capture, { aheadMs: 50 });
    while (small.stats().ticks < 20n);
    small.close();
    const overrun = once(capture, 'overrun') as Promise<[OverrunEvent]>;
    const { periods, lostPeriods } = capture.stats();
    expect(lostPeriods).toBe(periods - from - 5);
    const heard = capture.read(5);
    expect((await overrun)[0]).toEqual({ periods: lostPeriods });
    const at = (periods - 5) * capture.periodBytes;
    expect(difference(data.subarray(at, at + heard.length), heard)).toBeUndefined();
    expect(capture.stats()).toMatchObject({ lostPeriods, underruns: 0, xruns: 0 });
    // The reader is the clock again.
    const last = await record(capture);
    expect(difference(padded(data).subarray(at + heard.length), last)).toBeUndefined();
  });

  it('moves as often as another timer ticks, and as a program counts', async () => {
    using capture = open();
    using master = UserTimer.create(stream);
    using source = TimerInstance.open(master);
    source.start();
    using pacer = Pacer.open();
    const pacing = pacer.follow(capture, source);
    const { path, data } = file(4_800);
    aplay(capture.playerName, path, PATIENT);
    await playerIs(card, 'draining');
    for (let i = 0; i < 4; i += 1) master.trigger();
    while (pacing.stats().ticks < 4n) await once(pacing, 'tick');
    pacing.close();
    using follower = Follower.open(capture);
    expect(follower.advance(5_000)).toBe(10);
    const heard = capture.read(20);
    expect(heard.length).toBe(14 * capture.periodBytes);
    expect(difference(Buffer.concat([data, Buffer.alloc(4 * capture.periodBytes)]), heard)).toBeUndefined();
    expect(capture.read(1).length).toBe(0);
    expect(() => pacer.start(capture)).toThrow(withCode('ERR_TIMER_IN_USE'));
  });
});

describe('A paced cable', () => {
  /** A player with an access of its own: one file for each channel. */
  function apart(capture: ClockedCapture): Player {
    const paths = [0, 1].map((channel) => {
      const path = join(folder, `${channel}.raw`);
      writeFileSync(path, noise(2 * 48_000));
      return path;
    });
    const shape = ['-t', 'raw', '-f', 'S16_LE', '-r', '48000', '-c', '2'];
    return new Player('aplay', '-q', '-I', '-D', capture.playerName, ...shape, ...paths);
  }

  it.each(['stall', 'silence'] as const)('outlives a player of another access (idle %s)', async (idle) => {
    using capture = open({ idle });
    using pacer = Pacer.open();
    using pacing = pacer.start(capture);
    const told = on(capture, 'mismatch') as AsyncIterableIterator<[PlayerMismatch]>;
    const stranger = apart(capture);
    const [mismatch] = (await told.next()).value as [PlayerMismatch];
    expect(mismatch).toMatchObject({
      name: capture.playerName,
      holder: { command: 'aplay', pid: stranger.process.pid },
      differs: ['access'],
      access: 'noninterleaved',
      message: `aplay (process ${stranger.process.pid}) plays into ${capture.playerName} and cannot be captured: it has access noninterleaved, not interleaved`,
    });
    // Nothing takes what it plays.
    expect(await stranger.exit).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Input/output error'),
    });
    expect(pacing.closed).toBe(false);
    const gathered = capture.read(100_000);
    expect(spoken(gathered, capture).length).toBe(0);
    expect(gathered.length > 0).toBe(idle === 'silence');
    const { path, data } = file(9_600);
    aplay(capture.playerName, path, PATIENT);
    const heard = await record(capture);
    expect(difference(data, idle === 'stall' ? heard : spoken(heard, capture))).toBeUndefined();
    await told.return?.();
  });

  it('warns of such a player where nobody handles that', async () => {
    using capture = open();
    const warnings = on(process, 'warning') as AsyncIterableIterator<[Error & { readonly code?: string }]>;
    const iteration = capture.frames();
    const first = iteration.next();
    using pacer = Pacer.open();
    using _pacing = pacer.start(capture);
    await first;
    apart(capture);
    for await (const [warning] of warnings) {
      if (warning.code !== 'ALSA_UTIMER_PLAYER_MISMATCH') continue;
      expect(warning).toMatchObject({
        name: 'AlsaLoopbackWarning',
        detail: "Open the cable with access: 'noninterleaved' for it.",
      });
      break;
    }
    await iteration.return(undefined);
  });

  it('ends with its capture, its iterations and its player with it', async () => {
    const capture = open();
    using pacer = Pacer.open();
    const pacing = pacer.start(capture);
    const { path } = file(480_000);
    const player = aplay(capture.playerName, path, '--buffer-size=96000');
    const iteration = capture.frames();
    while (((await iteration.next()).value as Buffer).every((byte) => byte === 0));
    capture.close();
    expect(pacing.closed).toBe(true);
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
    expect(() => pacer.start(capture)).toThrow(withCode('ERR_CLOSED'));
    expect(await player.exit).toMatchObject({ code: 1 });
    await until('nobody has the cable', () => card.cable(0, 0).playback === undefined);
    expect(card.cable(0, 0)).toMatchObject({ playback: undefined, capture: undefined });
  });

  it('goes with its worker', async () => {
    const result = await runChild(`
      const worker = startWorker(\`
        const { ClockedCapture } = await import(${distLoopback});
        const { Pacer } = await import('file://' + process.cwd() + '/dist/clock/index.js');
        const capture = ClockedCapture.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
        const pacer = Pacer.open();
        const pacing = pacer.start(capture);
        for await (const bytes of capture) parentPort.postMessage(bytes.length);\`);
      const [length] = await once(worker, 'message');
      console.log(length >= 1920, await worker.terminate());
      console.log(Object.keys(descriptors()).filter((name) => /utimer|pcm/.test(name)).length);`);
    expect(result).toEqual({ code: 0, signal: null, stderr: '', stdout: 'true 1\n0\n' });
  });
});
