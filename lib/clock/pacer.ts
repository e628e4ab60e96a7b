/** Pacer: a thread that moves periods when their time has come. */
import { type InspectOptionsStylized, inspect } from 'node:util';
import { checkMade, MADE } from '../construction.js';
import { callNative, closedError } from '../errors.js';
import { inspection } from '../inspection.js';
import type { PacerHandle, PacingHandle, WatcherHandle } from '../native/binding.js';
import { adopt, release, watch, weakly } from '../native/lifetime.js';
import { native } from '../native/load.js';
import type { UserTimer } from '../timer/user-timer.js';
import { clockChannels } from './channels.js';
import {
  type CableFollowingOptions,
  type CablePacingOptions,
  checkCablePacingOptions,
  checkClock,
  checkFollowingOptions,
  checkPacerOptions,
  checkPacingOptions,
  type FollowingOptions,
  type PacerOptions,
  type PacingOptions,
  type PreparedPacingOptions,
} from './options.js';
import { followBytes, lookAtPacing, Pacing, type PacingOwner, pacingEnded } from './pacing.js';
import { type PacerScheduling, pacerSchedulingOf } from './scheduling.js';
import {
  checkTarget,
  isPacedCable,
  type PacedCable,
  type PacedTarget,
  type PreparedTarget,
  prepareTarget,
} from './target.js';
import { checkTickSource, type TickSource } from './tick-source.js';

/** Set by the class, whose insides they need. */
let insides: {
  readonly pace: (pacer: Pacer, prepare: () => PreparedTarget, options: PreparedPacingOptions) => Pacing;
};

/**
 * Moves what is no public target, as {@link Pacer.start} does.
 *
 * @param prepare is called once nothing but the kernel can refuse it
 * @throws as that does
 */
export function pacePrepared(
  pacer: Pacer,
  prepare: () => PreparedTarget,
  options: PreparedPacingOptions,
): Pacing {
  return insides.pace(pacer, prepare, options);
}

/**
 * A thread that ticks timers in real time. One serves many: each pacing has a schedule, whose ends of periods are exact
 * however long it goes on. After 24 hours of 44100 Hz and 1024 frames there were 3720937 ends, as arithmetic says.
 *
 * It sleeps on CLOCK_MONOTONIC, with a timer slack of 1 ns (PR_SET_TIMERSLACK). For wakes in time on a busy machine give it a
 * `priority`; what was refused, {@link scheduling} says.
 *
 * @example
 * using timer = UserTimer.create({ rate: 44_100, periodFrames: 1_024 });
 * using pacer = Pacer.open({ priority: 50 });
 * for (const reason of pacer.scheduling.refused) console.error(reason);
 * using pacing = pacer.start(timer, { rate: 44_100, periodFrames: 1_024 });
 * console.log(pacing.stats().missed); // 0n
 */
export class Pacer implements Disposable {
  /** How the thread is scheduled, and what was refused to it. */
  readonly scheduling: PacerScheduling;
  readonly #handle: PacerHandle;
  readonly #watcher: WatcherHandle;
  readonly #pacings = new Map<number, WeakRef<Pacing>>();
  readonly #waiting = new Set<Pacing>();

  private constructor(
    made: typeof MADE,
    handle: PacerHandle,
    watcher: WatcherHandle,
    scheduling: PacerScheduling,
  ) {
    checkMade(made, 'Pacer.open()');
    this.#handle = handle;
    this.#watcher = watcher;
    this.scheduling = scheduling;
    watch(this, handle, 'Pacer');
    adopt(this, watcher);
    watcher.setRef(false);
    this.#awaitNews();
  }

