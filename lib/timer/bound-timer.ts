/** BoundTimer: a timer device of the kernel's (/dev/snd/timer), opened for one instance and bound to a timer. */
import { TIMER_DEVICE } from '../device-nodes.js';
import { callNative, fromNative } from '../errors.js';
import type { TimerInstanceHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { addressOf, describeTimerId, slaveClassNumber, type TimerId } from './id.js';
import { type CheckedParameters, checkInterval } from './instance-parameters.js';
import { kernelThread } from './kernel-thread.js';

export class BoundTimer {
  readonly handle: TimerInstanceHandle;
  readonly timerId: TimerId;
  /** For messages. */
  readonly what: string;
  /** The thread that opened it, in its own PID namespace. */
  readonly #thread: number;

  private constructor(handle: TimerInstanceHandle, timerId: TimerId, thread: number) {
    this.handle = handle;
    this.timerId = timerId;
    this.what = whatIs(timerId);
    this.#thread = thread;
  }

  /**
   * @param isStamped whether records have timestamps
   * @param parameters undefined: those of the kernel are left as they are
   * @throws as TimerInstance.open
   */
  static open(timerId: TimerId, isStamped: boolean, parameters: CheckedParameters | undefined): BoundTimer {
    let handle: TimerInstanceHandle | undefined;
    try {
      handle = native().openTimerInstance(TIMER_DEVICE, isStamped);
      const [timerClass, ...rest] = addressOf(timerId);
      const thread = handle.select(timerClass, slaveClassNumber(timerId), ...rest);
      const bound = new BoundTimer(handle, timerId, thread);
      if (parameters) bound.configure(parameters);
      // A slave whose master is not there has no timer: PARAMS says so, and INFO where that is left out.
      else if (timerId.class === 'slave') handle.info();
      return bound;
    } catch (error) {
      handle?.close();
      throw fromNative(error, whatIs(timerId));
    }
  }

  /** The timer id of its slaves. */
  slaveTimerId(): TimerId {
    const device = kernelThread(this.#thread);
    return { class: 'slave', slaveClass: 'application', card: -1, device, subdevice: 0 };
  }

  /** Sets parameters. The instance does not run then, and its queue is empty. */
  configure(parameters: CheckedParameters): void {
    const { flags, intervalTicks, queueSize, filter } = parameters;
    this.call(() => {
      checkInterval(this.handle, this.timerId, intervalTicks);
      this.handle.set(flags, intervalTicks, queueSize, filter);
    });
  }

  /** Runs `body`; its errors name the instance. */
  call<T>(body: () => T): T {
    return callNative(this.what, body);
  }
}

function whatIs(timerId: TimerId): string {
  return `instance of ${describeTimerId(timerId)}`;
}
