/**
 * How the records of all instances that listen in a thread come to them: one call a turn of the event loop, through one
 * piece of memory. And who asks them whether they are still alive.
 */
import { AsyncResource } from 'node:async_hooks';
import type { NativeBinding, TimerInstanceHandle, TimerRecordsHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { RecordBuffer } from './records.js';

/** As many as four of the largest queues of the kernel: what does not fit comes in the next turn. */
const RECORDS = 4096;
const BATCHES = 1024;
/** How often listeners are asked whether their timer is there, for the endings that the kernel does not announce. */
const LIVENESS_MS = 500;

export interface TimerReceiver {
  /**
   * `count` records from `first` on; or a negated errno; or 0 when the descriptor is in an error. Comes once more after
   * leave() where the records were read before. Must not throw, as check().
   */
  receive(records: RecordBuffer, first: number, count: number): void;
  /** Twice a second. */
  check(): void;
}

/**
 * A receiver in the asynchronous context in which it was joined. What AsyncLocalStorage gives there it finds in each call,
 * though the addon calls for all receivers of a thread at once.
 */
class Joined extends AsyncResource {
  readonly #receiver: TimerReceiver;
  readonly #liveness: NodeJS.Timeout;

  constructor(receiver: TimerReceiver) {
    super('ALSA_TIMER_INSTANCE');
    this.#receiver = receiver;
    this.#liveness = setInterval(() => receiver.check(), LIVENESS_MS).unref();
  }

  receive(records: RecordBuffer, first: number, count: number): void {
    this.runInAsyncScope(this.#receiver.receive, this.#receiver, records, first, count);
  }

  leave(): void {
    clearInterval(this.#liveness);
  }
}

class TimerDelivery {
  readonly binding: NativeBinding;
  readonly #records: TimerRecordsHandle;
  readonly #buffer: RecordBuffer;
  readonly #batches: Int32Array;
  readonly #joined: (Joined | undefined)[] = [];
  readonly #free: number[] = [];
  /** Slots that were left while batches were delivered, which may be for them. */
  readonly #left: number[] = [];
  #delivering = false;

  constructor(binding: NativeBinding) {
    this.binding = binding;
    const bytes = RECORDS * RecordBuffer.BYTES;
    const memory = new ArrayBuffer(bytes + BATCHES * 2 * Int32Array.BYTES_PER_ELEMENT);
    this.#buffer = new RecordBuffer(RECORDS, memory);
    this.#batches = new Int32Array(memory, bytes);
    this.#records = binding.createTimerRecords(memory, RECORDS, this.#deliver);
  }

  join(handle: TimerInstanceHandle, receiver: TimerReceiver): number {
    const slot = this.#free.pop() ?? this.#joined.length;
    this.#joined[slot] = new Joined(receiver);
    try {
      handle.listen(this.#records, slot);
    } catch (error) {
      this.leave(slot);
      throw error;
    }
    return slot;
  }

  leave(slot: number): void {
    this.#joined[slot]?.leave();
    if (this.#delivering) this.#left.push(slot);
    else this.#release(slot);
  }

  #release(slot: number): void {
    this.#joined[slot] = undefined;
    this.#free.push(slot);
  }

  /** What the addon calls. */
  readonly #deliver = (batches: number): void => {
    this.#delivering = true;
    let first = 0;
    for (let i = 0; i < batches; i += 1) {
      const count = this.#batches[2 * i + 1] as number;
      this.#joined[this.#batches[2 * i] as number]?.receive(this.#buffer, first, count);
      if (count > 0) first += count;
    }
    this.#delivering = false;
    while (this.#left.length > 0) this.#release(this.#left.pop() as number);
  };
}

let delivery: TimerDelivery | undefined;

function current(): TimerDelivery {
  const binding = native();
  if (delivery?.binding !== binding) delivery = new TimerDelivery(binding);
  return delivery;
}

/** Has the records of an instance brought to `receiver`. Returns the function that ends it. */
export function receive(handle: TimerInstanceHandle, receiver: TimerReceiver): () => void {
  const joined = current();
  const slot = joined.join(handle, receiver);
  return () => {
    handle.unlisten();
    joined.leave(slot);
  };
}
