/** An EventEmitter that notices handlers as they come and go: it waits for what they want to hear only while they are there. */
import { EventEmitter } from 'node:events';

type Notice = (type: unknown) => void;

export class ObservantEmitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter<Events> {
  readonly #added: Notice;
  readonly #removed: Notice;

  /**
   * @param added is told before a handler is there. on() does not throw: what this throws is emitted as 'error', once the
   * caller has returned
   * @param removed is told once a handler is gone
   */
  protected constructor(added: Notice, removed: Notice) {
    super();
    this.#added = (type) => {
      try {
        added(type);
      } catch (error) {
        process.nextTick(() => (this as EventEmitter).emit('error', error));
      }
    };
    this.#removed = removed;
    this.#observe();
  }

  /** Takes all handlers away, those of `type` or of every event. */
  override removeAllListeners(...type: Parameters<EventEmitter<Events>['removeAllListeners']>): this {
    super.removeAllListeners(...type);
    this.#observe();
    return this;
  }

  /** removeAllListeners() takes away those that notice, too. */
  #observe(): void {
    const emitter = this as EventEmitter;
    if (!emitter.listeners('removeListener').includes(this.#removed)) {
      emitter.on('removeListener', this.#removed);
    }
    // Last: it would be told of the other one while whoever is constructed is not there yet.
    if (!emitter.listeners('newListener').includes(this.#added)) emitter.on('newListener', this.#added);
  }
}
