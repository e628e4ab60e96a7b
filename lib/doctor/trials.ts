/** The things themselves, tried: a timer that ticks, and frames through a cable. Both leave the machine as it was. */
import { randomBytes } from 'node:crypto';
import type { LoopbackCard } from '../loopback/card.js';
import { ClockedLoopback } from '../loopback/clocked-loopback.js';
import { TimerInstance } from '../timer/timer-instance.js';
import { UserTimer } from '../timer/user-timer.js';

const TICKS = 10;

/** @throws what UserTimer.create, TimerInstance.open and their methods throw */
export async function tryTimer(): Promise<string> {
  using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
  using instance = TimerInstance.open(timer);
  instance.start();
  let heard = 0;
  for (let ticked = 1; ticked <= TICKS; ticked += 1) {
    timer.trigger();
    for (const event of instance.read()) if (event.type === 'tick') heard += event.count;
  }
  if (heard !== TICKS)
    throw new Error(`timer ${timer.id} ticked ${TICKS} times, and ${heard} ticks were heard`);
  return `timer ${timer.id} ticked ${TICKS} times, and each tick was heard`;
}

const STREAM = { rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 } as const;
const PERIODS = 20;

/** @throws what ClockedLoopback.open and its methods throw */
export async function tryCable(card: Pick<LoopbackCard, 'number'>): Promise<string> {
  await using loop = await ClockedLoopback.open({ ...STREAM, card: card.number, substream: 'free' });
  using capture = loop.openCapture({ periods: PERIODS + 1 });
  const sent = randomBytes(PERIODS * loop.periodBytes);
  loop.write(sent);
  const heard = capture.read();
  const frames = PERIODS * STREAM.periodFrames;
  if (!sent.equals(heard))
    throw new Error(`${frames} frames were sent into ${loop.listenerName}, and others came out`);
  return `${frames} frames were sent, and the same came out of ${loop.listenerName}`;
}
