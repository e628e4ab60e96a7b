/** Follower: moves periods as this program counts frames. */
import { type InspectOptionsStylized, inspect } from 'node:util';
import { checkInteger } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { callNative, closedError } from '../errors.js';
import { inspection } from '../inspection.js';
import type { PacingHandle } from '../native/binding.js';
import { release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import type { UserTimer } from '../timer/user-timer.js';
import { type CableFollowerOptions, checkFollowerOptions, type FollowerOptions } from './options.js';
import { checkTarget, isPacedCable, type PacedCable, type PreparedTarget, prepareTarget } from './target.js';

/**
 * Moves a timer, or a cable, by frames that this program counts: those of a capture, of a decoder, of packets. What is no whole
 * period is carried on, so that the count stays exact.
 *
 * @example
 * using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
 * using follower = Follower.open(timer, { periodFrames: 480 });
 * console.log(follower.advance(1_000), follower.advance(440)); // 2 1
 */
export class Follower implements Disposable {
  readonly target: UserTimer | PacedCable;
  readonly periodFrames: number;
  readonly #handle: PacingHandle;
  readonly #prepared: PreparedTarget;
  #carried = 0;

  private constructor(
    made: typeof MADE,
    target: UserTimer | PacedCable,
    periodFrames: number,
    handle: PacingHandle,
    prepared: PreparedTarget,
  ) {
    checkMade(made, 'Follower.open()');
    this.target = target;
    this.periodFrames = periodFrames;
    this.#handle = handle;
    this.#prepared = prepared;
    watch(this, handle, this.#name);
  }

  /**
   * From now on until it is closed, nobody else moves `target`. Into a loopback frames are written ahead, and those
   * of a capture wait to be read, as beneath {@link Pacer.start}; its period is that of the follower.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError ERR_CLOSED, ERR_TIMER_IN_USE, ERR_BUSY
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using follower = Follower.open(loop, { aheadMs: 100 });
   * loop.write(new Uint8Array(3 * loop.periodBytes));
   * console.log(follower.advance(960), loop.stats().periods); // 2 2
   */
  static open(target: UserTimer, options: FollowerOptions): Follower;
  static open(target: PacedCable, options?: CableFollowerOptions): Follower;
  static open(
    target: UserTimer | PacedCable,
    options: FollowerOptions | CableFollowerOptions = {},
  ): Follower {
    checkTarget(target);
    const parameters = isPacedCable(target) ? target.parameters : undefined;
    const { periodFrames, aheadMs } = checkFollowerOptions(options, parameters);
    let follower: Follower | undefined;
    const prepared = prepareTarget(target, aheadMs, () => follower?.close());
    let handle: PacingHandle;
    try {
      handle = callNative('Follower', () =>
        native().createFollower(prepared.handle, { skip: false, maxBurst: 0xffff_ffff }),
      );
    } catch (error) {
      prepared.end();
      throw error;
    }
    prepared.claim(handle);
    follower = new Follower(MADE, target, periodFrames, handle, prepared);
    return follower;
  }

  get closed(): boolean {
    return this.#handle.closed();
  }

  /**
   * So many frames have passed: moves the periods that they complete, before it returns.
   *
   * @param frames 0..2^31-1
   * @returns how many periods that were
   * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError ERR_CLOSED; what moving the target throws, which closes the follower
   * @example
   * using timer = UserTimer.create({ rate: 44_100, periodFrames: 441 });
   * using follower = Follower.open(timer, { periodFrames: 441 });
   * console.log(follower.advance(882)); // 2
   */
  advance(frames: number): number {
    checkInteger('frames', frames, 0, 0x7fff_ffff);
    if (this.closed) throw closedError(this.#name);
    const all = this.#carried + frames;
    this.#carried = all % this.periodFrames;
    const periods = Math.floor(all / this.periodFrames);
    if (periods === 0) return 0;
    this.#handle.tick(periods);
    const { error, call } = this.#handle.stats();
    if (error === 0) return periods;
    this.close();
    throw this.#prepared.explain(error, call);
  }

  /** What it has moved stays open. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    release(this.#handle);
    this.#prepared.end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const { periodFrames, closed } = this;
    return inspection('Follower', { of: this.#prepared.what, periodFrames, closed }, depth, options);
  }

  get #name(): string {
    return `Follower of ${this.#prepared.what}`;
  }
}
