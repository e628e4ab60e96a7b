/** What a command tells of a userspace-driven timer that it has made. */
import type { UserTimer } from '../../timer/user-timer.js';

/** Members of an object of JSON. */
export function timerFacts({ id, timerSource, resolutionNs }: UserTimer): object {
  return { timer: id, timerSource, resolutionNs };
}

/** Lines that say what to do with it. */
export function timerAdvice({ id }: UserTimer): readonly string[] {
  return [`timer ${id}; to let it clock a cable that is opened after that:`, `  utimer loopback point ${id}`];
}
