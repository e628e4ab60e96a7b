/** Playout: a thread that moves a cable by a clock, with the frames whose media time has come. */
import { once } from 'node:events';
import { rangeError } from '../../arguments.js';
import { ArrivalClock } from '../../clock/arrival-clock.js';
import { Clock } from '../../clock/clock.js';
import { withMeant } from '../../clock/clock-name.js';
import { Pacer, pacePrepared } from '../../clock/pacer.js';
import type { Pacing } from '../../clock/pacing.js';
import type { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import { PlayedLoopback } from '../../loopback/played-loopback.js';
import { arrivalNs } from '../../monotonic.js';
import { nearest } from '../../suggestion.js';
import type { JitterBufferOptions, LossFill } from '../jitter-buffer/options.js';
import type { ClockEvent, PlayoutStats } from './events.js';
import { MediaTimeBuffer } from './media-time-buffer.js';
import { ArrivalTimes, DirectTimes, type MediaTimes } from './media-times.js';
import type { CheckedPlayout } from './options.js';

/** The last packet is repeated for so long before a gap goes silent. Longer than that it is a buzz. */
const REPEAT_SECONDS = 0.02;
const MILLION = 1_000_000;
const BILLION = 1_000_000_000n;

interface PlayoutParameters extends CheckedPlayout {
  readonly fill: LossFill;
  /** The longest lateness that is believed, and the longest time that is made up for at once. */
  readonly maxGapFrames: number;
}

export type PlayoutClock = Clock | ArrivalClock;

export interface PlayoutHandlers {
  told(event: ClockEvent): void;
  failed(error: unknown): void;
}

export class Playout implements Disposable {
  readonly #cable: PlayedLoopback;
  readonly #times: MediaTimes;
  readonly #parameters: PlayoutParameters;
  readonly #clock: PlayoutClock;
  readonly #pacer: Pacer;
  readonly #pacing: Pacing;
  readonly #closing = new AbortController();
  #buffer: MediaTimeBuffer | undefined;

  /**
   * Takes the clock over, and begins to move the cable.
   *
   * @throws RangeError ERR_OUT_OF_RANGE; AlsaError what Pacer.open and Pacer.start throw
   */
  constructor(
    loop: ClockedLoopback,
    clock: PlayoutClock,
    parameters: PlayoutParameters,
    handlers: PlayoutHandlers,
  ) {
    const { linkOffsetMs, fill, maxGapFrames, offset = 0 } = parameters;
    const { rate, periodFrames } = loop.parameters;
    this.#parameters = parameters;
    this.#clock = clock;
    this.#times = clock instanceof ArrivalClock ? new ArrivalTimes(clock, rate) : new DirectTimes(offset);
    const linkOffsetNs = BigInt(Math.round(linkOffsetMs * MILLION));
    const linkFrames = Math.ceil((linkOffsetMs * rate) / 1_000);
    const now = clock instanceof Clock ? clock.read().timeNs : clock.at(arrivalNs());
    const ends = ((now - linkOffsetNs) * BigInt(rate)) / (BILLION * BigInt(periodFrames));
    this.#cable = new PlayedLoopback(loop, {
      aheadFrames: aheadFrames(loop, linkFrames, Math.min(maxGapFrames, rate)),
      repeatFrames: fill === 'repeat' ? Math.ceil(rate * REPEAT_SECONDS) : 0,
      lateFrames: maxGapFrames,
      position: (ends > 0n ? ends : 0n) * BigInt(periodFrames),
    });
    this.#pacer = Pacer.open();
    try {
      const prepare = () => this.#cable.prepare(() => this.close());
      this.#pacing = pacePrepared(this.#pacer, prepare, {
        ...{ clock, rate, periodFrames, start: linkOffsetNs },
        maxBurst: Math.max(1, Math.min(MILLION, Math.ceil(maxGapFrames / periodFrames))),
      });
    } catch (error) {
      this.#pacer.close();
      throw error;
    }
    this.#pacing.on('state', ({ state }) => {
      handlers.told({ what: 'state', state, error: this.#pacing.stats().clockError });
    });
    this.#pacing.on('step', ({ stepNs }) =>
      handlers.told({ what: 'step', stepMs: Number(stepNs) / MILLION }),
    );
    this.#pacing.on('late', ({ caughtUp, missed }) => handlers.told({ what: 'late', caughtUp, missed }));
    this.#pacing.on('error', handlers.failed);
  }

  /**
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; AlsaError what Clock.open throws
   */
  static openClock({ clock }: CheckedPlayout, silenceMs: number): PlayoutClock {
    if (clock === 'arrival') return new ArrivalClock(BigInt(silenceMs) * 1_000_000n);
    try {
      return Clock.open(clock);
    } catch (error) {
      throw withMeant(error, nearest(clock, ['packets', 'arrival']));
    }
  }

  /** What gives packets to it. */
  buffer(options: JitterBufferOptions): MediaTimeBuffer {
    this.#buffer = new MediaTimeBuffer(options, this.#cable, this.#times, this.#parameters.clock);
    return this.#buffer;
  }

  stats(): PlayoutStats {
    const { clock, linkOffsetMs } = this.#parameters;
    const { state, steps, missed, frequencyPpb } = this.#pacing.stats();
    const { marginNs } = this.#cable.stats();
    return {
      ...{ clock, state, linkOffsetMs, steps },
      framesLate: this.#buffer?.framesLate ?? 0,
      marginMs: marginNs === null ? undefined : marginNs / MILLION,
      periodsMissed: Number(missed),
      clockPpm: frequencyPpb / 1_000,
    };
  }

  /** Resolves once all that has come was played, or this is closed. */
  async drain(signal: AbortSignal | undefined): Promise<void> {
    const ended = signal ? AbortSignal.any([this.#closing.signal, signal]) : this.#closing.signal;
    const { end } = this.#cable.stats();
    while (!ended.aborted && end !== null && this.#cable.stats().next < end) {
      // Where it fails, the receiver closes, which ends this.
      await once(this.#pacing, 'tick', { signal: ended }).catch(() => {});
    }
  }

  /** What waits is gone. Closing again does nothing. */
  close(): void {
    this.#closing.abort();
    this.#pacing.close();
    this.#pacer.close();
    if (this.#clock instanceof Clock) this.#clock.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Frames may be ahead of the clock by as much as is believed of them, up to a second. */
function aheadFrames(loop: ClockedLoopback, linkFrames: number, early: number): number {
  const most = PlayedLoopback.mostAhead(loop);
  const wanted = linkFrames + early;
  if (wanted <= most) return wanted;
  const { rate } = loop.parameters;
  const mostMs = Math.floor(((most - early) * 1_000) / rate);
  throw rangeError(
    'linkOffsetMs',
    `0..${Math.max(0, mostMs)} for this stream (256 MiB)`,
    (linkFrames * 1_000) / rate,
  );
}
