/** TimerInstance: a listener, bound to a timer, which gets its ticks and what else happens to it. */
import { join } from 'node:path';
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  type OptionNames,
  rangeError,
  typeError,
  valueError,
} from '../arguments.js';
import { AlsaError, closedError, fromNative, systemError } from '../errors.js';
import type { TimerInstanceHandle } from '../native/binding.js';
import { release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { ObservantEmitter } from '../observant-emitter.js';
import { glance, sysModule } from '../proc.js';
import { visibleText } from '../visible-text.js';
import { Audience, isHeard } from './audience.js';
import { warnAboutCable } from './cable-warning.js';
import { receive, type TimerReceiver } from './delivery.js';
import {
  filterBits,
  RecordBuffer,
  STOP_BIT,
  TIMER_EVENT_NAMES,
  type TimerEvent,
  type TimerEventName,
} from './events.js';
import {
  addressOf,
  checkTimerId,
  describeTimerId,
  type HasTimerId,
  isUserDriven,
  slaveClassNumber,
  TIMER_DEVICE,
  type TimerId,
} from './id.js';
import { kernelThread } from './kernel-thread.js';

const MAX_UINT32 = 0xffff_ffff;
/** What the kernel's queue takes, and what it has when nobody asks (sound/core/timer.c: snd_timer_user_open). */
const QUEUE = { min: 32, max: 1024, default: 128 };
/** SNDRV_TIMER_PSFLG_*. */
const FLAGS = { autoStart: 1, exclusive: 2, earlyEvent: 4 };
/** SNDRV_TIMER_FLG_SLAVE. */
const SLAVE_FLAG = 1;
/** The kernel refuses PARAMS for ticks that are shorter. */
const MIN_TICK_NS = 1_000_000n;

export interface TimerInstanceParameters {
  /** Ticks of the timer for one of the instance, 1..2^32-1. Of a userspace-driven timer: 1. */
  readonly ticks?: number;
  /** Goes on after each tick. Without it, the instance stops itself with its first tick. True by default. */
  readonly autoStart?: boolean;
  /** Nobody else may open the timer from now on. Works for the first client of a timer only. False by default. */
  readonly exclusive?: boolean;
  /** An 'early' event comes at once. False by default. */
  readonly earlyEvent?: boolean;
  /** Records that the kernel keeps until they are read, 32..1024. 128 by default. */
  readonly queueSize?: number;
  /** What to be told; ['tick'] by default. Plain records tell ticks, whatever is asked for. */
  readonly events?: readonly TimerEventName[];
}

export interface TimerInstanceOptions extends TimerInstanceParameters {
  /**
   * 'timestamped' (default): what, and when (SNDRV_TIMER_IOCTL_TREAD64). 'plain': ticks, without a time; the default, and
   * all there is, with `parameters: 'kernel'`.
   */
  readonly records?: 'timestamped' | 'plain';
  /**
   * 'set' (default). 'kernel' leaves out SNDRV_TIMER_IOCTL_PARAMS, which refuses ticks shorter than 1 ms: a one-shot
   * instance with a queue of 128 that is told its tick in plain records. No parameters can be given then.
   */
  readonly parameters?: 'set' | 'kernel';
}

const INSTANCE_PARAMETERS: OptionNames<TimerInstanceParameters> = {
  ticks: true,
  autoStart: true,
  exclusive: true,
  earlyEvent: true,
  queueSize: true,
  events: true,
};
const INSTANCE_OPTIONS: OptionNames<TimerInstanceOptions> = {
  ...INSTANCE_PARAMETERS,
  records: true,
  parameters: true,
};

export interface TimerInstanceInfo {
  /** The kernel's id, for instance 'snd-utimer0'. */
  readonly id: string;
  readonly name: string;
  /** The number of the card, or -1. */
  readonly card: number;
  /** Whether the timer ticks only while something else runs. */
  readonly slave: boolean;
  /** Nanoseconds of a tick. */
  readonly resolutionNs: bigint;
}

export interface TimerInstanceStatus {
  /** Nanoseconds on `clock`: when the instance was last started, stopped, continued or paused; 0n before. */
  readonly timestampNs: bigint;
  /** Nanoseconds of a tick, cut to 32 bits; 0n when the timer is gone. */
  readonly resolutionNs: bigint;
  /** 0: the kernel counts nothing here. */
  readonly lost: number;
  /** Records that found the queue full, since the instance was opened. */
  readonly overrun: number;
  /** Records that wait to be read. */
  readonly queue: number;
}

type Handlers = { [Type in TimerEvent['type']]: [event: Extract<TimerEvent, { readonly type: Type }>] } & {
  /** Every event, besides its own name. */
  event: [event: TimerEvent];
  /** Reading failed. */
  error: [error: unknown];
};

/**
 * A client of a timer, on a /dev/snd/timer of its own.
 *
 * Events come in three ways: `for await`, `on(type, ...)` and `read()`. The first two wait in the event loop of the thread,
 * and keep it alive unless unref() was called; every consumer gets every event. An iteration starts the instance when it
 * begins, unless it runs or is paused; `on(type, ...)` does not: call start(). An instance that stops while an iteration
 * waits, by stop() or without autoStart by its tick, is to be started again by start(). Of a closed instance all three throw
 * ERR_CLOSED. Events that nobody waits for stay in the kernel's queue. The kernel adds up ticks there, and counts other
 * records that find no room, which comes as an 'overrun' event. An iteration that has fallen a queue's size behind is treated
 * in the same way, and keeps no other consumer from its events. What the last consumer had not taken when it left, by `break`
 * for instance, is for read(), or the next.
 *
 * What a handler throws is an uncaught exception. It keeps no other event from being delivered.
 *
 * When the owner closes the timer, or its card goes, iterations end, and an 'end' event comes. The kernel announces that to
 * running instances with timestamped records, and for timers of cards. Of others, SNDRV_TIMER_IOCTL_INFO is asked twice a
 * second while somebody waits.
 *
 * While a listener runs on a userspace-driven timer, no stream of a loopback cable starts that the same timer clocks:
 * listen to pcmTimerId(...) of the loopback then. Starting the listener emits a process warning where that is to be seen.
 *
 * @example
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * using instance = TimerInstance.open(timer);
 * instance.start();
 * timer.trigger();
 * for await (const event of instance) {
 *   if (event.type !== 'tick') continue;
 *   console.log(event.ticks, event.timestampNs); // nanoseconds on instance.clock: 1 81234567890n
 *   break;
 * }
 *
 * @example
 * import { once } from 'node:events';
 *
 * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
 * using instance = TimerInstance.open(timer);
 * instance.on('tick', ({ ticks }) => console.log(ticks)); // 1
 * instance.on('end', () => console.log('the owner closed the timer'));
 * instance.start();
 * timer.trigger();
 * await once(instance, 'tick');
 * timer.close();
 * await once(instance, 'end');
 */
export class TimerInstance
  extends ObservantEmitter<Handlers>
  implements Disposable, AsyncIterable<TimerEvent>
{
  readonly #handle: TimerInstanceHandle;
  readonly #what: string;
  /** The thread that opened the instance, in its own PID namespace. */
  readonly #thread: number;
  readonly #stamped: boolean;
  readonly #audience = new Audience(this, () => this.#update());
  /** The timer that the instance is bound to. */
  readonly timerId: TimerId;
  /** Whether events tell when they happened. */
  readonly records: 'timestamped' | 'plain';
  #buffer: RecordBuffer;
  #stopAsked = false;
  /** Stops itself with each tick. */
  #oneShot = true;
  /** Runs, as far as that is known, or is paused. */
  #started = false;
  #ended = false;
  /** The end was taken by read(): whoever listens, now or later, would wait for it for ever. */
  #endRead = false;
  #closed = false;
  #overrun = 0;
  #wanted = false;
  #leave: (() => void) | undefined;

  private constructor(
    handle: TimerInstanceHandle,
    timerId: TimerId,
    records: 'timestamped' | 'plain',
    thread: number,
  ) {
    super(
      (type) => this.#added(type),
      (type) => this.#removed(type),
    );
    this.#handle = handle;
    this.timerId = timerId;
    this.records = records;
    this.#thread = thread;
    this.#what = `listener on ${describeTimerId(timerId)}`;
    this.#stamped = records === 'timestamped';
    this.#buffer = new RecordBuffer(QUEUE.default);
    watch(this, handle, this.#what);
  }

  /**
   * Opens /dev/snd/timer and binds it to a timer: SNDRV_TIMER_IOCTL_TREAD64, SELECT, PARAMS. It does not start yet.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE: also for `ticks` other than
   * 1 on a userspace-driven timer, and for too few of them on a fast one. ERR_INVALID_ARG_VALUE for parameters or
   * timestamped records with `parameters: 'kernel'`
   * @throws AlsaError ENOENT, EACCES (/dev/snd/timer), ENODEV (no such timer), EBUSY (an exclusive client, or 1000),
   * ERR_TIMER_RESOLUTION (a userspace-driven timer below 1 ms), EBADFD (a slave whose master is not there, or a timer that
   * goes meanwhile)
   * @example
   * using instance = TimerInstance.open(globalTimerId('hrtimer'), { ticks: 10_000_000 }); // every 10 ms
   */
  static open(timer: TimerId | HasTimerId, options: TimerInstanceOptions = {}): TimerInstance {
    const id = checkTimerId('timer', timer);
    const { parameters = 'set', records = parameters === 'kernel' ? 'plain' : 'timestamped' } = checkOptions(
      'options',
      options,
      INSTANCE_OPTIONS,
    );
    checkOneOf('records', records, ['timestamped', 'plain']);
    checkOneOf('parameters', parameters, ['set', 'kernel']);
    if (parameters === 'kernel') checkKernelParameters(options);
    const checked = checkParameters(id, options);
    let handle: TimerInstanceHandle | undefined;
    try {
      handle = native().openTimerInstance(TIMER_DEVICE, records === 'timestamped');
      const [timerClass, ...rest] = addressOf(id);
      const thread = handle.select(timerClass, slaveClassNumber(id), ...rest);
      if (parameters === 'set') checkResolution(handle, id, checked.ticks);
      // A slave whose master is not there has no timer: PARAMS says so, and INFO where that is left out.
      else if (id.class === 'slave') handle.info();
      const instance = new TimerInstance(handle, id, records, thread);
      if (parameters === 'set') instance.#set(checked);
      return instance;
    } catch (error) {
      if (handle) release(handle);
      throw fromNative(error, `listener on ${describeTimerId(id)}`);
    }
  }

  /** Whether the timer was seen to be gone. */
  get ended(): boolean {
    return this.#ended;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * The timer id of slaves of this instance: they get its ticks without being clients of its timer. The kernel finds
   * the master by the thread that opened it: have one instance open in a thread when slaves of it are opened. Of several,
   * Linux 6.12 takes the one on the first timer in the order of listTimers(), and there the oldest; 7.3 the oldest on any
   * timer. The kernel knows a thread by its number in the initial PID namespace; in another one, as in a container, that is
   * found in /proc/asound/timers, by opening the system timer for a moment.
   *
   * @throws AlsaError ERR_PID_NAMESPACE where that file cannot be read, and as open() with the system timer
   * @example
   * using slave = TimerInstance.open(instance.slaveTimerId());
   */
  slaveTimerId(): TimerId {
    const device = kernelThread(this.#thread);
    return { class: 'slave', slaveClass: 'application', card: -1, device, subdevice: 0 };
  }

  /** What the timestamps of timers tell: CLOCK_MONOTONIC, as process.hrtime.bigint(), or CLOCK_REALTIME. */
  clock(): 'monotonic' | 'realtime' {
    const parameter = join(sysModule(), 'snd_timer/parameters/timer_tstamp_monotonic');
    return /^[0N]/.test(glance(parameter) ?? '1') ? 'realtime' : 'monotonic';
  }

  /**
   * Sets parameters anew, those that are left out to their defaults: SNDRV_TIMER_IOCTL_PARAMS. Stops the instance, and
   * drops what was not read yet: call start() again, also for iterations that wait.
   *
   * @throws as open(), and AlsaError ERR_CLOSED
   * @example
   * instance.configure({ events: ['tick', 'stop'], queueSize: 1024 });
   * instance.start();
   */
  configure(parameters: TimerInstanceParameters): void {
    const checked = checkParameters(
      this.timerId,
      checkOptions('parameters', parameters, INSTANCE_PARAMETERS),
    );
    this.#call(() => {
      checkResolution(this.#handle, this.timerId, checked.ticks);
      this.#set(checked);
      // What was lost before is no news behind what is dropped now.
      this.#overrun = this.#handle.status().overrun;
    });
  }

  /**
   * Starts: SNDRV_TIMER_IOCTL_START. If another instance of a userspace-driven timer runs, the first trigger afterwards is
   * missed: that one makes this instance run.
   *
   * @throws AlsaError EINVAL (the timer is gone, or ticks every less than 100 us), ERR_CLOSED
   * @example
   * instance.start();
   * timer.trigger();
   * console.log(instance.read().length); // 1
   */
  start(): void {
    this.#start(() => this.#handle.start());
  }

  /**
   * Stops: SNDRV_TIMER_IOCTL_STOP.
   *
   * @throws AlsaError EBUSY (it is not running), EINVAL (the timer is gone), ERR_CLOSED
   * @example
   * instance.start();
   * timer.trigger();
   * instance.stop();
   * timer.trigger(); // not for this instance
   * for (const event of instance.read()) {
   *   if (event.type === 'tick') console.log(event.ticks); // 1
   * }
   */
  stop(): void {
    this.#call(() => {
      this.#makeRoom();
      // Also where the kernel says that it was not running.
      this.#started = false;
      this.#handle.stop();
    });
  }

  /**
   * Goes on after a pause, or starts: SNDRV_TIMER_IOCTL_CONTINUE. An instance that runs is started anew, unless it does so
   * after a pause.
   *
   * @throws as start(), and AlsaError EBUSY (it runs already, after a pause)
   * @example
   * instance.start();
   * instance.pause();
   * instance.continue();
   * timer.trigger();
   * console.log(instance.read().length); // 1
   */
  continue(): void {
    this.#start(() => this.#handle.continue());
  }

  /**
   * Pauses: SNDRV_TIMER_IOCTL_PAUSE.
   *
   * @throws as stop()
   * @example
   * instance.start();
   * instance.pause();
   * timer.trigger(); // not for this instance
   * console.log(instance.read().length); // 0
   */
  pause(): void {
    this.#call(() => this.#handle.pause());
  }

  /**
   * What the timer is: SNDRV_TIMER_IOCTL_INFO.
   *
   * @throws AlsaError EBADFD (the timer is gone), ERR_CLOSED
   * @example
   * console.log(instance.info().resolutionNs); // 10000000n
   */
  info(): TimerInstanceInfo {
    const { id, name, card, flags, resolution } = this.#call(() => this.#handle.info());
    const slave = (flags & SLAVE_FLAG) !== 0;
    return { id: visibleText(id), name: visibleText(name), card, slave, resolutionNs: resolution };
  }

  /**
   * How the instance is: SNDRV_TIMER_IOCTL_STATUS. Works for a timer that is gone, too.
   *
   * @throws AlsaError ERR_CLOSED
   * @example
   * instance.start();
   * timer.trigger();
   * console.log(instance.status().queue); // 1
   */
  status(): TimerInstanceStatus {
    const { resolution, timestamp, ...rest } = this.#call(() => this.#handle.status());
    return { ...rest, timestampNs: timestamp, resolutionNs: BigInt(resolution) };
  }

  /**
   * Takes what the kernel has queued: read(2), without waiting. Who reads takes events away from iterations and handlers,
   * except for the end: whoever listens is told it, too.
   *
   * @returns the events, oldest first; the last is 'end', once, when the timer turns out to be gone
   * @throws AlsaError ERR_CLOSED
   * @example
   * instance.start();
   * timer.trigger();
   * for (const event of instance.read()) console.log(event.type); // tick
   */
  read(): TimerEvent[] {
    return this.#call(() => {
      const queued = this.#take(this.#buffer, 0, this.#read());
      const events = [...this.#audience.take(), ...queued];
      if (events.length === 0 && !this.#ended && this.#isGone()) events.push(this.#end());
      if (events.at(-1)?.type === 'end') {
        this.#endRead = true;
        setImmediate(this.#look);
      }
      return events;
    });
  }

  /**
   * What nobody has taken, and every event from now on, until the timer is gone or the instance is closed. Starts the
   * instance unless it runs or is paused.
   *
   * @throws as events()
   */
  [Symbol.asyncIterator](): AsyncIterator<TimerEvent, undefined> {
    return this.events()[Symbol.asyncIterator]();
  }

  /**
   * Like iterating over the instance itself, until `signal` says otherwise: the iteration throws its reason then. What it
   * has not given is for read() or the next consumer if there is no other, as what the kernel has queued.
   *
   * @throws at once, TypeError ERR_INVALID_ARG_TYPE; the reason of a `signal` that is aborted already; AlsaError ERR_CLOSED,
   * and what start() throws, except where the timer is gone: that ends the iteration
   * @example
   * const { signal } = new AbortController();
   * const events = instance.events({ signal });
   * timer.trigger();
   * for await (const event of events) console.log(event.type); // tick
   */
  events(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<TimerEvent, undefined> {
    checkOptions('options', options, { signal: true });
    const signal = checkSignal('signal', options.signal);
    signal?.throwIfAborted();
    if (this.#closed) throw closedError(this.#what);
    if (!this.#ended && !this.#started) this.#startUnlessGone();
    this.#update(true);
    return this.#audience.iterate(this.#buffer.size, signal);
  }

  /**
   * Ends iterations in good order: what the kernel has queued is read and told, iterations give all that they have, and
   * then they are over. Handlers stay. After stop(), nothing that came is lost: where nobody listens, it waits for read().
   *
   * @throws AlsaError ERR_CLOSED
   * @example
   * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
   * using instance = TimerInstance.open(timer);
   * const events = instance.events();
   * timer.trigger();
   * instance.stop();
   * instance.finish();
   * for await (const event of events) console.log(event.type); // tick
   */
  finish(): void {
    this.#call(() => {
      this.#audience.hold(...this.#take(this.#buffer, 0, this.#read()));
      this.#tell(true);
    });
    this.#audience.endIterations();
  }

  /** Waiting for events keeps the process alive: so it is at first. */
  ref(): this {
    this.#handle.setRef(true);
    return this;
  }

  /** Waiting for events does not keep the process alive. */
  unref(): this {
    this.#handle.setRef(false);
    return this;
  }

  /** Closes the device. Iterations end, and nothing is delivered any more. Closing again does nothing. */
  close(): void {
    this.#closed = true;
    this.#update();
    release(this.#handle);
    this.#audience.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #set(checked: CheckedParameters): void {
    const { flags, ticks, queueSize, filter } = checked;
    // STOP is how the kernel tells that a timer is gone, so that it is always asked for.
    this.#handle.set(flags, ticks, queueSize, filter | STOP_BIT);
    this.#stopAsked = (filter & STOP_BIT) !== 0;
    this.#oneShot = (flags & FLAGS.autoStart) === 0;
    this.#started = false;
    this.#audience.forget();
    if (queueSize !== this.#buffer.size) this.#buffer = new RecordBuffer(queueSize);
  }

  #start(call: () => void): void {
    this.#call(() => {
      this.#makeRoom();
      call();
    });
    this.#started = true;
    if (isUserDriven(this.timerId)) warnAboutCable(this.timerId.subdevice, this);
  }

  /**
   * Takes what is queued before a call that may stop the instance. The kernel adds a tick to the last record only, and stops
   * that nobody asked for would fill its queue, until there is no room for a tick. Read after the next start, the tick of a
   * one-shot instance would say that it has stopped.
   */
  #makeRoom(): void {
    // A queue's size is held for nobody: more than that is counted by the kernel.
    if (!this.#started || this.#audience.held >= this.#buffer.size) return;
    if (!this.#oneShot && (!this.#stamped || this.#stopAsked)) return;
    for (const event of this.#take(this.#buffer, 0, this.#read())) this.#audience.holdMerged(event);
    if (this.#audience.held > 0 && this.#wanted) setImmediate(this.#look);
  }

  /** That the owner has closed the timer meanwhile is an end, as later, and no error. */
  #startUnlessGone(): void {
    try {
      this.start();
    } catch (error) {
      if (!this.#isGone()) throw error;
      setImmediate(this.#look);
    }
  }

  #added(type: unknown): void {
    if (!isHeard(type)) return;
    if (this.#closed) throw closedError(this.#what);
    this.#update(true);
    this.#audience.addHandler();
  }

  #removed(type: unknown): void {
    if (isHeard(type)) this.#audience.removeHandler();
  }

  /** Waits for events while somebody has room for them: until then, the kernel keeps them and adds up ticks. */
  #update(wanted = this.#audience.hasRoom): void {
    this.#wanted = wanted && !this.#closed;
    if (!this.#wanted) {
      this.#leave?.();
      this.#leave = undefined;
    } else if (this.#leave === undefined) {
      if (!this.#ended) this.#leave = this.#call(() => receive(this.#handle, this.#receiver));
      // A timer that is gone already says nothing any more.
      if (this.#audience.held > 0 || this.#ended || this.#isGone()) setImmediate(this.#look);
    }
  }

  /** Tells what no record tells. */
  readonly #look = (): void => {
    if (!this.#wanted) return;
    try {
      if (!this.#ended && this.#isGone()) {
        // What was queued when the timer went comes first.
        this.#audience.hold(...this.#take(this.#buffer, 0, this.#read()));
        if (!this.#ended) this.#audience.hold(this.#end());
      }
      if (this.#endRead) this.#audience.hold({ type: 'end' });
      this.#endRead = false;
      if (this.#audience.held > 0 || this.#ended) this.#tell();
    } catch (error) {
      this.#fail(fromNative(error, this.#what));
    }
  };

  readonly #receiver: TimerReceiver = {
    receive: (records, first, count) => {
      if (this.#closed) return;
      if (count === 1 && this.#wanted && records.isTick(first) && this.#audience.hearsTicksOnly) {
        if (this.#oneShot) this.#started = false;
        this.#audience.tellTick(records.tick(first, this.#stamped));
        return;
      }
      if (count === 0) {
        this.#look();
        return;
      }
      try {
        this.#audience.hold(...this.#take(records, first, count));
        if (this.#wanted) this.#tell();
      } catch (error) {
        this.#fail(fromNative(error, this.#what));
      }
    },
    check: this.#look,
  };

  #tell(isLast = false): void {
    this.#audience.tell(isLast);
    if (this.#closed) return;
    if (this.#ended && this.#audience.held === 0) {
      this.#update(false);
      this.#audience.endIterations();
    } else this.#update();
  }

  #fail(error: unknown): void {
    const heard = this.#audience.failIterations(error);
    this.#update(false);
    if (heard) this.#audience.emit('error', error);
  }

  #read(): number {
    return this.#handle.read(this.#buffer.records);
  }

  /** The events of `count` records from `first` on, and what they imply; or of a negated errno, or an error. */
  #take(records: RecordBuffer, first: number, count: number): TimerEvent[] {
    if (count < 0) {
      const error = systemError(-count, 'read', TIMER_DEVICE);
      // The card of the timer is gone.
      if (error.code === 'ENODEV') return this.#ended ? [] : [this.#end()];
      throw error;
    }
    const events: TimerEvent[] = [];
    let gone = false;
    for (let i = first; i < first + count; i += 1) {
      const stop = records.isStop(i);
      if (stop) gone ||= this.#isGone();
      if (this.#oneShot && records.isTick(i)) this.#started = false;
      if (!stop || this.#stopAsked) events.push(records.event(i, this.#stamped));
    }
    // Only a queue that was full can have lost anything.
    if (count >= this.#buffer.size) {
      const { overrun } = this.#handle.status();
      if (overrun !== this.#overrun) events.push({ type: 'overrun', lost: (overrun - this.#overrun) >>> 0 });
      this.#overrun = overrun;
    }
    if (gone && !this.#ended) events.push(this.#end());
    return events;
  }

  #end(): TimerEvent {
    this.#ended = true;
    return { type: 'end' };
  }

  #isGone(): boolean {
    const errno = this.#handle.probe();
    if (errno === 0) return false;
    const error = systemError(errno, 'ioctl SNDRV_TIMER_IOCTL_INFO', TIMER_DEVICE);
    if (error.code === 'EBADFD' || error.code === 'ENODEV') return true;
    throw error;
  }

  #call<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw fromNative(error, this.#what);
    }
  }
}

/** 'kernel' sets no parameters, and timestamped records have no filter then: nothing would ever be told. */
function checkKernelParameters(options: TimerInstanceOptions): void {
  const { records, parameters: _, ...others } = options;
  const expected = "left out with parameters: 'kernel'";
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) throw valueError(name, expected, value);
  }
  if (records === 'timestamped') throw valueError('records', "'plain' with parameters: 'kernel'", records);
}

interface CheckedParameters {
  readonly flags: number;
  readonly ticks: number;
  readonly queueSize: number;
  readonly filter: number;
}

function checkParameters(id: TimerId, options: TimerInstanceParameters): CheckedParameters {
  const { ticks = 1, queueSize = QUEUE.default, events = ['tick'] } = options;
  const { autoStart = true, exclusive = false, earlyEvent = false } = options;
  checkInteger('ticks', ticks, 1, MAX_UINT32);
  // Alone on the timer, an instance with more is given that many for each trigger; beside others, one event for that
  // many triggers (sound/core/timer.c: snd_timer_start1, snd_timer_reschedule).
  if (isUserDriven(id) && ticks !== 1) throw rangeError('ticks', '1 on a userspace-driven timer', ticks);
  checkInteger('queueSize', queueSize, QUEUE.min, QUEUE.max);
  if (!Array.isArray(events)) throw typeError('events', 'an array of event names', events);
  for (const event of events) checkOneOf('events', event, TIMER_EVENT_NAMES);
  const flags = Object.entries({ autoStart, exclusive, earlyEvent }).reduce(
    (bits, [name, value]) => bits | (checkBoolean(name, value) ? FLAGS[name as keyof typeof FLAGS] : 0),
    0,
  );
  return { flags, ticks, queueSize, filter: filterBits(events) };
}

/** What PARAMS would refuse with a bare EINVAL. */
function checkResolution(handle: TimerInstanceHandle, id: TimerId, ticks: number): void {
  // A slave is asked for after its master, which PARAMS says better.
  if (id.class === 'slave') return;
  const { flags, resolution } = handle.info();
  if ((flags & SLAVE_FLAG) !== 0 || resolution * BigInt(ticks) >= MIN_TICK_NS) return;
  if (!isUserDriven(id)) {
    const least = resolution === 0n ? MIN_TICK_NS : (MIN_TICK_NS + resolution - 1n) / resolution;
    throw rangeError(
      'ticks',
      `at least ${least} on the ${describeTimerId(id)}, which ticks every ${resolution} ns`,
      ticks,
    );
  }
  throw new AlsaError(`The ${describeTimerId(id)} stands for ${resolution} ns a tick, less than 1 ms`, {
    code: 'ERR_TIMER_RESOLUTION',
    hint:
      'The kernel sets no parameters for such ticks. A program may listen with ' +
      "{ parameters: 'kernel', records: 'plain' }, and start anew for each tick; `utimer listen` cannot. " +
      'The owner can count its triggers.',
  });
}
