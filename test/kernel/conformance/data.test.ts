// What a cable does with frames: which arrive, when, and what happens to those that are late, missing or too many.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PCM_FORMATS, pcmTimerId, periodResolution, TimerInstance } from '../../../lib/index.js';
import { ClockedLoopback } from '../../../lib/loopback/index.js';
import { CABLE, followKernelLog, RESOLUTION, STREAM, useCard } from './cable.js';
import { raw, TRIGGERS_OVERLAP, useTimers } from './raw.js';

const create = useTimers();
const cables = useCard();

/** A cable with other parameters on either side. */
const cable = (writer: string, reader: string) => `
  create t ${RESOLUTION}
  source t
  capture c
  ready c ${reader}
  start c
  playback p
  ready p ${writer}`;

describe('Frames', () => {
  it.each(PCM_FORMATS)('F01 arrive bit by bit, a thousand periods each at once: %s', (format) => {
    for (const channels of [1, 2, 8, 32]) {
      const stream = { format, channels, periodFrames: 96 };
      using timer = create({ resolutionNs: periodResolution(STREAM.rate, stream.periodFrames) });
      cables.card.setTimerSource(timer);
      using reader = cables.capture(stream);
      reader.start();
      using writer = cables.playback(stream);
      const received = Buffer.alloc(stream.periodFrames * reader.frameBytes);
      // No two periods are the same part of it.
      const noise = randomBytes(received.length + 1_000);
      let wrong = 0;
      for (let period = 0; period < 1_000; period += 1) {
        const sent = noise.subarray(period, period + received.length);
        writer.write(sent);
        if (period === 0) writer.start();
        timer.trigger();
        const whole = reader.read(received) === stream.periodFrames && received.equals(sent);
        if (!whole || reader.avail() !== 0) wrong += 1;
      }
      expect([channels, wrong]).toEqual([channels, 0]);
    }
  });

  it('F02 are there when the trigger returns, a period each', () =>
    cables.converse(`
      ${CABLE}
      write p 1440
      start p
      avail c => 0
      trigger t
      avail c => 480
      trigger t
      avail c => 960
      trigger t
      avail c => 1440`));

  it('F03 arrive, but the playback ends in XRUN where the buffer may not run empty, as is the default', () =>
    cables.converse(`
      ${CABLE}
      sw p stop=buffer
      write p 480
      start p
      trigger t
      read c 480 => 1-480
      state p => xrun`));

  it('F04 arrive a period late and without loss by default, when one more is queued', () =>
    cables.converse(`
      ${CABLE}
      sw p stop=buffer
      write p 960
      start p
      trigger t
      write p 480
      read c 480 => 1-480
      trigger t
      write p 480
      read c 480 => 481-960
      trigger t
      read c 480 => 961-1440
      state p => running`));

  it('F05 one too few are XRUN', async () => {
    const observed = await cables.transcript(`
      ${CABLE}
      write p 479
      start p
      trigger t
      state p
      avail c
      read c 480`);
    expect(observed.slice(-3)).toEqual(['state p => xrun', 'avail c => 480', 'read c 480 => 1-479 silent:1']);
  });

  it('F06 none are XRUN and a period of old frames, or of silence where the buffer is silenced', async () => {
    const lap = (setting: string, received: string) =>
      cables.converse(`
        ${CABLE}
        ${setting}
        pass p t c 4 => 4 periods
        trigger t
        state p => xrun
        read c 480 => ${received}`);
    await lap('', '1-480');
    await lap('sw p silence_size=boundary', 'silent:480');
  });

  it('F07 are lost while the capture is not started', () =>
    cables.converse(`
      create t
      source t
      playback p
      ready p
      write p 1920
      start p
      trigger t
      capture c
      ready c
      trigger t 2
      start c
      trigger t
      read c 1920 => 1441-1920`));

  it('F08 are silence before the playback starts, a period a trigger', () =>
    cables.converse(`
      ${CABLE}
      trigger t 2
      write p 480
      start p
      trigger t
      read c 1920 => silent:960 1-480`));

  it('F09 too many are XRUN at the capture: when its buffer is full, or by a stop_threshold later', () =>
    cables.converse(`
      ${CABLE}
      sw c stop=buffer
      trigger t 3
      state c => running
      trigger t
      state c => xrun
      read c 480 => EPIPE
      prepare c
      sw c
      start c
      trigger t 4
      state c => running
      trigger t
      state c => xrun`));
});

