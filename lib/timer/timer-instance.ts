/** TimerInstance: a client of a timer, which gets its ticks and is told what else happens to it. */
import { type InspectOptionsStylized, inspect } from 'node:util';
import { checkMade, MADE } from '../construction.js';
import { closedError, fromNative } from '../errors.js';
import { inspection } from '../inspection.js';
import { release, watch } from '../native/lifetime.js';
import { ObservantEmitter } from '../observant-emitter.js';
import { isHeard } from './audience.js';
import { BoundTimer } from './bound-timer.js';
import { warnAboutCable } from './cable-warning.js';
import { timerChannels } from './channels.js';
import { Dispatcher } from './dispatcher.js';
import type { TimerEvent } from './events.js';
import { checkTimerId, describeTimerId, type HasTimerId, isUserDriven, type TimerId } from './id.js';
import { checkEventsOptions, type TimerEventsOptions, type TimerInstanceEvents } from './instance-events.js';
import {
  checkInstanceOptions,
  checkInstanceParameters,
  type TimerInstanceOptions,
  type TimerInstanceParameters,
} from './instance-parameters.js';
import { InstanceRun } from './instance-run.js';
import { infoOf, statusOf, type TimerInstanceInfo, type TimerInstanceStatus } from './instance-status.js';
import { RecordReader } from './record-reader.js';
import { timestampClock } from './timestamp-clock.js';

/**
 * A client of a timer, on a /dev/snd/timer of its own.
 *
 * start() and continue() start an instance, and nothing else does. Events come in three ways then: `for await`, `on(type, ...)`
 * and `read()`. The first two wait in the event loop of the thread, and keep the process alive until unref(); every consumer
 * gets every event. {@link TimerInstanceEvents} says what becomes of events that nobody takes.
 *
 * While an instance runs on a userspace-driven timer, no stream of a loopback cable starts that the same timer clocks:
 * use pcmTimerId(...) of the loopback then. Starting the instance emits a process warning where that is to be seen.
 *
 * @example
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * using instance = TimerInstance.open(timer);
 * instance.start();
 * timer.trigger();
 * for await (const event of instance) {
 *   if (event.type !== 'tick') continue;
 *   console.log(event.count, event.timestampNs); // nanoseconds on instance.clock(): 1 81234567890n
 *   break;
 * }
 */
