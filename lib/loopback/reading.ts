/** Reading: the capture side of a cable, and the timer that clocks it. */
import { constants } from 'node:os';
import { systemError } from '../errors.js';
import type { CapturePumpHandle, PcmHandle, UtimerHandle } from '../native/binding.js';
import { handleOf, release } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { sampleFormat } from '../pcm/format.js';
import type { PcmParameters } from '../pcm/parameters.js';
import type { Pcm } from '../pcm/pcm.js';
import { substreamFolder } from '../pcm/substream.js';
import { claimTimer, type UserTimer } from '../timer/user-timer.js';
import type { ClockedCaptureStats } from './clocked-capture-events.js';
import type { CheckedClockedCaptureOptions } from './clocked-capture-options.js';
import { MovedPeriods } from './moved-periods.js';
import { openClocked } from './open-clocked.js';
import { explainStream, stalled } from './stream-errors.js';

/** How it stalls. */
const NONE_COMES = 'no period comes with a trigger';

interface ReadingHandlers {
  /** Whether anybody wants to hear of xruns, and of lost periods, when they are read from the pump: asking takes longer than that. */
  isWatched(): boolean;
  /** There were overruns, or suspends: so many so far. */
  recovered(xruns: number): void;
  /** So many periods were lost before what is read now. */
  lost(periods: number): void;
}

/** Its errors explain themselves: who plays, who runs on the timer. */
export class Reading {
  /** For messages. */
  readonly name: string;
  readonly parameters: Required<PcmParameters>;
  readonly timer: UserTimer;
  /** Triggers the timer and reads periods. */
  readonly pump: CapturePumpHandle;
  readonly pcm: Pcm;
  readonly #options: CheckedClockedCaptureOptions;
  #handlers: ReadingHandlers | undefined;
  /** Those that were told. */
  #xruns = 0;
  #lost = 0;
  /** What pacers have moved and nobody has read yet; the last one may still get more. */
  readonly #moved: MovedPeriods[] = [];
  /** Those that were lost in what is not there any more. */
  #lostBefore = 0;
  #paced: { readonly moved: MovedPeriods; readonly close: () => void } | undefined;

  private constructor(options: CheckedClockedCaptureOptions, timer: UserTimer, pcm: Pcm) {
    const { card, device, stalls } = options;
    const { substream } = pcm;
    this.name = `ClockedCapture hw:${card.number},${device},${substream}`;
    this.parameters = pcm.parameters;
    this.timer = timer;
    this.pcm = pcm;
    this.#options = options;
    this.pump = native().createCapturePump(handleOf<PcmHandle>(pcm), handleOf<UtimerHandle>(timer), {
      silence: sampleFormat(pcm.parameters.format).silence,
      stalls,
      player: substreamFolder({ card: card.number, device: 1 - device, direction: 'playback', substream }),
    });
  }

  /** Opens the cable. The caller has the lock of the card. Throws what ClockedCapture.open throws. */
  static open(options: CheckedClockedCaptureOptions): Reading {
    return openClocked(
      { ...options, direction: 'capture' },
      (timer, pcm) => new Reading(options, timer, pcm),
    );
  }

