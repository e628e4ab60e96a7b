// What becomes of cables whose timer goes.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { timerInfo, userTimerId } from '../../../lib/index.js';
import { CABLE, followKernelLog, STREAM, useCard } from './cable.js';
import { startProgram, useTimers } from './raw.js';

const create = useTimers();
const cables = useCard();

/** A cable that has moved a period and has one queued, and whose timer is gone. */
const ORPHAN = `
  ${CABLE}
  pass p t c 1 => 1 periods
  write p 480
  close t`;

describe('When the timer is closed', () => {
  it('D01 both sides run on, and stand still', () =>
    cables.converse(`
      ${ORPHAN}
      state c => running
      state p => running
      position c => 480
      position p => 480
      poll c 200 => idle
      position c => 480
      position p => 480`));

  it('D02 a read that waits is EIO when its time is over', () =>
    cables.converse(`
      create t
      source t
      capture c waits=1
      ready c
      start c
      trigger t
      close t
      read c 480 => silent:480
      clock
      read c 480 => EIO
      elapsed 89
      state c => running`));

  it('D03 a new timer with its id moves nothing', () =>
    cables.converse(`
      ${ORPHAN}
      create u
      trigger u 3
      position c => 480
      position p => 480
      clients u => 0`));

  it('D04 a side that is opened again does not start', () =>
    cables.converse(`
      ${ORPHAN}
      create u
      close c
      capture c
      ready c
      start c => EINVAL
      state c => prepared`));

  it('D05 both sides closed and opened again work with a new timer', () =>
    cables.converse(`
      ${ORPHAN}
      close c
      close p
      ${CABLE}
      pass p t c 10 => 10 periods`));

  it('D06 a new timer with its id has no clients', () =>
    cables.converse(`
      ${CABLE}
      clients t => 1
      close t
      create t
      clients t => 0`));

  it('D07 a drain that waits is EIO', () =>
    cables.converse(`
      create t
      source t
      playback p waits=1
      ready p
      write p 960
      start p
      trigger t
      close t
      drain p => EIO
      state p => setup`));

  it('D09 after the sides, the kernel logs nothing about it', async () => {
    using log = followKernelLog();
    await cables.converse(`
      ${CABLE}
      pass p t c 10 => 10 periods
      drop p
      drop c
      close p
      close c
      close t`);
    expect(log.read()).toEqual([]);
    // Before them it does.
    await cables.converse(`
      ${ORPHAN}
      drop p
      drop c`);
    expect(log.read().join('')).toMatch(/snd_timer_stop\(-1,4,\d+\) failed with -22/);
  });
});

describe('When the owner is killed', () => {
  it('D08 while it triggers a thousand times a second, its id is free and the sides stand still', async () => {
    using log = followKernelLog();
    const owner = await startProgram('own');
    const ended = once(owner, 'close');
    try {
      const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
      const id = Number(line);
      cables.card.setTimerSource(`-1.4.${id}`);
      // As many as the card takes: a second of triggers, within which a busy machine notices five of them and kills the owner.
      const periods = 1024;
      const capture = cables.capture({ periods });
      capture.start();
      const playback = cables.playback({ periods });
      playback.write(new Uint8Array(periods * STREAM.periodFrames * 4));
      playback.start();
      const deadline = Date.now() + 30_000;
      while (capture.avail() < 5 * STREAM.periodFrames && Date.now() < deadline) {
        await new Promise(setImmediate);
      }
      owner.kill('SIGKILL');
      await ended;
      const moved = capture.avail();
      expect(moved).toBeGreaterThanOrEqual(5 * STREAM.periodFrames);
      expect([capture.state(), playback.state()]).toEqual(['running', 'running']);
      expect(() => timerInfo(userTimerId(id))).toThrow(expect.objectContaining({ code: 'ENODEV' }));
      expect(create().id).toBe(id);
      expect(capture.avail()).toBe(moved);
    } finally {
      owner.kill('SIGKILL');
      await ended;
    }
    expect(log.faults()).toEqual([]);
  });
});
