/** What is paced: a userspace-driven timer of its own, or a cable of snd-aloop with one. */
import type { FollowingOptions, PacingOptions } from '../../clock/options.js';
import type { Pacer } from '../../clock/pacer.js';
import type { Pacing } from '../../clock/pacing.js';
import type { TickSource } from '../../clock/tick-source.js';
import { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import type { ClockedLoopbackOptions } from '../../loopback/options.js';
import { UserTimer } from '../../timer/user-timer.js';
import { listeningAdvice } from '../cable/listeners.js';
import { timerAdvice, timerFacts } from '../timer/made-timer.js';
import type { Stream } from './time-source.js';

type Schedule = Omit<PacingOptions, 'rate' | 'periodFrames'>;

export interface PaceTarget extends Disposable {
  /** What a program needs to know of it. */
  readonly facts: object;
  /** What to do with it now. */
  readonly advice: readonly string[];
  /** The cable, where it is one. */
  readonly loop?: ClockedLoopback;
  start(pacer: Pacer, options: Schedule): Pacing;
  follow(pacer: Pacer, source: TickSource, options: FollowingOptions): Pacing;
}

export function timerTarget(stream: Stream, timerId: number | undefined): PaceTarget {
  const timer = UserTimer.create({ ...stream, ...(timerId !== undefined && { id: timerId }) });
  return {
    facts: timerFacts(timer),
    advice: timerAdvice(timer),
    start: (pacer, options) => pacer.start(timer, { ...options, ...stream }),
    follow: (pacer, source, options) => pacer.follow(timer, source, options),
    [Symbol.dispose]: () => timer.close(),
  };
}

/** Without frames it is silent. */
export async function cableTarget(options: ClockedLoopbackOptions): Promise<PaceTarget> {
  const loop = await ClockedLoopback.open({ ...options, idle: 'silence' });
  const { listenerName, timerId, parameters } = loop;
  const { format, channels, access } = parameters;
  return {
    facts: { timer: timerId, listenerName, format, channels, access },
    advice: listeningAdvice(loop),
    loop,
    start: (pacer, given) => pacer.start(loop, given),
    follow: (pacer, source, given) => pacer.follow(loop, source, given),
    [Symbol.dispose]: () => loop.close(),
  };
}
