// ClockedCapture: what other programs play, at the pace of whoever reads it, up to their last frame.
import { on } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Pcm, UserTimer } from '../../../lib/index.js';
import {
  ClockedCapture,
  type ClockedCaptureOptions,
  type LoopbackCard,
  type WriterState,
} from '../../../lib/loopback/index.js';
import { runChild } from '../../support/child.js';
import { withCard, withFolder } from '../setup.js';
import { aplay, PATIENT, Player, padded, playerIs, record, type WavFormat, wavFile } from './players.js';
import { difference, distLoopback, noise, thrownBy, withCode } from './support.js';

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withFolder('clocked-capture', (made) => {
  folder = made;
});
afterEach(() => Player.endAll());

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
const open = (options: Partial<ClockedCaptureOptions> = {}) =>
  ClockedCapture.openSync({ card, ...stream, ...options });

const file = (frames: number | Buffer, format?: WavFormat, name?: string) =>
  wavFile(folder, frames, format, name);

describe('What aplay plays', () => {
  it('is recorded to its last frame, again and again, and without an underrun', async () => {
    using capture = open();
    for (let round = 0; round < 5; round += 1) {
      const { path, data } = file(30_000 + 97 * round);
      // With the buffer that aplay takes, and with the smallest that there is.
      const player = aplay(capture.playerName, path, ...(round % 2 ? ['--buffer-size=960'] : []));
      expect(difference(padded(data), await record(capture))).toBeUndefined();
      expect(await player.exit).toMatchObject({ code: 0, stderr: '' });
    }
    expect(capture.stats()).toMatchObject({
      silentPeriods: 0,
      underruns: 0,
      xruns: 0,
      lostPeriods: 0,
      player: false,
    });
  });

  it('comes as a stream, of several files in a row', async () => {
    using capture = open({ access: 'interleaved', substream: 'free' });
    const { path, data } = file(4_800);
    for (let round = 0; round < 2; round += 1) {
      aplay(capture.playerName, path);
      const recorded = await capture.readable({ until: 'stop', highWaterMark: 1 }).toArray();
      expect(difference(data, Buffer.concat(recorded))).toBeUndefined();
    }
  });

  it.each([
    ['S32_LE', 32, 1, 44_100, 441],
    ['S16_LE', 16, 2, 48_000, 48],
  ] as const)(
    'in %s (%i bits), %i channels, %i Hz, periods of %i frames',
    async (format, bits, channels, rate, periodFrames) => {
      using capture = open({ format, channels, rate, periodFrames });
      const { path, data } = file(noise(60 * capture.periodBytes), { bits, channels, rate });
      aplay(capture.playerName, path);
      expect(difference(data, await record(capture))).toBeUndefined();
    },
  );

  it('comes where the player was there first, on a timer that was there before both', async () => {
    using timer = UserTimer.create({ ...stream, id: 79 });
    card.setTimerSource(timer);
    const { path, data } = file(48_000);
    aplay(`hw:${card.number},0,0`, path, '--period-size=480', PATIENT);
    try {
      await playerIs(card, 'draining');
      card.resetTimerSource();
      using capture = open({ timer });
      expect(capture.timerId).toBe(79);
      expect(() => timer.trigger()).toThrow(withCode('ERR_TIMER_IN_USE'));
      expect(difference(data, await record(capture))).toBeUndefined();
    } finally {
      card.resetTimerSource();
    }
    expect(timer.closed).toBe(false);
  });
});

