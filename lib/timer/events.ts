/** What a timer instance is told: the records of read(2) on /dev/snd/timer, one member of a union for each event. */

interface Stamped {
  /**
   * Nanoseconds on the instance's `clock`: when the kernel wrote the record. 0n where it gives none: in plain records, and
   * for 'early'.
   */
  readonly timestampNs: bigint;
}

/** The timer ticked. */
export interface TickEvent extends Stamped {
  readonly type: 'tick';
  /**
   * Ticks of the timer since the last tick. Those that nobody has read yet are added up, with the time of the latest, unless
   * something happened between them.
   */
  readonly ticks: number;
  /** Nanoseconds of a tick, cut to 32 bits by the kernel. In plain records only. */
  readonly resolutionNs?: bigint;
}

/** An event that comes with the resolution of the timer. */
export interface ResolutionEvent extends Stamped {
  /**
   * 'resolution': before the first tick after a start. 'start', 'continue', 'resume': the instance does this.
   * 'master-...': the timer does it; of a PCM substream's timer, the stream.
   */
  readonly type:
    | 'resolution'
    | 'start'
    | 'continue'
    | 'resume'
    | 'master-start'
    | 'master-continue'
    | 'master-resume';
  /** Nanoseconds, cut to 32 bits by the kernel. */
  readonly resolutionNs: bigint;
}

/** An event that says no more than its name. */
export interface StateEvent extends Stamped {
  /** 'early': the parameters were set with `earlyEvent`. */
  readonly type: 'stop' | 'pause' | 'early' | 'suspend' | 'master-stop' | 'master-pause' | 'master-suspend';
}

/**
 * Records that found the kernel's queue full, or that of the iteration, and are lost: those that came after all that were
 * delivered so far.
 */
export interface OverrunEvent {
  readonly type: 'overrun';
  /**
   * How many. Ticks are among them only where other events were asked for, too, and have filled the queue: a tick is added
   * to the last record that waits in it if that is a tick. In plain records the kernel does so for ticks shorter than 4.29 s
   * (2^32 ns).
   */
  readonly lost: number;
}

/** The owner of the timer closed it, or its card is gone: nothing comes after this. */
export interface EndEvent {
  readonly type: 'end';
}

/** An event that this version has no name for. */
export interface UnknownEvent extends Stamped {
  readonly type: 'unknown';
  /** SNDRV_TIMER_EVENT_*. */
  readonly event: number;
  readonly value: number;
}

export type TimerEvent = TickEvent | ResolutionEvent | StateEvent | OverrunEvent | EndEvent | UnknownEvent;

/** SNDRV_TIMER_EVENT_*, by number. */
const NAMES = [
  'resolution',
  'tick',
  'start',
  'stop',
  'continue',
  'pause',
  'early',
  'suspend',
  'resume',
  undefined,
  undefined,
  undefined,
  'master-start',
  'master-stop',
  'master-continue',
  'master-pause',
  undefined,
  'master-suspend',
  'master-resume',
] as const;

type Name = Exclude<(typeof NAMES)[number], undefined>;

/**
 * Two ticks as one, at the time of the later: so the kernel adds up what nobody has read. Undefined where they are not two
 * ticks of one resolution.
 */
export function mergedTicks(earlier: TimerEvent | undefined, later: TimerEvent): TickEvent | undefined {
  if (earlier?.type !== 'tick' || later.type !== 'tick') return undefined;
  if (earlier.resolutionNs !== later.resolutionNs) return undefined;
  return { ...later, ticks: earlier.ticks + later.ticks };
}

/**
 * What the filter of an instance can ask for.
 *
 * @useDeclaredType
 */
export type TimerEventName = Exclude<Name, 'early'>;

export const TIMER_EVENT_NAMES: readonly TimerEventName[] = NAMES.filter(
  (name): name is TimerEventName => name !== undefined && name !== 'early',
);

/** Everything that an instance emits. */
export const ALL_EVENT_TYPES = [...TIMER_EVENT_NAMES, 'early', 'overrun', 'end', 'unknown'] as const;

const TICK = 1;
const STOP = 3;
const WITH_RESOLUTION = new Set<Name>([
  'resolution',
  'start',
  'continue',
  'resume',
  'master-start',
  'master-continue',
  'master-resume',
]);

/** The bits of a filter: `1 << SNDRV_TIMER_EVENT_*`. */
export function filterBits(events: Iterable<TimerEventName>): number {
  let bits = 0;
  for (const event of events) bits |= 1 << NAMES.indexOf(event);
  return bits;
}

export const STOP_BIT = 1 << STOP;

/** Records as they come across the seam, two 64-bit elements each: see TimerInstanceHandle. */
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

  /** The event of record `index`, which is a tick; plain records have the resolution in the place of the time. */
  tick(index: number, stamped: boolean): TickEvent {
    const ticks = this.#words[index * 4 + 3] as number;
    const time = this.records[index * 2] as bigint;
    return stamped
      ? { type: 'tick', ticks, timestampNs: time }
      : { type: 'tick', ticks, timestampNs: 0n, resolutionNs: time };
  }

  /** The event of record `index`. */
  event(index: number, stamped: boolean): TimerEvent {
    if (this.isTick(index)) return this.tick(index, stamped);
    const event = this.#words[index * 4 + 2] as number;
    const value = this.#words[index * 4 + 3] as number;
    const timestamp = stamped ? (this.records[index * 2] as bigint) : 0n;
    const type = NAMES[event];
    if (type === undefined) return { type: 'unknown', event, value, timestampNs: timestamp };
    return WITH_RESOLUTION.has(type)
      ? { type: type as ResolutionEvent['type'], resolutionNs: BigInt(value), timestampNs: timestamp }
      : { type: type as StateEvent['type'], timestampNs: timestamp };
  }
}
