import { expect, it } from 'vitest';
import { Bridge } from '../../lib/bridge/index.js';
import { Pcm, TimerInstance, UserTimer } from '../../lib/index.js';
import { ClockedCapture, ClockedLoopback, LoopbackCapture, LoopbackCard } from '../../lib/loopback/index.js';
import { RtpReceiver, RtpSender } from '../../lib/rtp/index.js';

it.each([
  [Bridge, 'Bridge.open()'],
  [Pcm, 'Pcm.open()'],
  [TimerInstance, 'TimerInstance.open()'],
  [UserTimer, 'UserTimer.create()'],
  [ClockedLoopback, 'ClockedLoopback.open()'],
  [ClockedCapture, 'ClockedCapture.open()'],
  [LoopbackCapture, 'LoopbackCapture.open()'],
  [LoopbackCard, 'LoopbackCard.find()'],
  [RtpReceiver, 'RtpReceiver.open()'],
  [RtpSender, 'RtpSender.open()'],
])('%o says what to call in the place of its constructor', (made, instead) => {
  const Constructor = made as unknown as new (...values: unknown[]) => unknown;
  for (const values of [[], [{ rate: 48_000, periodFrames: 480 }]]) {
    let thrown: unknown;
    try {
      new Constructor(...values);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    expect(thrown).toMatchObject({
      code: 'ERR_ILLEGAL_CONSTRUCTOR',
      message: expect.stringContaining(instead),
    });
  }
});