export class TimerInstance
  extends ObservantEmitter<TimerInstanceEvents>
  implements Disposable, AsyncIterable<TimerEvent>
{
  readonly #bound: BoundTimer;
  readonly #reader: RecordReader;
  readonly #dispatcher: Dispatcher;
  readonly #run: InstanceRun;
  /** The timer that the instance is bound to. */
  readonly timerId: TimerId;
  /** Whether events tell when they happened. */
  readonly records: 'timestamped' | 'plain';
  #isClosed = false;

  private constructor(made: typeof MADE, bound: BoundTimer, records: 'timestamped' | 'plain') {
    checkMade(made, 'TimerInstance.open()');
    super(
      (type) => isHeard(type) && this.#bound.call(() => this.#dispatcher.addHandler()),
      (type) => isHeard(type) && this.#dispatcher.removeHandler(),
    );
    this.#bound = bound;
    this.timerId = bound.timerId;
    this.records = records;
    this.#reader = new RecordReader(bound.handle, records === 'timestamped', (event) => {
      if (event.type === 'end') timerChannels.publish('timer-instance:end', { instance: this, event });
      else timerChannels.publish('timer-instance:overrun', { instance: this, event });
    });
    this.#dispatcher = new Dispatcher(this, bound.handle, this.#reader, (cause) => {
      const error = fromNative(cause, bound.what);
      timerChannels.publish('timer-instance:error', { instance: this, error });
      return error;
    });
    this.#run = new InstanceRun(bound, this.#reader, this.#dispatcher);
    watch(this, bound.handle, bound.what);
  }

  /**
   * Opens /dev/snd/timer and binds it to a timer: SNDRV_TIMER_IOCTL_TREAD64, SELECT, PARAMS. It does not start yet.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE, also for an `intervalTicks` that
   * the timer does not take
   * @throws AlsaError ENOENT, EACCES (/dev/snd/timer), ENODEV (no such timer), EBUSY (an exclusive client, or 1000),
   * ERR_TIMER_RESOLUTION (a userspace-driven timer below 1 ms), EBADFD (a slave without its master, a timer that goes)
   * @example
   * using instance = TimerInstance.open(globalTimerId('hrtimer'), { intervalTicks: 10_000_000 }); // every 10 ms
   */
  static open(timer: TimerId | HasTimerId, options: TimerInstanceOptions = {}): TimerInstance {
    const id = checkTimerId('timer', timer);
    const { records, parameters } = checkInstanceOptions(id, options);
    const bound = BoundTimer.open(id, records === 'timestamped', parameters);
    const instance = new TimerInstance(MADE, bound, records);
    if (parameters) instance.#run.configured(parameters);
    timerChannels.publish('timer-instance:open', { instance });
    return instance;
  }

  /** Whether the timer was seen to be gone. */
  get ended(): boolean {
    return this.#reader.isEnded;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  /**
   * The timer id of slaves of this instance: they get its ticks without being clients of its timer. The kernel finds the master
   * by the thread that opened it: have one instance open in a thread when slaves of it are opened. In a container, the kernel's
   * number of that thread is found in /proc/asound/timers, by opening the system timer for a moment.
   *
   * @throws AlsaError ERR_PID_NAMESPACE where that file cannot be read, and as open() with the system timer
   * @example
   * using slave = TimerInstance.open(instance.slaveTimerId());
   */
  slaveTimerId(): TimerId {
    return this.#bound.slaveTimerId();
  }

  /** What the timestamps of timers tell: CLOCK_MONOTONIC, as monotonicNs(), or CLOCK_REALTIME. */
  clock(): 'monotonic' | 'realtime' {
    return timestampClock();
  }

  /**
   * Sets parameters anew, those that are left out to their defaults: SNDRV_TIMER_IOCTL_PARAMS. Stops the instance, and
   * drops what was not read yet: call start() again, also for iterations that wait.
   *
   * @throws as open(), and AlsaError ERR_CLOSED
   */
  configure(parameters: TimerInstanceParameters): void {
    this.#run.configure(checkInstanceParameters(this.timerId, parameters));
  }

  /**
   * Starts: SNDRV_TIMER_IOCTL_START. If another instance of a userspace-driven timer runs, the first trigger afterwards is
   * missed: that one makes this instance run.
   *
   * @throws AlsaError EINVAL (the timer is gone: `ended` tells that then; or it ticks every less than 100 us), ERR_CLOSED
   * @example
   * instance.start();
   * timer.trigger();
   * console.log(instance.read().length); // 1
   * instance.pause();
   * timer.trigger(); // not for this instance
   * instance.continue();
   * timer.trigger();
   * instance.stop();
   * console.log(instance.read().length); // 1
   */
  start(): void {
    this.#run.start();
    this.#started();
  }

  /**
   * Stops: SNDRV_TIMER_IOCTL_STOP.
   *
   * @throws AlsaError EBUSY (it is not running), EINVAL (the timer is gone), ERR_CLOSED
   */
  stop(): void {
    this.#run.stop();
    timerChannels.publish('timer-instance:stop', { instance: this });
  }

  /**
   * Goes on after a pause, or starts: SNDRV_TIMER_IOCTL_CONTINUE. An instance that runs is started anew, unless it does so
   * after a pause.
   *
   * @throws as start(), and AlsaError EBUSY (it runs already, after a pause)
   */
  continue(): void {
    this.#run.continue();
    this.#started();
  }

  /**
   * Pauses: SNDRV_TIMER_IOCTL_PAUSE.
   *
   * @throws as stop()
   */
  pause(): void {
    this.#run.pause();
  }

  /**
   * What the timer is: SNDRV_TIMER_IOCTL_INFO.
   *
   * @throws AlsaError EBADFD (the timer is gone), ERR_CLOSED
   */
  info(): TimerInstanceInfo {
    return infoOf(this.#bound.call(() => this.#bound.handle.info()));
  }

  /**
   * How the instance is: SNDRV_TIMER_IOCTL_STATUS. Works for a timer that is gone, too.
   *
   * @throws AlsaError ERR_CLOSED
   */
  status(): TimerInstanceStatus {
    return statusOf(this.#bound.call(() => this.#bound.handle.status()));
  }

  /**
   * Takes what the kernel has queued: read(2), without waiting. The caller takes events away from iterations and handlers,
   * except for the end, which they are told as well.
   *
   * @returns the events, oldest first; the last is 'end', once, when the timer turns out to be gone
   * @throws AlsaError ERR_CLOSED
   * @example
   * instance.start();
   * timer.trigger();
   * for (const event of instance.read()) console.log(event.type); // tick
   */
  read(): TimerEvent[] {
    return this.#bound.call(() => this.#dispatcher.take());
  }

  /** {@link events} without options. */
  [Symbol.asyncIterator](): AsyncIterator<TimerEvent, undefined> {
    return this.events()[Symbol.asyncIterator]();
  }

  /**
   * What nobody has taken, and every event from now on, until the timer is gone, the instance is closed or the signal aborts.
   *
   * @throws at once, TypeError ERR_INVALID_ARG_TYPE; the reason of a `signal` that is aborted already; AlsaError ERR_CLOSED;
   * ERR_TIMER_NOT_STARTED where the instance was not started, so that nothing would come
   */
  events(options: TimerEventsOptions = {}): AsyncIterableIterator<TimerEvent, undefined> {
    const signal = checkEventsOptions(options);
    if (this.#isClosed) throw closedError(this.#bound.what);
    return this.#bound.call(() => {
      this.#run.checkExpectant();
      return this.#dispatcher.iterate(signal);
    });
  }

  /**
   * Ends iterations in good order: what the kernel has queued is read and told, iterations give all that they have, and
   * then they are over. Handlers stay. After stop(), nothing that came is lost: where nobody listens, it waits for read().
   *
   * @throws AlsaError ERR_CLOSED
   * @example
   * instance.start();
   * const events = instance.events();
   * timer.trigger();
   * instance.stop();
   * instance.finish();
   * for await (const event of events) console.log(event.type); // tick
   */
  finish(): void {
    this.#bound.call(() => this.#dispatcher.finish());
  }

  /** Waiting for events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    this.#bound.handle.setRef(true);
    return this;
  }

  /** Waiting for events keeps the process alive no more. */
  unref(): this {
    this.#bound.handle.setRef(false);
    return this;
  }

  /** Closes the device. Iterations end, and nothing is delivered any more. Closing again does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dispatcher.close();
    release(this.#bound.handle);
    this.#dispatcher.endIterations();
    timerChannels.publish('timer-instance:close', { instance: this });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const state = this.#isClosed ? 'closed' : this.#run.state;
    const shown = { timer: describeTimerId(this.timerId), records: this.records, state };
    return inspection('TimerInstance', shown, depth, options);
  }

  #started(): void {
    timerChannels.publish('timer-instance:start', { instance: this });
    if (isUserDriven(this.timerId)) warnAboutCable(this.timerId.subdevice, this);
  }
}
