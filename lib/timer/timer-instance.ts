/** TimerInstance: a listener, bound to a timer, which gets its ticks and what else happens to it. */
import { EventEmitter } from 'node:events';
import { checkBoolean, checkInteger, checkOneOf, checkOptions, rangeError, typeError } from '../arguments.js';
import { AlsaError, fromNative, systemError } from '../errors.js';
import type { TimerInstanceHandle } from '../native/binding.js';
import { release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { readProc } from '../proc.js';
import { warnAboutCable } from './cable-warning.js';
import { TimerEventQueue } from './timer-event-queue.js';
import {
  ALL_EVENT_TYPES,
  filterBits,
  RecordBuffer,
  STOP_BIT,
  TIMER_EVENT_NAMES,
  type TimerEvent,
  type TimerEventName,
} from './timer-events.js';
import {
  addressOf,
  checkTimerId,
  describeTimerId,
  type HasTimerId,
  isUserDriven,
  slaveClassNumber,
  TIMER_DEVICE,
  type TimerId,
} from './timer-id.js';

const MAX_UINT32 = 0xffff_ffff;
/** What the kernel's queue takes, and what it has when nobody asks (sound/core/timer.c: snd_timer_user_open). */
const QUEUE = { min: 32, max: 1024, default: 128 };
/** SNDRV_TIMER_PSFLG_*. */
const FLAGS = { autoStart: 1, exclusive: 2, earlyEvent: 4 };
/** SNDRV_TIMER_FLG_SLAVE. */
const SLAVE_FLAG = 1;
/** The kernel refuses PARAMS for ticks that are shorter. */
const MIN_TICK_NS = 1_000_000n;
/** How often a listener asks whether its timer is alive, for the endings that the kernel does not announce. */
const LIVENESS_MS = 500;

const CLOCK_PARAMETER = '/sys/module/snd_timer/parameters/timer_tstamp_monotonic';

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
  /** 'timestamped' (default): what, when (SNDRV_TIMER_IOCTL_TREAD64). 'plain': ticks, without a time. */
  readonly records?: 'timestamped' | 'plain';
  /**
   * 'set' (default). 'kernel' leaves out SNDRV_TIMER_IOCTL_PARAMS, which refuses ticks shorter than 1 ms: a one-shot
   * instance, which needs plain records to be told its tick.
   */
  readonly parameters?: 'set' | 'kernel';
}

export interface TimerInstanceInfo {
  /** The kernel's id, for instance 'snd-utimer0'. */
  readonly id: string;
  readonly name: string;
  /** The number of the card, or -1. */
  readonly card: number;
  /** Whether the timer ticks only while something else runs. */
  readonly slave: boolean;
  /** Nanoseconds of a tick. */
  readonly resolution: bigint;
}

export interface TimerInstanceStatus {
  /** Nanoseconds on `clock`: when the instance was last started, stopped, continued or paused; 0n before. */
  readonly timestamp: bigint;
  /** Nanoseconds of a tick, cut to 32 bits; 0n when the timer is gone. */
  readonly resolution: bigint;
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

const HEARD = [...ALL_EVENT_TYPES, 'event'] as const;

/**
 * A client of a timer, on a /dev/snd/timer of its own.
 *
 * Events come in three ways: `for await`, `on(type, ...)` and `read()`. The first two wait in the event loop of the thread,
 * and keep it alive unless unref() was called; every consumer gets every event. A `for await` that falls a queue's size
 * behind stops all waiting, until it goes on: the kernel then adds ticks up, and counts other records that it has no room
 * for, which comes as an 'overrun' event.
 *
 * When the owner closes the timer, or its card goes, iterations end, and an 'end' event comes. The kernel announces that to
 * running instances with timestamped records; for others it is found out within half a second.
 *
 * While a listener runs on a userspace-driven timer, no stream of a loopback cable starts that the same timer clocks:
 * listen to pcmTimerId(...) of the loopback then. Starting the listener emits a process warning where that is to be seen.
 *
 * @example
 * using timer = UserTimer.create({ resolution: 10_000_000n });
 * using instance = TimerInstance.open(timer);
 * instance.start();
 * timer.trigger();
 * for await (const event of instance) {
 *   console.log(event.type, event.timestamp); // tick 81234567890n
 *   break;
 * }
 */
export class TimerInstance extends EventEmitter<Handlers> implements Disposable, AsyncIterable<TimerEvent> {
  readonly #handle: TimerInstanceHandle;
  readonly #what: string;
  readonly #queues = new Set<TimerEventQueue>();
  /** The timer that the instance is bound to. */
  readonly timerId: TimerId;
  /** Whether events tell when they happened. */
  readonly records: 'timestamped' | 'plain';
  /**
   * The timer id of slaves of this instance: they get its ticks without being clients of its timer. Of several instances
   * that one thread opened, slaves find the oldest.
   */
  readonly slaveTimerId: TimerId;
  #buffer: RecordBuffer;
  #stopAsked = false;
  #started = false;
  #ended = false;
  #overrun = 0;
  #listening = false;
  #hearsAll = false;
  #closed = false;
  #liveness: NodeJS.Timeout | undefined;

