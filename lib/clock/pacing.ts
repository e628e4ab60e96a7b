/** Pacing: what a pacer moves, at the ends of periods. */
import type { Readable } from 'node:stream';
import { type InspectOptionsStylized, inspect } from 'node:util';
import { checkMade, type MADE } from '../construction.js';
import { AlsaError, closedError } from '../errors.js';
import { inspection } from '../inspection.js';
import type { PacingHandle, PacingStatsNative } from '../native/binding.js';
import { keep, release, watch } from '../native/lifetime.js';
import { ObservantEmitter } from '../observant-emitter.js';
import { emitOrThrowUncaught } from '../uncaught.js';
import { clockChannels } from './channels.js';
import type { PacingEvents, PacingStats } from './events.js';
import { checkPpb } from './options.js';
import { clockStateOf, pacingStatsOf } from './pacing-stats.js';
import type { PacedTarget, PreparedTarget } from './target.js';
import { countBytes } from './tick-source.js';

/** Events that a pacing waits for while somebody handles them. */
const WAITED_FOR = ['tick', 'late', 'state', 'step', 'end', 'error'] as const;

const isWaitedFor = (type: unknown) => WAITED_FOR.some((one) => one === type);

/** Its pacer, as far as it needs that. It lives as long as its pacings. */
export interface PacingOwner {
  /** Whether a pacing waits for events, and keeps the event loop alive. */
  waits(pacing: Pacing, wanted: boolean): void;
  closed(pacing: Pacing): void;
}

/** What a pacing is made of. */
export interface PacingParts {
  readonly handle: PacingHandle;
  readonly owner: PacingOwner;
  readonly prepared: PreparedTarget;
  readonly target: PacedTarget;
  /** Undefined where a source has the time. */
  readonly stream: { readonly rate: number; readonly periodFrames: number } | undefined;
}

/** Set by the class, whose insides they need. */
let insides: {
  readonly look: (pacing: Pacing) => void;
  readonly ended: (pacing: Pacing) => void;
  readonly followBytes: (pacing: Pacing, source: Readable) => void;
};

/**
 * What a {@link Pacer} moves at the end of each period, in its own thread: this goes on while the event loop is busy.
 *
 * Waiting for events keeps the process alive, and the pacing, until {@link unref} or {@link close}. Without handlers it does not:
 * keep the object, since a pacing that is collected is closed.
 *
 * @example
 * import { once } from 'node:events';
 * using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
 * using pacer = Pacer.open();
 * using pacing = pacer.start(timer, { rate: 48_000, periodFrames: 480 });
 * await once(pacing, 'tick');
 * console.log(pacing.stats().missed); // 0n
 */
export class Pacing extends ObservantEmitter<PacingEvents> implements Disposable {
  /** What it moves. */
  readonly target: PacedTarget;
  /** Hz, nominal. Undefined where it follows a source, which has the time. */
  readonly rate: number | undefined;
  readonly periodFrames: number | undefined;
  readonly #handle: PacingHandle;
  readonly #owner: PacingOwner;
  readonly #prepared: PreparedTarget;
  #told: PacingStatsNative;
  /** Those that a handler was told of, or that `stats()` has shown while there was none. */
  #toldTicks = 0n;
  #isReferenced = true;
  #stopSource: (() => void) | undefined;

  /** @internal */
  constructor(made: typeof MADE, parts: PacingParts) {
    checkMade(made, 'Pacer.start()');
    super(
      (type) => isWaitedFor(type) && this.#waitFor(type, true),
      (type) => isWaitedFor(type) && this.#waitFor(type, this.listenerCount(type as never) > 0),
    );
    this.#handle = parts.handle;
    this.#owner = parts.owner;
    this.#prepared = parts.prepared;
    this.target = parts.target;
    this.rate = parts.stream?.rate;
    this.periodFrames = parts.stream?.periodFrames;
    // The thread was there first: what it counted, or ended with, is news.
    this.#told = {
      ...this.#handle.stats(),
      caughtUp: 0n,
      missed: 0n,
      stateChanges: 0,
      ended: false,
      error: 0,
    };
    watch(this, this.#handle, this.#name);
  }

  /** By how much the rate is higher than nominal, in parts per billion. */
  get ppb(): number {
    return this.#handle.stats().ppb;
  }

  get closed(): boolean {
    return this.#handle.closed();
  }