  /**
   * Starts the thread: pthread_create(3), prctl(2), and sched_setscheduler(2), sched_setaffinity(2), mlock(2) where `options`
   * ask for them. What is refused of these is no error.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError EAGAIN (no thread more), EMFILE, ENFILE
   * @example
   * using pacer = Pacer.open({ cpu: 0, lockMemory: true });
   * console.log(pacer.scheduling.policy); // other
   */
  static open(options: PacerOptions = {}): Pacer {
    const asked = checkPacerOptions(options);
    const handle = callNative('Pacer', () => native().createPacer(asked));
    let watcher: WatcherHandle;
    try {
      watcher = callNative('Pacer', () => handle.watchNews());
    } catch (error) {
      handle.close();
      throw error;
    }
    const pacer = new Pacer(MADE, handle, watcher, pacerSchedulingOf(asked, handle.refusals));
    clockChannels.publish('pacer:open', { pacer });
    return pacer;
  }

  get closed(): boolean {
    return this.#handle.closed();
  }

  /**
   * Moves `target` at the end of each period from now on, until the pacing is closed.
   *
   * - A timer: ioctl SNDRV_TIMER_IOCTL_TRIGGER. Nobody else triggers it meanwhile.
   * - A loopback: the next period that was written to it. What is written, or sent, waits in a queue of `aheadMs`. At an end without
   *   a whole period, which counts as an underrun, silence moves where the loopback is open with idle 'silence', and nothing
   *   otherwise. Whole periods that wait when the pacing is closed are gone; one that is begun goes on with the next write.
   * - A capture: a period of whoever plays into it, which waits in a queue of `aheadMs` until it is read. Where the queue is full the
   *   oldest is lost, which an 'overrun' event of the capture tells. While nobody plays, which counts as underruns, silence moves, or
   *   nothing where the capture is open with idle 'stall'. What has moved when the pacing is closed can still be read.
   * - null: nothing moves, and 'tick' events tell of the ends.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError ERR_CLOSED, of the pacer, the clock or the target; ERR_TIMER_IN_USE where something else triggers the timer, or paces the
   * cable; ERR_BUSY while a send into the loopback is under way
   * @example
   * using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
   * using clock = Clock.open('tai'); // or '/dev/ptp0'
   * using pacer = Pacer.open();
   * using pacing = pacer.start(timer, { clock, rate: 48_000, periodFrames: 480, start: 'aligned' });
   * pacing.on('step', ({ stepNs }) => console.error('the clock was set by', stepNs)).unref();
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480, idle: 'silence' });
   * using pacer = Pacer.open();
   * using pacing = pacer.start(loop, { aheadMs: 200 });
   * await loop.send(new Uint8Array(10 * loop.periodBytes)); // once there is room; the pacer takes 100 ms to move it
   * console.log(pacing.stats().missed); // 0n
   * @example
   * using capture = await ClockedCapture.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pacer = Pacer.open();
   * using pacing = pacer.start(capture); // silence, while nobody plays
   * for await (const bytes of capture.frames()) {
   *   console.log(bytes.length > 0); // true
   *   break;
   * }
   * @example
   * import { once } from 'node:events';
   *
   * using pacer = Pacer.open();
   * using pacing = pacer.start(null, { rate: 48_000, periodFrames: 480, start: 'aligned', late: 'skip' });
   * pacing.on('tick', ({ count }) => console.log(count));
   * await once(pacing, 'tick');
   */
  start(target: UserTimer | null, options: PacingOptions): Pacing;
  start(target: PacedCable, options?: CablePacingOptions): Pacing;
  start(target: PacedTarget, options: PacingOptions | CablePacingOptions = {}): Pacing {
    checkTarget(target);
    const { parameters, aheadMs } = isPacedCable(target)
      ? checkCablePacingOptions(target.parameters, options)
      : { parameters: checkPacingOptions(options as PacingOptions), aheadMs: 0 };
    const clock = checkClock(options.clock);
    const prepare = (close: () => void) => prepareTarget(target, aheadMs, close);
    return this.#pace(prepare, target, parameters, (prepared) =>
      this.#handle.start(prepared.handle, parameters, clock),
    );
  }

  /**
   * Moves `target` at each tick of `source` from now on, as {@link start} does: ticks of another timer, of a program, of hardware.
   * A pacing of a source that has ended is closed, and tells 'end'. Of ticks that come together, as many as `late` says move.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError what {@link start} throws; EBADF for a descriptor that is not open; ERR_CLOSED of the source
   * @example
   * using timer = UserTimer.create({ resolutionNs: 10_000_000n });
   * using master = UserTimer.create({ resolutionNs: 10_000_000n });
   * using source = TimerInstance.open(master);
   * source.start();
   * using pacer = Pacer.open();
   * using pacing = pacer.follow(timer, source); // as often as master ticks
   * master.trigger();
   */
  follow(target: UserTimer | null, source: TickSource, options?: FollowingOptions): Pacing;
  follow(target: PacedCable, source: TickSource, options?: CableFollowingOptions): Pacing;
  follow(target: PacedTarget, source: TickSource, options: CableFollowingOptions = {}): Pacing {
    checkTarget(target);
    const { native: watched, readable } = checkTickSource(source);
    const { policy, aheadMs } = checkFollowingOptions(options, isPacedCable(target));
    const prepare = (close: () => void) => prepareTarget(target, aheadMs, close);
    const pacing = this.#pace(prepare, target, undefined, (prepared) =>
      this.#handle.follow(prepared.handle, watched, policy),
    );
    if (readable) followBytes(pacing, readable);
    return pacing;
  }

  /** @param prepare is told how the pacing is closed, where its target is closed first */
  #pace(
    prepare: (close: () => void) => PreparedTarget,
    target: PacedTarget,
    stream: { readonly rate: number; readonly periodFrames: number } | undefined,
    begin: (prepared: PreparedTarget) => PacingHandle,
  ): Pacing {
    if (this.closed) throw closedError('Pacer');
    let pacing: Pacing | undefined;
    const prepared = prepare(() => pacing?.close());
    let handle: PacingHandle;
    try {
      handle = callNative('Pacer', () => begin(prepared));
    } catch (error) {
      prepared.end();
      throw error;
    }
    prepared.claim(handle);
    const owner = this.#owner(handle.number);
    pacing = new Pacing(MADE, { handle, owner, prepared, target, stream });
    this.#pacings.set(handle.number, new WeakRef(pacing));
    clockChannels.publish('pacing:start', { pacing });
    return pacing;
  }

  /** Closes all pacings, and ends the thread. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    const pacings = [...this.#pacings.values()];
    release(this.#handle);
    this.#watcher.close();
    for (const pacing of pacings) {
      const alive = pacing.deref();
      if (alive) pacingEnded(alive);
    }
    clockChannels.publish('pacer:close', { pacer: this });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const { scheduling, closed } = this;
    return inspection('Pacer', { scheduling, closed }, depth, options);
  }

  #owner(number: number): PacingOwner {
    return {
      waits: (pacing, wanted) => {
        if (wanted) this.#waiting.add(pacing);
        else this.#waiting.delete(pacing);
        if (!this.closed) this.#watcher.setRef(this.#waiting.size > 0);
      },
      closed: () => {
        this.#pacings.delete(number);
      },
    };
  }

  #awaitNews(): void {
    this.#watcher.arm(weakly(this, (pacer) => pacer.#lookForNews()));
  }

  #lookForNews(): void {
    const numbers = this.#handle.takeNews();
    this.#awaitNews();
    for (const number of numbers) {
      const pacing = this.#pacings.get(number)?.deref();
      if (pacing) lookAtPacing(pacing);
      else this.#pacings.delete(number);
    }
  }

  static {
    insides = {
      pace: (pacer, prepare, options) => {
        const { clock: given, ...stream } = options;
        const parameters = checkPacingOptions(stream);
        const clock = checkClock(given);
        return pacer.#pace(prepare, null, parameters, (prepared) =>
          pacer.#handle.start(prepared.handle, parameters, clock),
        );
      },
    };
  }
}
