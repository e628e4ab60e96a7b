/** InstanceRun: starts and stops an instance, and knows whether events may come of it. */
import { AlsaError } from '../errors.js';
import type { BoundTimer } from './bound-timer.js';
import type { Dispatcher } from './dispatcher.js';
import type { CheckedParameters } from './instance-parameters.js';
import type { RecordReader } from './record-reader.js';

export class InstanceRun {
  readonly #bound: BoundTimer;
  readonly #reader: RecordReader;
  readonly #dispatcher: Dispatcher;
  /** It was started since its parameters were set, or an event comes without that. */
  #isExpectant = false;

  constructor(bound: BoundTimer, reader: RecordReader, dispatcher: Dispatcher) {
    this.#bound = bound;
    this.#reader = reader;
    this.#dispatcher = dispatcher;
  }

  get state(): 'ended' | 'started' | 'stopped' {
    if (this.#reader.isEnded) return 'ended';
    return this.#reader.isRunning ? 'started' : 'stopped';
  }

  /** The parameters were set, which has stopped it. */
  configured(parameters: CheckedParameters): void {
    this.#reader.configured(parameters);
    this.#isExpectant = parameters.earlyEvent;
    this.#dispatcher.forget();
  }

  /** Sets parameters, and drops what was not read. */
  configure(parameters: CheckedParameters): void {
    this.#bound.configure(parameters);
    this.configured(parameters);
    // What was lost before is no news behind what is dropped now.
    this.#bound.call(() => this.#reader.forgetOverruns());
  }

  start(): void {
    this.#begin(() => this.#bound.handle.start());
  }

  continue(): void {
    this.#begin(() => this.#bound.handle.continue());
  }

  pause(): void {
    this.#bound.call(() => this.#bound.handle.pause());
  }

  stop(): void {
    this.#bound.call(() => {
      this.#dispatcher.makeRoom();
      // Also where the kernel says that it was not running.
      this.#reader.setRunning(false);
      this.#bound.handle.stop();
    });
  }

  /** Throws AlsaError ERR_TIMER_NOT_STARTED where nothing would come. */
  checkExpectant(): void {
    if (this.#isExpectant || this.#reader.isEnded || this.#reader.isGone()) return;
    throw new AlsaError(`${this.#bound.what} was not started, and no event comes before that`, {
      code: 'ERR_TIMER_NOT_STARTED',
      hint: 'Call start() first: what happens until the iteration begins waits in the queue of the kernel.',
    });
  }

  #begin(call: () => void): void {
    this.#bound.call(() => {
      this.#dispatcher.makeRoom();
      try {
        call();
      } catch (error) {
        // For whoever waits for events, that the timer is gone is the end of them.
        this.#dispatcher.checkEnd();
        throw error;
      }
    });
    this.#reader.setRunning(true);
    this.#isExpectant = true;
  }
}