  /**
   * Changes the rate from the last end of a period on: the next one comes a period of the new length after it, and nothing jumps.
   *
   * @param ppb parts per billion, -500000000..500000000
   * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE; AlsaError ERR_CLOSED; ERR_NO_SCHEDULE where it follows a source
   * @example
   * using pacer = Pacer.open();
   * using pacing = pacer.start(null, { rate: 48_000, periodFrames: 48 });
   * pacing.setPpb(100_000); // 48004.8 Hz
   */
  setPpb(ppb: number): void {
    const checked = checkPpb(ppb);
    if (this.closed) throw closedError(this.#name);
    if (this.rate === undefined) throw noScheduleError(this.#name);
    this.#handle.setPpb(checked);
  }

  /** What happened so far, also once it is closed. */
  stats(): PacingStats {
    const stats = pacingStatsOf(this.#handle.stats());
    if (this.listenerCount('tick') === 0) this.#toldTicks = stats.ticks;
    return stats;
  }

  /** Waiting for events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    this.#isReferenced = true;
    this.#updateWait();
    return this;
  }

  /** Waiting for events keeps the process alive no more. */
  unref(): this {
    this.#isReferenced = false;
    this.#updateWait();
    return this;
  }

  /** Nothing moves any more once this returns. What it has paced stays open. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    release(this.#handle);
    this.#ended();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const { rate, periodFrames, ppb, closed } = this;
    return inspection('Pacing', { of: this.#prepared.what, rate, periodFrames, ppb, closed }, depth, options);
  }

  get #name(): string {
    return `Pacing of ${this.#prepared.what}`;
  }

  #waitFor(type: unknown, wanted: boolean): void {
    if (this.closed) return;
    if (type === 'tick') this.#handle.tellTicks(wanted, this.#toldTicks);
    // The handler that is added is not there yet.
    this.#updateWait(wanted);
  }

  #updateWait(added = false): void {
    const isHandled = added || WAITED_FOR.some((type) => this.listenerCount(type) > 0);
    const wanted = this.#isReferenced && isHandled && !this.closed;
    keep(this, wanted);
    this.#owner.waits(this, wanted);
  }

  /** Tells what is new, and its handlers no more once one of them has closed it. */
  #look(): void {
    if (this.closed) return;
    const before = this.#told;
    const now = this.#handle.news();
    this.#told = now;
    const tell = (type: keyof PacingEvents, event: object) => {
      if (!this.closed) emitOrThrowUncaught(this, type, event);
    };
    const count = this.listenerCount('tick') > 0 ? Number(now.ticks - this.#toldTicks) : 0;
    this.#toldTicks += BigInt(count);
    if (count > 0) tell('tick', { count });
    const caughtUp = Number(now.caughtUp - before.caughtUp);
    const missed = Number(now.missed - before.missed);
    if (caughtUp + missed > 0) {
      const event = { caughtUp, missed };
      clockChannels.publish('pacing:late', { pacing: this, event });
      tell('late', event);
    }
    if (now.steps !== before.steps) {
      const event = { stepNs: now.stepNs, steps: now.steps };
      clockChannels.publish('pacing:step', { pacing: this, event });
      tell('step', event);
    }
    // It may be what it was before: who has seen another one in between waits for that.
    if (now.stateChanges !== before.stateChanges) {
      const event = { state: clockStateOf(now.state) };
      clockChannels.publish('pacing:state', { pacing: this, event });
      tell('state', event);
    }
    if (this.closed) return;
    if (now.error !== 0 && before.error === 0) this.#fail(now);
    else if (now.ended && !before.ended) this.#end();
  }

  #fail({ error: errno, call }: PacingStatsNative): void {
    this.#failWith(this.#prepared.explain(errno, call));
  }

  #failWith(error: unknown): void {
    this.close();
    clockChannels.publish('pacing:error', { pacing: this, error });
    emitOrThrowUncaught(this, 'error', error);
  }

  /** Its source has. */
  #end(): void {
    this.close();
    clockChannels.publish('pacing:end', { pacing: this });
    emitOrThrowUncaught(this, 'end');
  }

  #followBytes(source: Readable): void {
    this.#stopSource = countBytes(
      source,
      (bytes) => this.#handle.tick(bytes),
      (error) => {
        if (this.closed) return;
        this.#look();
        if (this.closed) return;
        if (error === undefined) this.#end();
        else this.#failWith(error);
      },
    );
  }

  #ended(): void {
    this.#stopSource?.();
    this.#prepared.end();
    this.#updateWait();
    this.#owner.closed(this);
    clockChannels.publish('pacing:close', { pacing: this });
  }

  static {
    insides = {
      followBytes: (pacing, source) => pacing.#followBytes(source),
      look: (pacing) => pacing.#look(),
      ended: (pacing) => {
        release(pacing.#handle);
        pacing.#ended();
      },
    };
  }
}

/** There is news of it. */
export function lookAtPacing(pacing: Pacing): void {
  insides.look(pacing);
}

/** Its pacer was closed, and the pacing with it. */
export function pacingEnded(pacing: Pacing): void {
  insides.ended(pacing);
}

/** Each byte of a stream is a tick. */
export function followBytes(pacing: Pacing, source: Readable): void {
  insides.followBytes(pacing, source);
}

function noScheduleError(name: string): AlsaError {
  return new AlsaError(`${name} has no rate that can be set: it follows a source`, {
    code: 'ERR_NO_SCHEDULE',
    hint: 'Its periods end when the source ticks. Pacer.start() makes a pacing with a rate.',
  });
}
