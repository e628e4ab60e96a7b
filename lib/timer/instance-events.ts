/** What a TimerInstance emits, and how it is iterated over. */
import type { TimerEvent } from './events.js';

/** The handlers of an instance. */
export type TimerInstanceEvents = {
  [Type in TimerEvent['type']]: [event: Extract<TimerEvent, { readonly type: Type }>];
} & {
  /** Every event, besides its own name. */
  event: [event: TimerEvent];
  /** Waiting for events failed, or reading them. */
  error: [error: unknown];
};

export interface TimerEventsOptions {
  /** Ends the iteration, which throws its reason then. */
  readonly signal?: AbortSignal;
}
