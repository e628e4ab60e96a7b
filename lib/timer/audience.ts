/** Audience: the consumers of a timer instance (handlers, and iterations with a queue each), and the events held for the next one. */
import { EventEmitter } from 'node:events';
import { emitOrThrowUncaught, throwUncaught } from '../uncaught.js';
import { TimerEventQueue } from './event-queue.js';
import { ALL_EVENT_TYPES, mergedTicks, type TickEvent, type TimerEvent } from './events.js';

type TickHandler = (event: TickEvent) => void;

const HEARD: ReadonlySet<unknown> = new Set([...ALL_EVENT_TYPES, 'event']);

/** True for the types of handlers that get events. */
export function isHeard(type: unknown): boolean {
  return HEARD.has(type);
}

/**
 * No consumer waits for another: an iteration that lags has a queue of its own, which does what the kernel's does once it is
 * full. Only while nobody has room, events are better left to the kernel: see `hasRoom`.
 */
export class Audience {
  readonly #instance: EventEmitter;
  readonly #changed: () => void;
  readonly #queues = new Set<TimerEventQueue>();
  /** Handlers of events. */
  #handlers = 0;
  /** Events read from the kernel that no consumer has got yet, or that the last one left. */
  #held: TimerEvent[] = [];
  /** The handlers of ticks where nobody wants anything else, null where somebody does; undefined until it is asked. */
  #tickHandlers: readonly TickHandler[] | null | undefined;
  #closed = false;

  /** @param changed somebody came, left, or has room again */
  constructor(instance: EventEmitter, changed: () => void) {
    this.#instance = instance;
    this.#changed = changed;
  }

  /** Whether somebody is there to be told. */
  get isThere(): boolean {
    return this.#handlers > 0 || this.#queues.size > 0;
  }

  /** True while a consumer is less than a queue's size behind. */
  get hasRoom(): boolean {
    if (this.#handlers > 0) return true;
    for (const queue of this.#queues) if (!queue.full) return true;
    return false;
  }

  /** Events that are held. */
  get held(): number {
    return this.#held.length;
  }

  /** A handler of events is about to come. */
  addHandler(): void {
    this.#handlers += 1;
    this.#tickHandlers = undefined;
  }

  /** A handler of events has left. */
  removeHandler(): void {
    this.#handlers -= 1;
    this.#tickHandlers = undefined;
    this.#changed();
  }

  /** An iteration begins. If it leaves as the last consumer, events that it has not taken are held. */
  iterate(size: number, signal: AbortSignal | undefined): TimerEventQueue {
    const queue: TimerEventQueue = new TimerEventQueue(size, {
      signal,
      drained: this.#changed,
      closed: () => {
        this.#queues.delete(queue);
        this.#tickHandlers = undefined;
        this.#changed();
      },
      left: (left) => {
        if (!this.isThere && !this.#closed) this.#held.unshift(...left);
      },
    });
    this.#queues.add(queue);
    this.#tickHandlers = undefined;
    return queue;
  }

  /** Events behind those that are held. */
  hold(...events: readonly TimerEvent[]): void {
    this.#held.push(...events);
  }

  /** The same, as the kernel does it for who reads late: a tick behind a tick is added to it. */
  holdMerged(event: TimerEvent): void {
    const merged = mergedTicks(this.#held.at(-1), event);
    if (merged) this.#held.splice(-1, 1, merged);
    else this.#held.push(event);
  }

  /** Hands over the held events to the caller, who tells them. */
  take(): TimerEvent[] {
    return this.#held.splice(0);
  }

  /** Drops what is held. */
  forget(): void {
    this.#held.length = 0;
  }

  /**
   * Tells held events while there are consumers. The rest stays held meanwhile, since a handler may read, stop, finish, add a
   * consumer or remove one. Events that it adds wait for another turn.
   *
   * @param isLast iterations end behind it
   */
  tell(isLast: boolean): void {
    for (const queue of this.#queues) queue.begin(isLast);
    for (let left = this.#held.length; left > 0 && this.isThere; left -= 1) {
      const event = this.#held.shift();
      if (event === undefined) break;
      for (const queue of this.#queues) queue.push(event);
      this.emit(event.type, event);
      if (!this.#closed) this.emit('event', event);
    }
  }

  /** Whether a tick can be told by tellTick(). */
  get hearsTicksOnly(): boolean {
    if (this.#held.length > 0) return false;
    if (this.#tickHandlers === undefined) this.#tickHandlers = this.#findTickHandlers();
    return this.#tickHandlers !== null;
  }

  /** Tells a tick that only handlers of ticks hear: without a list of events, which costs more than all the rest. */
  tellTick(event: TickEvent): void {
    try {
      for (const handler of this.#tickHandlers ?? []) handler.call(this.#instance, event);
    } catch (error) {
      throwUncaught(error);
    }
  }

  /** Iterations give what they have, and are over. */
  endIterations(): void {
    for (const queue of [...this.#queues]) queue.end();
  }

  /**
   * Iterations throw.
   *
   * @returns whether handlers get the error, too: without it they would hear nothing any more, and not know why
   */
  failIterations(error: unknown): boolean {
    const queues = [...this.#queues];
    for (const queue of queues) queue.fail(error);
    return this.#handlers > 0 || this.#instance.listenerCount('error') > 0 || queues.length === 0;
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true;
    this.forget();
    this.endIterations();
  }

  /** A handler that throws keeps no other event from its handlers, of this instance or another. */
  emit(type: TimerEvent['type'] | 'event' | 'error', value: unknown): void {
    emitOrThrowUncaught(this.#instance, type, value);
  }

  #findTickHandlers(): readonly TickHandler[] | null {
    const handlers = this.#instance.rawListeners('tick') as TickHandler[];
    const others = this.#queues.size + this.#handlers - handlers.length;
    return others === 0 && !EventEmitter.captureRejections ? handlers : null;
  }
}
