/** The records of read(2) on /dev/snd/timer, as they come across the seam, and the events that they are. */
import { EVENTS, type ResolutionEvent, type StateEvent, type TickEvent, type TimerEvent } from './events.js';

/** How to read the records of an instance. */
export interface RecordFormat {
  /** Plain records have the resolution in the place of the time. */
  readonly isStamped: boolean;
  /** Ticks of the timer for one of the instance. */
  readonly intervalTicks: number;
}

const TICK = EVENTS.indexOf('tick');
const STOP = EVENTS.indexOf('stop');
const WITH_RESOLUTION: ReadonlySet<string> = new Set<ResolutionEvent['type']>([
  'resolution',
  'start',
  'continue',
  'resume',
  'master-start',
  'master-continue',
  'master-resume',
]);

/** Records, two 64-bit elements each: see TimerInstanceHandle. */
export class RecordBuffer {
  static readonly BYTES = 16;
  /** For the addon to write to. */
  readonly records: BigInt64Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;

  /** @param memory where the records lie, from its begin on */
  constructor(size: number, memory: ArrayBuffer = new ArrayBuffer(size * RecordBuffer.BYTES)) {
    this.records = new BigInt64Array(memory, 0, size * 2);
    this.#words = new Uint32Array(memory, 0, size * 4);
  }

  get size(): number {
    return this.records.length / 2;
  }

  isTick(index: number): boolean {
    return this.#words[index * 4 + 2] === TICK;
  }

  isStop(index: number): boolean {
    return this.#words[index * 4 + 2] === STOP;
  }

  /** The event of record `index`, which is a tick. */
  tick(index: number, { isStamped, intervalTicks }: RecordFormat): TickEvent {
    const timerTicks = this.#words[index * 4 + 3] as number;
    const time = this.records[index * 2] as bigint;
    // The kernel adds up ticks of the timer, and counts no intervals.
    const count = intervalTicks === 1 ? timerTicks : Math.max(1, Math.floor(timerTicks / intervalTicks));
    return isStamped
      ? { type: 'tick', count, timerTicks, timestampNs: time }
      : { type: 'tick', count, timerTicks, timestampNs: 0n, resolutionNs: time };
  }

  /** The event of record `index`. */
  event(index: number, format: RecordFormat): TimerEvent {
    if (this.isTick(index)) return this.tick(index, format);
    const event = this.#words[index * 4 + 2] as number;
    const value = this.#words[index * 4 + 3] as number;
    const timestampNs = format.isStamped ? (this.records[index * 2] as bigint) : 0n;
    const type = EVENTS[event];
    if (type === undefined) return { type: 'unknown', event, value, timestampNs };
    return WITH_RESOLUTION.has(type)
      ? { type: type as ResolutionEvent['type'], resolutionNs: BigInt(value), timestampNs }
      : { type: type as StateEvent['type'], timestampNs };
  }
}