describe('A trigger', () => {
  it('F10 moves a period, however fast or slow triggers come', async () => {
    for (const periods of [2, 3, 4]) {
      await cables.converse(`
        ${cable(`periods=${periods}`, `periods=${periods}`)}
        sw c stop=boundary
        trigger t 100
        position c => ${100 * STREAM.periodFrames}
        trigger t
        sleep 2000
        trigger t
        sleep 2000
        position c => ${102 * STREAM.periodFrames}`);
    }
  });

  it('F11 moves nothing that counts where the buffer is a single period', () =>
    cables.converse(`
      create t ${periodResolution(8_000, 4_410)}
      source t
      capture c
      ready c rate=8000 period=4410 periods=1
      sw c stop=boundary
      start c
      trigger t 10
      position c => 0`));

  it('F12 does not mind buffers of different lengths', () =>
    cables.converse(`
      ${cable('periods=2', 'periods=7')}
      pass p t c 100 => 100 periods`));

  it('F13 moves planes as well', () =>
    cables.converse(`
      ${cable('access=4 channels=8', 'access=4 channels=8')}
      pass p t c 100 => 100 periods`));

  it('F14 finds no capture of planes beside interleaved frames: that START is EIO', () =>
    cables.converse(`
      create t
      source t
      playback p
      ready p
      capture c
      ready c access=4
      start c => EIO
      state c => prepared`));

  it('F15 moves the pointers of mapped sides, too', () =>
    cables.converse(`
      ${cable('access=0', 'access=0')}
      pass p t c 100 => 100 periods
      mapped c => ${100 * STREAM.periodFrames}
      mapped p => ${100 * STREAM.periodFrames}
      trigger t
      mapped c => ${101 * STREAM.periodFrames}`));
});

describe('Without a trigger', () => {
  // The times are less by a jiffy of 10 ms and what rounding takes.
  it('F16 a read that waits is EIO after 100 ms, and may be tried again', () =>
    cables.converse(`
      create t
      source t
      capture c waits=1
      ready c periods=2
      start c
      clock
      read c 480 => EIO
      elapsed 89
      state c => running
      trigger t
      read c 480 => silent:480`));

  it('F17 a longer buffer makes it wait longer', () =>
    cables.converse(`
      create t ${periodResolution(STREAM.rate, 1_024)}
      source t
      capture c waits=1
      ready c period=1024 periods=8
      start c
      clock
      read c 1024 => EIO
      elapsed 176
      state c => running`));

  it('F18 poll waits on', () =>
    cables.converse(`
      ${CABLE}
      clock
      poll c 5000 => idle
      elapsed 5000
      state c => running`));

  it('F29 poll starts nothing, and triggers do nothing; a read starts the capture', () =>
    cables.converse(`
      create t
      source t
      capture c
      ready c
      sw c start=1
      poll c => idle
      trigger t 2
      poll c => idle
      state c => prepared
      position c => 0
      read c 480 => EAGAIN
      state c => running
      trigger t
      read c 480 => silent:480`));
});

describe('The end of a playback', () => {
  it('F19 drains by triggers, one for each period', () =>
    cables.converse(`
      ${CABLE}
      write p 1440
      start p
      drain p => EAGAIN
      state p => draining
      trigger t 2
      state p => draining
      trigger t
      state p => setup
      read c 1440 => 1-1440`));

  it('F20 does not drain without triggers: EIO', () =>
    cables.converse(`
      create t
      source t
      playback p waits=1
      ready p
      write p 1440
      start p
      drain p => EIO
      state p => setup`));

  it('F21 loses a begun period when it drains: silence is put over its head instead of its rest', async () => {
    const observed = await cables.transcript(`
      ${CABLE}
      pass p t c 4
      write p 180
      drain p
      trigger t
      state p
      read c 480`);
    const [read, state] = observed.toReversed();
    expect(state).toBe('state p => setup');
    // What was there a lap before is left at the end of it; without the fault it would be the rest that is silent.
    expect(['read c 480 => silent:300 301-480', 'read c 480 => 1921-2100 silent:300']).toContain(read);
  });

  it('F22 is whole when the last period is filled with silence and triggered', () =>
    cables.converse(`
      ${CABLE}
      write p 660
      pad p 300
      start p
      trigger t 2
      drop p
      read c 1920 => 1-660 silent:300`));
});

describe('A side', () => {
  it('F23 that is paused and plays sends silence, and its frames afterwards', () =>
    cables.converse(`
      ${CABLE}
      write p 480
      start p
      pause p
      trigger t 2
      release p
      trigger t
      read c 1920 => silent:960 1-480`));

  it('F24 that is paused and captures misses what is played meanwhile', () =>
    cables.converse(`
      ${CABLE}
      write p 1920
      start p
      trigger t
      pause c
      trigger t 2
      release c
      trigger t
      read c 1920 => 1-480 1441-1920`));

  it('F25 in XRUN starts again beside one that runs', () =>
    cables.converse(`
      ${CABLE}
      write p 479
      start p
      trigger t
      state p => xrun
      write p 480 => EPIPE
      read c 480 => 1-479 silent:1
      prepare p
      pass p t c 3 => 3 periods
      state c => running`));

  it('F26 that drains its capture cannot be read', () =>
    cables.converse(`
      ${CABLE}
      trigger t
      avail c => 480
      drain c => EAGAIN
      state c => draining
      read c 480 => EBADFD`));

  it('F27 takes no avail_min of 0, and no silence above its threshold or that above the buffer', () =>
    cables.converse(`
      ${CABLE}
      sw p avail_min=0 => EINVAL
      sw p silence_size=480 silence_threshold=479 => EINVAL
      sw p silence_size=480 silence_threshold=1921 => EINVAL
      sw p silence_size=480 silence_threshold=480
      sw p silence_size=480 silence_threshold=1920`));

  it('F28 that plays does not start empty', () =>
    cables.converse(`
      ${CABLE}
      start p => EPIPE
      state p => prepared`));
});

