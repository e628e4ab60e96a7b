// Which resolution a cable demands of its timer, and what keeps it from starting.
import { describe, expect, it } from 'vitest';
import { periodResolution } from '../../../lib/index.js';
import { CABLE, useCard } from './cable.js';
import { useTimers } from './raw.js';

const create = useTimers();
const cables = useCard();

/** Rate, frames a period, and what a cable of these demands: the period in nanoseconds, rounded down. */
const EXACT = [
  ['R01', 8_000, 4_410, 551_250_000],
  ['R02', 44_100, 441, 10_000_000],
  ['R03', 44_100, 1_024, 23_219_954],
  ['R04', 48_000, 48, 1_000_000],
  ['R05', 48_000, 64, 1_333_333],
  ['R06', 48_000, 480, 10_000_000],
  ['R07', 48_000, 1_024, 21_333_333],
  ['R08', 96_000, 96, 1_000_000],
  ['R09', 192_000, 192, 1_000_000],
  ['R10', 22_050, 512, 23_219_954],
  ['R11', 11_025, 256, 23_219_954],
  ['R12', 176_400, 1_764, 10_000_000],
] as const;

/** The same with what the kernel's documentation computes, 10^9 / rate * period: all but R01, where both agree. */
const DOCUMENTED = EXACT.slice(1).map(([, rate, period, exact], index) => {
  const documented = Math.floor(1e9 / rate) * period;
  return [`R${13 + index}`, rate, period, documented, documented - exact] as const;
});

/** A cable whose both sides run, with a period queued. */
const running = (rate: number, period: number, resolution: number) => `
  create t ${resolution}
  source t
  capture c
  ready c rate=${rate} period=${period}
  start c
  playback p
  ready p rate=${rate} period=${period}`;

describe('The resolution of the timer', () => {
  it.each(EXACT)('%s %i Hz in periods of %i frames: %i ns', async (_id, rate, period, resolution) => {
    expect(periodResolution(rate, period)).toBe(BigInt(resolution));
    await cables.converse(`
      ${running(rate, period, resolution)}
      pass p t c 10 => 10 periods
      state p => running
      state c => running`);
  });

  it.each(DOCUMENTED)(
    '%s %i Hz in periods of %i frames: %i ns, as documented, are %i ns off',
    (_id, rate, period, resolution) =>
      cables.converse(`
        ${running(rate, period, resolution)}
        write p ${period}
        start p
        trigger t
        state p => xrun
        state c => xrun
        read c ${period} => EPIPE`),
  );

  it('R24 must be exact to the nanosecond', async () => {
    for (const resolution of [23_219_953, 23_219_955]) {
      await cables.converse(`
        ${running(44_100, 1_024, resolution)}
        write p 1024
        start p
        trigger t
        state p => xrun
        state c => xrun`);
    }
  });

  it('R25 is known before the start from the timer of the substream', () => {
    create();
    for (const [, rate, periodFrames, resolution] of EXACT) {
      using capture = cables.capture({ rate, periodFrames });
      expect(capture.timerResolution()).toBe(BigInt(resolution));
    }
  });

  it('R26 is not looked at before the first trigger', () =>
    cables.converse(`
      ${running(48_000, 480, 9_999_840)}
      write p 480
      start p
      state p => running
      state c => running
      position c => 0`));

  it('R27 must be 100 us at the start', async () => {
    const rate = 192_000;
    for (const [period, answer] of [
      [19, 'EINVAL'],
      [20, 'ok'],
    ] as const) {
      await cables.converse(`
        create t ${periodResolution(rate, period)}
        source t
        capture c
        ready c rate=${rate} period=${period}
        start c => ${answer}`);
    }
  });
});

describe('While something else runs on its timer, a cable', () => {
  /** A listener that runs. */
  const LISTENER = `
    open l
    select l t
    params l
    start l`;

  it('R28 does not start, and START returns 1: a listener', () =>
    cables.converse(`
      create t
      source t
      ${LISTENER}
      capture c
      ready c
      start c => 1
      state c => prepared
      stop l
      start c
      state c => running`));

  it('R29 does not start, and START returns 1: a second cable', () =>
    cables.converse(`
      create t
      source t
      capture c
      ready c
      start c
      capture d device=0
      ready d
      start d => 1
      state d => prepared
      drop c
      start d
      state d => running`));

  it('R30 starts its second side', () =>
    cables.converse(`
      ${CABLE}
      ${LISTENER}
      write p 480
      start p
      trigger t
      read c 480 => 1-480`));

  it('R31 is not disturbed by a listener that comes later; that one misses a trigger', () =>
    cables.converse(`
      ${CABLE}
      write p 1440
      start p
      ${LISTENER}
      trigger t 3
      read l => 10000000:2
      read c 1440 => 1-1440`));

  it('R32 starts with linked sides, which the first trigger does not move', () =>
    cables.converse(`
      create t
      source t
      ${LISTENER}
      capture c
      ready c
      playback p
      ready p
      link c p
      write p 480
      start p
      state p => running
      state c => running
      trigger t
      avail c => 0
      trigger t
      read c 480 => 1-480`));

  it('R33 does not go on after a pause, and the release returns 1', () =>
    cables.converse(`
      create t
      source t
      capture c
      ready c
      start c
      pause c
      ${LISTENER}
      release c => 1
      state c => paused
      stop l
      release c
      state c => running`));

  it('R34 is not started by a write: frames are taken until the buffer is full', () =>
    cables.converse(`
      create t
      source t
      ${LISTENER}
      playback p
      hw p
      prepare p
      write p 480
      state p => prepared
      write p 1440
      state p => prepared
      write p 480 => EAGAIN`));
});