  /** Starts the stream. Nobody else triggers the timer from here to close(). */
  begin(handlers: ReadingHandlers): void {
    this.#handlers = handlers;
    if (!this.#ownsTimer) claimTimer(this.timer, { what: `clocks ${this.name}`, owner: this.pump });
    this.#explaining(() => this.pump.start());
  }

  get frameBytes(): number {
    return this.pcm.frameBytes;
  }

  get periodBytes(): number {
    return this.frameBytes * this.parameters.periodFrames;
  }

  get closed(): boolean {
    return this.pump.closed();
  }

  /** Whether a pacer moves the periods, and no read does. */
  get isPaced(): boolean {
    return this.#paced !== undefined;
  }

  /** What is read first: it was moved by a pacer, which may move more. */
  get moved(): MovedPeriods | undefined {
    for (let [first] = this.#moved; first; [first] = this.#moved) {
      if (!first.closed || first.waiting().periods > 0) return first;
      this.#lostBefore += first.lost();
      this.#moved.shift();
    }
    return undefined;
  }

  /**
   * From now on a pacer moves the periods, of which so many may wait.
   *
   * @param close is called where this is closed first
   */
  pace(periods: number, close: () => void): MovedPeriods {
    return this.#explaining(() => {
      const moved = new MovedPeriods(this.pump, periods);
      this.#paced = { moved, close };
      this.#moved.push(moved);
      return moved;
    });
  }

  /** No pacer does any more. What has moved can still be read. */
  unpace(): void {
    this.#paced?.moved.close();
    this.#paced = undefined;
  }

  /** Why a pacer's thread could not move it. */
  moveFailed(errno: number, call: string): unknown {
    if (errno === constants.errno.EAGAIN) return stalled(this.name, NONE_COMES);
    return this.#explain(systemError(errno, call, this.name));
  }

  stats(): Omit<ClockedCaptureStats, 'player'> {
    const { periods, ...counts } = this.pump.stats();
    this.#noticeXruns(counts.xruns);
    const lostPeriods = counts.lostPeriods + this.#lostInQueues();
    return { periods, frames: periods * this.parameters.periodFrames, ...counts, lostPeriods };
  }

  /**
   * So many periods. Fewer where a pacer has moved no more, or nobody plays and that stalls; and where something goes wrong behind
   * some, which the next call throws.
   */
  read(periods: number): Buffer {
    const { moved } = this;
    try {
      if (!moved) return this.#pull(periods);
      const first = this.#take(moved, periods);
      const left = periods - first.length / this.periodBytes;
      // What is left of an earlier pacer has others behind it.
      if (left === 0 || !moved.closed) return first;
      return first.length === 0 ? this.read(left) : Buffer.concat([first, this.#readBehind(left)]);
    } finally {
      if (moved || this.#handlers?.isWatched()) this.#notice();
    }
  }

  #take(moved: MovedPeriods, periods: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(periods, moved.waiting().periods) * this.periodBytes);
    return bytes.subarray(0, moved.read(bytes) * this.periodBytes);
  }

  #pull(periods: number): Buffer {
    const bytes = Buffer.allocUnsafe(periods * this.periodBytes);
    return bytes.subarray(0, this.#explaining(() => this.pump.read(bytes)) * this.periodBytes);
  }

  /** Behind periods that were read: what goes wrong now, the next call throws. */
  #readBehind(periods: number): Buffer {
    try {
      return this.read(periods);
    } catch {
      return Buffer.alloc(0);
    }
  }

  /** Throws where the card is gone. */
  check(): void {
    this.#explaining(() => this.pcm.avail());
  }

  /** The substream first, then the timer, unless that was given. */
  close(): void {
    const paced = this.#paced;
    this.#paced = undefined;
    paced?.close();
    for (const moved of this.#moved) {
      moved.close();
      this.#lostBefore += moved.lost();
    }
    this.#moved.length = 0;
    release(this.pump);
    this.pcm.close();
    if (this.#ownsTimer) this.timer.close();
  }

  get #ownsTimer(): boolean {
    return this.timer !== this.#options.timer;
  }

  #lostInQueues(): number {
    return this.#moved.reduce((sum, moved) => sum + moved.lost(), this.#lostBefore);
  }

  #notice(): void {
    const { xruns, lostPeriods } = this.pump.stats();
    this.#noticeXruns(xruns);
    const lost = lostPeriods + this.#lostInQueues();
    const news = lost - this.#lost;
    this.#lost = lost;
    if (news > 0) this.#handlers?.lost(news);
  }

  #noticeXruns(xruns: number): void {
    if (xruns === this.#xruns) return;
    this.#xruns = xruns;
    this.#handlers?.recovered(xruns);
  }

  #explaining<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    const { name, pcm, closed } = this;
    const { card, device } = this.#options;
    return explainStream(error, {
      called: 'ClockedCapture',
      name,
      card: card.number,
      device,
      pcm,
      timerId: this.timer.id,
      closed,
      stalls: NONE_COMES,
    });
  }
}
