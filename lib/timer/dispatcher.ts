/** Dispatcher: brings the events of an instance to its consumers, and reads them when there is somebody to be told. */
import type { EventEmitter } from 'node:events';
import type { TimerInstanceHandle } from '../native/binding.js';
import { Audience } from './audience.js';
import { receive, type TimerReceiver } from './delivery.js';
import type { TimerEventQueue } from './event-queue.js';
import type { TimerEvent } from './events.js';
import type { RecordReader } from './record-reader.js';

export class Dispatcher {
  readonly #handle: TimerInstanceHandle;
  readonly #reader: RecordReader;
  readonly #audience: Audience;
  readonly #failed: (cause: unknown) => unknown;
  /** Somebody has room for events: until then the kernel keeps them, and adds up ticks. */
  #isWanted = false;
  /** read() has taken the 'end' event: consumers that are there, and those that come, must still get one. */
  #isEndRead = false;
  #isClosed = false;
  #leave: (() => void) | undefined;

  /**
   * @param instance whose handlers are told
   * @param failed takes what went wrong, and gives what consumers are told of it
   */
  constructor(
    instance: EventEmitter,
    handle: TimerInstanceHandle,
    reader: RecordReader,
    failed: (cause: unknown) => unknown,
  ) {
    this.#handle = handle;
    this.#reader = reader;
    this.#failed = failed;
    this.#audience = new Audience(instance, () => this.#update());
  }

  /** A handler of events is about to come. Throws where the event loop cannot wait for it. */
  addHandler(): void {
    this.#audience.addHandler();
    this.#update(true);
  }

  /** A handler of events has left. */
  removeHandler(): void {
    this.#audience.removeHandler();
  }

  /** An iteration begins. Throws where the event loop cannot wait for it. */
  iterate(signal: AbortSignal | undefined): TimerEventQueue {
    this.#update(true);
    return this.#audience.iterate(this.#reader.queueSize, signal);
  }

  /** What was held, and what the kernel has queued, for the caller alone; the end for every consumer as well. */
  take(): TimerEvent[] {
    const queued = this.#reader.read();
    const events = [...this.#audience.take(), ...queued];
    if (events.length === 0) events.push(...this.#reader.takeEnd());
    if (events.at(-1)?.type === 'end') {
      this.#isEndRead = true;
      setImmediate(this.#look);
    }
    return events;
  }

  /** Tells what the kernel has queued, and ends iterations. */
  finish(): void {
    this.#audience.hold(...this.#reader.read());
    this.#tell(true);
    this.#audience.endIterations();
  }

  /** Takes what is queued before a call that may stop the instance, where it is to have room: see RecordReader. */
  makeRoom(): void {
    // A queue's size is held for nobody: more than that is counted by the kernel.
    if (!this.#reader.wantsRoom || this.#audience.held >= this.#reader.queueSize) return;
    for (const event of this.#reader.read()) this.#audience.holdMerged(event);
    if (this.#audience.held > 0 && this.#isWanted) setImmediate(this.#look);
  }

  /** Asks whether the timer is gone, and tells the end where it is. */
  checkEnd(): void {
    this.#audience.hold(...this.#reader.takeEnd());
    if (this.#reader.isEnded) setImmediate(this.#look);
  }

  /** Drops what is held. */
  forget(): void {
    this.#audience.forget();
  }

  /** Nothing is told any more, and iterations are over. The handle is still the caller's to close. */
  close(): void {
    this.#isClosed = true;
    this.#update(false);
  }

  /** Behind close(), and the closing of the handle. */
  endIterations(): void {
    this.#audience.close();
  }

  #update(isWanted = this.#audience.hasRoom): void {
    this.#isWanted = isWanted && !this.#isClosed;
    if (!this.#isWanted) {
      this.#leave?.();
      this.#leave = undefined;
    } else if (this.#leave === undefined) {
      if (!this.#reader.isEnded) this.#leave = receive(this.#handle, this.#receiver);
      // For what is held, and since a timer that is gone already says nothing any more.
      setImmediate(this.#look);
    }
  }

  /** Delivers what no kernel record announces: held events, and the end of the timer. */
  readonly #look = (): void => {
    if (!this.#isWanted) return;
    try {
      this.#audience.hold(...this.#reader.takeEnd());
      if (this.#isEndRead) this.#audience.hold({ type: 'end' });
      this.#isEndRead = false;
      if (this.#audience.held > 0 || this.#reader.isEnded) this.#tell();
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #receiver: TimerReceiver = {
    receive: (records, first, count) => {
      if (this.#isClosed) return;
      if (count === 1 && this.#isWanted && records.isTick(first) && this.#audience.hearsTicksOnly) {
        this.#audience.tellTick(this.#reader.tick(records, first));
        return;
      }
      if (count === 0) {
        this.#look();
        return;
      }
      try {
        this.#audience.hold(...this.#reader.take(records, first, count));
        if (this.#isWanted) this.#tell();
      } catch (error) {
        this.#fail(error);
      }
    },
    check: this.#look,
  };

  #tell(isLast = false): void {
    this.#audience.tell(isLast);
    if (this.#isClosed) return;
    if (this.#reader.isEnded && this.#audience.held === 0) {
      this.#update(false);
      this.#audience.endIterations();
    } else this.#update();
  }

  #fail(cause: unknown): void {
    const error = this.#failed(cause);
    const isHeard = this.#audience.failIterations(error);
    this.#update(false);
    if (isHeard) this.#audience.emit('error', error);
  }
}
