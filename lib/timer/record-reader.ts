/** RecordReader: what the kernel has queued for an instance, as events, and what these tell of the instance. */
import { TIMER_DEVICE } from '../device-nodes.js';
import { systemError } from '../errors.js';
import type { TimerInstanceHandle } from '../native/binding.js';
import type { EndEvent, OverrunEvent, TickEvent, TimerEvent } from './events.js';
import { type CheckedParameters, KERNEL_PARAMETERS } from './instance-parameters.js';
import { RecordBuffer, type RecordFormat } from './records.js';

export class RecordReader {
  readonly #handle: TimerInstanceHandle;
  readonly #isStamped: boolean;
  readonly #noticed: (event: OverrunEvent | EndEvent) => void;
  #parameters = KERNEL_PARAMETERS;
  #format: RecordFormat;
  #buffer = new RecordBuffer(KERNEL_PARAMETERS.queueSize);
  #isRunning = false;
  #isEnded = false;
  /** What the kernel has counted, as far as it was told. */
  #overrun = 0;

  /** @param noticed the kernel has lost records, or the timer is gone: told at once, and once */
  constructor(
    handle: TimerInstanceHandle,
    isStamped: boolean,
    noticed: (event: OverrunEvent | EndEvent) => void,
  ) {
    this.#handle = handle;
    this.#noticed = noticed;
    this.#isStamped = isStamped;
    this.#format = { isStamped, intervalTicks: 1 };
  }

  /** Records that the kernel keeps. */
  get queueSize(): number {
    return this.#buffer.size;
  }

  /** Whether the timer was seen to be gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether the instance runs, as far as that is known, or is paused. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The instance was started or stopped. */
  setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning;
  }

  /** The instance has these parameters now: it does not run, and its queue is empty. */
  configured(parameters: CheckedParameters): void {
    const { intervalTicks, queueSize } = parameters;
    this.#parameters = parameters;
    this.#format = { isStamped: this.#isStamped, intervalTicks };
    this.#isRunning = false;
    if (queueSize !== this.#buffer.size) this.#buffer = new RecordBuffer(queueSize);
  }

  /** What was lost so far is told to nobody. */
  forgetOverruns(): void {
    this.#overrun = this.#handle.status().overrun;
  }

  /**
   * Whether a call that may stop the instance wants room in the kernel's queue before. The kernel adds a tick to the last
   * record only, and stops that nobody asked for would fill its queue, until there is no room for a tick. Read after the next
   * start, the tick of a one-shot instance would say that it has stopped.
   */
  get wantsRoom(): boolean {
    const { autoStart, isStopAsked } = this.#parameters;
    return this.#isRunning && (!autoStart || (this.#isStamped && !isStopAsked));
  }

  /** Takes what the kernel has queued, without waiting. */
  read(): TimerEvent[] {
    return this.take(this.#buffer, 0, this.#handle.read(this.#buffer.records));
  }

  /** The event of a record that is a tick, of which nothing else follows. */
  tick(records: RecordBuffer, index: number): TickEvent {
    this.#noteTick();
    return records.tick(index, this.#format);
  }

  /** The events of `count` records from `first` on, and what they imply; or of a negated errno. */
  take(records: RecordBuffer, first: number, count: number): TimerEvent[] {
    if (count < 0) {
      const error = systemError(-count, 'read', TIMER_DEVICE);
      // The card of the timer is gone.
      if (error.code === 'ENODEV') return this.#isEnded ? [] : [this.#end()];
      throw error;
    }
    const events: TimerEvent[] = [];
    let isGone = false;
    for (let i = first; i < first + count; i += 1) {
      const isStop = records.isStop(i);
      if (isStop) isGone ||= this.isGone();
      if (records.isTick(i)) this.#noteTick();
      if (!isStop || this.#parameters.isStopAsked) events.push(records.event(i, this.#format));
    }
    // Only a queue that was full can have lost anything.
    if (count >= this.#buffer.size) events.push(...this.#overruns());
    if (isGone && !this.#isEnded) events.push(this.#end());
    return events;
  }

  /** Asks whether the timer is gone. Where it is, and that was not known: what it had queued, and the end. */
  takeEnd(): TimerEvent[] {
    if (this.#isEnded || !this.isGone()) return [];
    const events = this.read();
    return this.#isEnded ? events : [...events, this.#end()];
  }

  /** Asks the kernel whether the timer is gone. */
  isGone(): boolean {
    const errno = this.#handle.probe();
    if (errno === 0) return false;
    const error = systemError(errno, 'ioctl SNDRV_TIMER_IOCTL_INFO', TIMER_DEVICE);
    if (error.code === 'EBADFD' || error.code === 'ENODEV') return true;
    throw error;
  }

  #end(): EndEvent {
    const event = { type: 'end' } as const;
    this.#isEnded = true;
    this.#noticed(event);
    return event;
  }

  #overruns(): OverrunEvent[] {
    const { overrun } = this.#handle.status();
    const lost = (overrun - this.#overrun) >>> 0;
    this.#overrun = overrun;
    if (lost === 0) return [];
    const event = { type: 'overrun', lost } as const;
    this.#noticed(event);
    return [event];
  }

  /** A one-shot instance stops itself with each tick. */
  #noteTick(): void {
    if (!this.#parameters.autoStart) this.#isRunning = false;
  }
}