  private constructor(
    handle: TimerInstanceHandle,
    timerId: TimerId,
    records: 'timestamped' | 'plain',
    thread: number,
  ) {
    super();
    this.#handle = handle;
    this.timerId = timerId;
    this.records = records;
    this.slaveTimerId = {
      class: 'slave',
      slaveClass: 'application',
      card: -1,
      device: thread,
      subdevice: 0,
    };
    this.#what = `listener on ${describeTimerId(timerId)}`;
    this.#buffer = new RecordBuffer(QUEUE.default, records === 'timestamped');
    watch(this, handle, this.#what);
    const emitter = this as EventEmitter;
    emitter.on('newListener', (type) => {
      if (type === 'event') this.#hearsAll = true;
      if (HEARD.includes(type)) this.#listen();
    });
    emitter.on('removeListener', () => {
      this.#hearsAll = this.listenerCount('event') > 0;
      this.#listenIfHeard();
    });
  }

  /**
   * Opens /dev/snd/timer and binds it to a timer: SNDRV_TIMER_IOCTL_TREAD64, SELECT, PARAMS. It does not start yet.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE: also for `ticks` other than
   * 1 on a userspace-driven timer, and for too few of them on a fast one
   * @throws AlsaError ENOENT, EACCES (/dev/snd/timer), ENODEV (no such timer), EBUSY (an exclusive client, or 1000),
   * ERR_TIMER_RESOLUTION (a userspace-driven timer below 1 ms), EBADFD (a slave whose master is not there)
   */
  static open(timer: TimerId | HasTimerId, options: TimerInstanceOptions = {}): TimerInstance {
    const id = checkTimerId('timer', timer);
    const { records = 'timestamped', parameters = 'set' } = checkOptions('options', options);
    checkOneOf('records', records, ['timestamped', 'plain']);
    checkOneOf('parameters', parameters, ['set', 'kernel']);
    const checked = checkParameters(id, options);
    let handle: TimerInstanceHandle | undefined;
    try {
      handle = native().openTimerInstance(TIMER_DEVICE, records === 'timestamped');
      const [timerClass, ...rest] = addressOf(id);
      const thread = handle.select(timerClass, slaveClassNumber(id), ...rest);
      if (parameters === 'set') checkResolution(handle, id, checked.ticks);
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
    return this.#handle.closed();
  }

  /** What the timestamps of timers tell: CLOCK_MONOTONIC, as process.hrtime.bigint(), or CLOCK_REALTIME. */
  get clock(): 'monotonic' | 'realtime' {
    return /^[0N]/.test(readProc(CLOCK_PARAMETER) ?? '1') ? 'realtime' : 'monotonic';
  }

  /**
   * Sets parameters anew, those that are left out to their defaults: SNDRV_TIMER_IOCTL_PARAMS. Stops the instance, and
   * drops what was not read yet.
   *
   * @throws as open(), and AlsaError ERR_CLOSED
   */
  configure(parameters: TimerInstanceParameters): void {
    const checked = checkParameters(this.timerId, checkOptions('parameters', parameters));
    this.#call(() => {
      checkResolution(this.#handle, this.timerId, checked.ticks);
      this.#set(checked);
    });
  }

  /**
   * Starts: SNDRV_TIMER_IOCTL_START. If another instance of a userspace-driven timer runs, the first trigger afterwards is
   * missed: that one makes this instance run.
   *
   * @throws AlsaError EINVAL (the timer is gone, or ticks every less than 100 us), ERR_CLOSED
   */
  start(): void {
    if (isUserDriven(this.timerId)) warnAboutCable(this.timerId.subdevice);
    this.#call(() => this.#handle.start());
    this.#started = true;
  }

  /**
   * Stops: SNDRV_TIMER_IOCTL_STOP.
   *
   * @throws AlsaError EBUSY (it is not running), EINVAL (the timer is gone), ERR_CLOSED
   */
  stop(): void {
    this.#call(() => this.#handle.stop());
  }

  /**
   * Goes on after a pause, or starts: SNDRV_TIMER_IOCTL_CONTINUE.
   *
   * @throws as start()
   */
  continue(): void {
    this.#call(() => this.#handle.continue());
    this.#started = true;
  }

  /**
   * Pauses: SNDRV_TIMER_IOCTL_PAUSE.
   *
   * @throws as stop()
   */
  pause(): void {
    this.#call(() => this.#handle.pause());
  }

  /**
   * What the timer is: SNDRV_TIMER_IOCTL_INFO.
   *
   * @throws AlsaError EBADFD (the timer is gone), ERR_CLOSED
   */
  info(): TimerInstanceInfo {
    const { id, name, card, flags, resolution } = this.#call(() => this.#handle.info());
    return { id, name, card, slave: (flags & SLAVE_FLAG) !== 0, resolution };
  }

  /**
   * How the instance is: SNDRV_TIMER_IOCTL_STATUS. Works for a timer that is gone, too.
   *
   * @throws AlsaError ERR_CLOSED
   */
  status(): TimerInstanceStatus {
    const { resolution, ...rest } = this.#call(() => this.#handle.status());
    return { ...rest, resolution: BigInt(resolution) };
  }

  /**
   * Takes what the kernel has queued: read(2), without waiting. Who reads takes events away from iterations and handlers.
   *
   * @returns the events, oldest first; the last is 'end' when the timer turns out to be gone
   * @throws AlsaError ERR_CLOSED
   */
  read(): TimerEvent[] {
    return this.#call(() => {
      const events = this.#take(this.#handle.read(this.#buffer.records));
      if (events.length === 0 && !this.#ended && this.#isGone()) events.push(this.#end());
      return events;
    });
  }

