/** What a TimerInstance emits, and how it is iterated over. */
import { checkOptions, checkSignal } from '../arguments.js';
import type { TimerEvent } from './events.js';

/**
 * The handlers of an instance. What one throws is an uncaught exception. It keeps no other event from being delivered.
 *
 * Events that nobody waits for stay in the kernel's queue. The kernel adds up ticks there, and counts other records that find no
 * room, which comes as an 'overrun' event. An iteration that has fallen a queue's size behind is treated in the same way, and
 * keeps no other consumer from its events. What the last consumer had not taken when it left, by `break` or by its signal for
 * instance, is for read(), or the next.
 *
 * When the owner closes the timer, or its card goes, iterations end, and an 'end' event comes. The kernel announces that to
 * running instances with timestamped records, and for timers of cards. Of others, SNDRV_TIMER_IOCTL_INFO is asked twice a
 * second while somebody waits.
 *
 * @example
 * import { once } from 'node:events';
 *
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * using instance = TimerInstance.open(timer);
 * instance.on('tick', ({ count, timestampNs }) => console.log(count, timestampNs)); // 1 81234567890n
 * instance.on('end', () => console.log('the owner closed the timer'));
 * instance.start();
 * timer.trigger();
 * await once(instance, 'tick');
 * timer.close();
 * await once(instance, 'end');
 */
export type TimerInstanceEvents = {
  [Type in TimerEvent['type']]: [event: Extract<TimerEvent, { readonly type: Type }>];
} & {
  /** Every event, besides its own name. */
  event: [event: TimerEvent];
  /** Waiting for events failed, or reading them. */
  error: [error: unknown];
};

/**
 * How an instance is iterated over.
 *
 * @example
 * const { signal } = new AbortController();
 * instance.start();
 * const events = instance.events({ signal });
 * timer.trigger();
 * for await (const event of events) console.log(event.type); // tick
 */
export interface TimerEventsOptions {
  /** Ends the iteration, which throws its reason then. */
  readonly signal?: AbortSignal;
}

/** Its signal, which is not aborted. */
export function checkEventsOptions(options: TimerEventsOptions): AbortSignal | undefined {
  checkOptions('options', options, { signal: true });
  const signal = checkSignal('signal', options.signal);
  signal?.throwIfAborted();
  return signal;
}