describe('Several threads', () => {
  /** A capture that goes on unread, so that its position tells how many periods were moved. */
  const COUNTER = `
    create t
    source t
    capture c
    ready c periods=64
    sw c stop=boundary
    start c`;

  it('F30 that trigger at once move at most a period each, and then a trigger moves one as ever', async ({
    skip,
  }) => {
    const { deferred } = await raw('defers');
    skip(deferred === 0, TRIGGERS_OVERLAP);
    const observed = await cables.transcript(`
      ${COUNTER}
      storm t 10000
      position c
      trigger t
      position c`);
    const [before = 0, after = 0] = observed
      .filter((line) => line.startsWith('position'))
      .map((line) => Number(line.split(' => ')[1]) / STREAM.periodFrames);
    expect(Number.isInteger(before)).toBe(true);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThanOrEqual(20_000);
    expect(after).toBe(before + 1);
  });

  it('F31 that trigger in turn move a period each', () =>
    cables.converse(`
      ${COUNTER}
      storm t 10000 in-turn
      position c => ${20_000 * STREAM.periodFrames}`));

  it('F31 of the library, a thread that fills gaps and one that writes, move a period each', async () => {
    const { card } = cables;
    using loop = ClockedLoopback.openSync({
      ...STREAM,
      card,
      periodFrames: 96,
      idle: 'silence',
      graceMs: 0,
    });
    using capture = cables.capture({ periodFrames: 96, periods: 1_000 });
    capture.start();
    using observer = TimerInstance.open(pcmTimerId(card.number, 1, 0, 'capture'));
    observer.start();
    const period = randomBytes(loop.periodBytes);
    const received = Buffer.alloc(1_000 * loop.periodBytes);
    let frames = 0;
    let ticks = 0;
    const take = () => {
      for (const event of observer.read()) if (event.type === 'tick') ticks += event.count;
      if (capture.avail() > 0) frames += capture.read(received);
    };
    // Taken while neither thread moved anything.
    const snapshot = () => {
      for (;;) {
        const { frames: written, insertedFrames } = loop.stats();
        take();
        const after = loop.stats();
        if (after.frames === written && after.insertedFrames === insertedFrames) {
          return { moved: written + insertedFrames, frames, ticks };
        }
      }
    };
    // The thread has moved silence before anybody could hear it.
    const before = snapshot();
    const writes = 2_000;
    for (let i = 0; i < writes; i += 1) {
      loop.write(period);
      take();
      // Until the other thread has had its turn.
      const { insertedFrames } = loop.stats();
      while (i % 100 === 0 && loop.stats().insertedFrames === insertedFrames) {
        await new Promise(setImmediate);
        take();
      }
    }
    const after = snapshot();
    const moved = after.moved - before.moved;
    expect([after.frames - before.frames, after.ticks - before.ticks]).toEqual([moved, moved / 96]);
    expect(loop.stats().periods).toBe(writes);
    expect(loop.stats().insertedFrames).toBeGreaterThanOrEqual((96 * writes) / 100);
  });

  // Older kernels, which do not keep START and PREPARE apart, were seen to answer the same.
  it('F33 may start and prepare a side at once: START works, or says EBADFD', async () => {
    using log = followKernelLog();
    const observed = await cables.transcript(`
      create t
      source t
      capture c
      ready c
      race c
      drop c
      prepare c
      start c
      trigger t
      avail c`);
    const answers = observed[5]?.split(' => ')[1]?.split(' ').toSorted();
    expect(answers).toEqual(['EBADFD', 'ok']);
    expect(observed.slice(6)).toEqual([
      'drop c => ok',
      'prepare c => ok',
      'start c => ok',
      'trigger t => ok',
      'avail c => 480',
    ]);
    expect(log.faults()).toEqual([]);
  });
});

describe('The timer of a substream', () => {
  it('F32 tells of its start, periods and stop, and keeps nobody from starting', () =>
    cables.converse(`
      create t
      source t
      capture c
      ready c
      open l
      tread64 l
      select l c
      params l filter=${(1 << 12) | (1 << 13) | (1 << 1)}
      start l
      start c
      read l => 12:${RESOLUTION}
      trigger t
      read l => 1:1
      trigger t
      read l => 1:1
      drop c
      read l => 13:0`));
});