describe('A read', () => {
  it('moves so many periods, of silence while nobody plays, of the player, and silence behind its last frame', async () => {
    using capture = open();
    expect(capture.read(3)).toEqual(Buffer.alloc(3 * capture.periodBytes));
    expect(capture.stats()).toMatchObject({ periods: 3, frames: 1_440, silentPeriods: 3, player: false });
    const { path, data } = file(4_800);
    const told = on(capture, 'player') as AsyncIterator<[WriterState]>;
    const next = async () => (await told.next()).value[0];
    const player = aplay(capture.playerName, path, PATIENT);
    expect(await next()).toMatchObject({ active: true, rate: 48_000, holder: { command: 'aplay' } });
    await playerIs(card, 'draining');
    const heard = capture.read(12);
    expect(difference(Buffer.concat([data, Buffer.alloc(2 * capture.periodBytes)]), heard)).toBeUndefined();
    expect(await next()).toMatchObject({ active: false });
    await told.return?.();
    expect(capture.stats()).toMatchObject({ periods: 15, silentPeriods: 5, underruns: 0 });
    expect(await player.exit).toMatchObject({ code: 0 });
  });
});

describe('A cable', () => {
  const play = () =>
    Pcm.open({ ...stream, card: card.number, device: 0, substream: 0, direction: 'playback' });
  const ownName = readFileSync('/proc/self/comm', 'utf8').trim();
  const named = expect.stringContaining(
    `playback hw:0,0,0 is held by ${ownName} (process ${process.pid}): S16_LE, 48000 Hz`,
  );

  it('of a player that came first on another clock is refused, with its name', () => {
    using _player = play();
    expect(thrownBy(() => open())).toMatchObject({ code: 'ERR_CABLE_CLOCK', hint: named });
    // And not taken where another is free.
    using capture = open({ substream: 'free' });
    expect(capture.substream).toBe(1);
    expect(card.timerSource()).toBe('');
  });

  it('of a player that came first with other parameters is refused, with its name', () => {
    using timer = UserTimer.create(stream);
    card.setTimerSource(timer);
    using _player = play();
    card.resetTimerSource();
    for (const other of [{ channels: 1 }, { access: 'noninterleaved' }] as const) {
      expect(thrownBy(() => open({ timer, ...other }))).toMatchObject({
        code: 'ERR_PCM_PARAMETER',
        hint: named,
      });
    }
    open({ timer }).close();
  });

  it('carries nothing of another, and both are read in any order', async () => {
    using one = open();
    using other = open({ device: 0 });
    const [first, second] = [file(9_600, {}, 'one.wav'), file(9_600, {}, 'other.wav')];
    aplay(one.playerName, first.path);
    aplay(other.playerName, second.path);
    const [heardOne, heardOther] = await Promise.all([record(one), record(other)]);
    expect(difference(first.data, heardOne)).toBeUndefined();
    expect(difference(second.data, heardOther)).toBeUndefined();
  });

  it('is gone without a trace when it is closed, and its player fails', async () => {
    const capture = open();
    const { path } = file(480_000);
    const iteration = capture.frames();
    const first = iteration.next();
    const player = aplay(capture.playerName, path, '--buffer-size=96000');
    expect(await first).toMatchObject({ done: false });
    capture.close();
    capture.close();
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
    expect(capture.closed).toBe(true);
    expect(() => capture.read()).toThrow(withCode('ERR_CLOSED'));
    expect(capture.stats()).toMatchObject({ player: false });
    const { code, stderr } = await player.exit;
    expect(stderr).toContain('write error: Input/output error');
    expect(code).toBe(1);
    expect(card.cable(0, 0)).toMatchObject({ playback: undefined, capture: undefined });
  });
});

describe('A worker', () => {
  it('may be terminated while it reads', async () => {
    const result = await runChild(`
      const worker = startWorker(\`
        const { ClockedCapture } = await import(${distLoopback});
        const capture = ClockedCapture.openSync({ card: ${card.number}, ...${JSON.stringify(stream)} });
        capture.on('player', () => {});
        parentPort.postMessage(capture.read(2).length);
        for (;;) capture.read(100);\`);
      const [length] = await once(worker, 'message');
      console.log(length, await worker.terminate());
      console.log(Object.keys(descriptors()).filter((name) => /utimer|pcm/.test(name)).length);`);
    expect(result).toEqual({ code: 0, signal: null, stderr: '', stdout: '3840 1\n0\n' });
  });
});
