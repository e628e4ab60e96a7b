/** What a timer instance is told: one member of a union for each event. */

interface Stamped {
  /**
   * Nanoseconds on the instance's `clock()`: when the kernel wrote the record. 0n where it gives none: in plain records, and
   * for 'early'.
   */
  readonly timestampNs: bigint;
}

/** The instance ticked: an interval of the timer has passed. */
export interface TickEvent extends Stamped {
  readonly type: 'tick';
  /**
   * How often it ticked, 1 or more. Ticks that nobody has taken yet are added up, with the time of the latest, unless
   * something happened between them.
   */
  readonly count: number;
  /** Ticks of the timer itself: `intervalTicks` for each of `count`, and some more where the timer was late. */
  readonly timerTicks: number;
  /** Nanoseconds of a tick of the timer, cut to 32 bits by the kernel. In plain records only. */
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
  /** Nanoseconds of a tick of the timer, cut to 32 bits by the kernel. */
  readonly resolutionNs: bigint;
}

/** An event that says no more than its name. */
export interface StateEvent extends Stamped {
  /** 'early': the parameters were set with `earlyEvent`. */
  readonly type: 'stop' | 'pause' | 'early' | 'suspend' | 'master-stop' | 'master-pause' | 'master-suspend';
}

/** Events were lost behind those that came: the kernel's queue was full, or that of the iteration. */
export interface OverrunEvent {
  readonly type: 'overrun';
  /**
   * How many records. Ticks are among them only where other events were asked for, too, and have filled the queue: a tick is
   * added to the last record that waits in it if that is a tick. In plain records the kernel does so for ticks shorter than
   * 4.29 s (2^32 ns).
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
export const EVENTS = [
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

/** What the filter of an instance can ask for. */
export type TimerEventName = Exclude<TimerEvent['type'], 'early' | 'overrun' | 'end' | 'unknown'>;

export const TIMER_EVENT_NAMES: readonly TimerEventName[] = EVENTS.filter(
  (name): name is TimerEventName => name !== undefined && name !== 'early',
);

/** Everything that an instance emits. */
export const ALL_EVENT_TYPES = [...TIMER_EVENT_NAMES, 'early', 'overrun', 'end', 'unknown'] as const;

/** The bit of an event in a filter: `1 << SNDRV_TIMER_EVENT_*`. */
export function filterBit(event: TimerEventName): number {
  return 1 << EVENTS.indexOf(event);
}

/**
 * Two ticks as one, at the time of the later: so the kernel adds up what nobody has read. Undefined where they are not two
 * ticks of one resolution.
 */
export function mergedTicks(earlier: TimerEvent | undefined, later: TimerEvent): TickEvent | undefined {
  if (earlier?.type !== 'tick' || later.type !== 'tick') return undefined;
  if (earlier.resolutionNs !== later.resolutionNs) return undefined;
  const [count, timerTicks] = [earlier.count + later.count, earlier.timerTicks + later.timerTicks];
  return { ...later, count, timerTicks };
}