  /** Every event from now on, until the timer is gone or the instance is closed. */
  [Symbol.asyncIterator](): AsyncIterator<TimerEvent, undefined> {
    return this.events()[Symbol.asyncIterator]();
  }

  /**
   * Like iterating over the instance itself, until `signal` says otherwise. Starts the instance unless that was done
   * before.
   *
   * @throws AlsaError ERR_CLOSED, and what start() throws; the iteration throws the reason of `signal`
   */
  events(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<TimerEvent, undefined> {
    const { signal } = checkOptions('options', options);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw typeError('signal', 'an AbortSignal', signal);
    }
    signal?.throwIfAborted();
    this.#call(() => this.#handle.status());
    const queue: TimerEventQueue = new TimerEventQueue(this.#buffer.size, {
      signal,
      drained: () => this.#listenIfHeard(),
      closed: () => {
        this.#queues.delete(queue);
        this.#listenIfHeard();
      },
    });
    if (this.#ended) {
      queue.end();
      return queue;
    }
    this.#queues.add(queue);
    try {
      if (!this.#started) this.start();
      this.#listen();
    } catch (error) {
      this.#queues.delete(queue);
      throw error;
    }
    return queue;
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
    this.#unlisten();
    release(this.#handle);
    for (const queue of [...this.#queues]) queue.end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #set(checked: CheckedParameters): void {
    const { flags, ticks, queueSize, filter } = checked;
    const wasListening = this.#listening;
    this.#unlisten();
    // STOP is how the kernel tells that a timer is gone, so that it is always asked for.
    this.#handle.set(flags, ticks, queueSize, filter | STOP_BIT);
    this.#stopAsked = (filter & STOP_BIT) !== 0;
    this.#started = false;
    if (queueSize !== this.#buffer.size) {
      this.#buffer = new RecordBuffer(queueSize, this.records === 'timestamped');
    }
    if (wasListening) this.#listenIfHeard();
  }

  #listenIfHeard(): void {
    const heard = this.#queues.size > 0 || HEARD.some((type) => this.listenerCount(type) > 0);
    const stalled = [...this.#queues].some((queue) => queue.full);
    if (heard && !stalled) this.#listen();
    else this.#unlisten();
  }

  #listen(): void {
    if (this.#listening || this.#ended || this.closed) return;
    this.#call(() => this.#handle.listen(this.#buffer.records, this.#deliver));
    this.#listening = true;
    this.#liveness ??= setInterval(() => {
      if (this.#listening && this.#isGone()) this.#deliver(0);
    }, LIVENESS_MS).unref();
    // A timer that is gone already says nothing any more.
    if (this.#isGone()) setImmediate(this.#deliver, 0);
  }

  #unlisten(): void {
    clearInterval(this.#liveness);
    this.#liveness = undefined;
    if (!this.#listening) return;
    this.#listening = false;
    if (!this.closed) this.#handle.unlisten();
  }

  /** What the addon calls with the number of records in the buffer; 0 asks whether the timer is gone. */
  readonly #deliver = (count: number): void => {
    if (!this.#listening) return;
    let events: TimerEvent[];
    try {
      events = this.#take(count);
      // What was queued when the timer went comes first.
      if (count === 0 && !this.#ended && this.#isGone()) {
        events = this.#take(this.#handle.read(this.#buffer.records));
        if (!this.#ended) events.push(this.#end());
      }
    } catch (error) {
      this.#fail(fromNative(error, this.#what));
      return;
    }
    if (this.#queues.size > 0) for (const queue of this.#queues) queue.push(events);
    for (const event of events) {
      (this as EventEmitter).emit(event.type, event);
      if (this.#hearsAll) (this as EventEmitter).emit('event', event);
      // A handler may have closed it.
      if (this.#closed) return;
    }
    if (this.#ended) {
      this.#unlisten();
      for (const queue of [...this.#queues]) queue.end();
    } else if (this.#queues.size > 0) this.#listenIfHeard();
  };

  #fail(error: unknown): void {
    this.#unlisten();
    const queues = [...this.#queues];
    for (const queue of queues) queue.fail(error);
    if (queues.length === 0 || this.listenerCount('error') > 0) this.emit('error', error);
  }

  /** The events of `count` records in the buffer, and what they imply. */
  #take(count: number): TimerEvent[] {
    if (count < 0) {
      const error = systemError(-count, 'read', TIMER_DEVICE);
      // The card of the timer is gone.
      if (error.code === 'ENODEV') return this.#ended ? [] : [this.#end()];
      throw error;
    }
    const events: TimerEvent[] = [];
    let gone = false;
    for (let i = 0; i < count; i += 1) {
      const stop = this.#buffer.isStop(i);
      if (stop) gone ||= this.#isGone();
      if (!stop || this.#stopAsked) events.push(this.#buffer.event(i));
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

  /** INFO is the only call that tells, without an effect, whether the timer is still there. */
  #isGone(): boolean {
    try {
      this.#handle.info();
      return false;
    } catch (error) {
      const cause = fromNative(error, this.#what);
      if (cause instanceof AlsaError && (cause.code === 'EBADFD' || cause.code === 'ENODEV')) return true;
      throw cause;
    }
  }

  #call<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw fromNative(error, this.#what);
    }
  }
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
      'The kernel sets no parameters for such ticks. Listen with ' +
      "{ parameters: 'kernel', records: 'plain' }, which is started anew for each tick, or let the owner count its triggers.",
  });
}
