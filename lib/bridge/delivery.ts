/** Delivery: how the frames of a receiver get into the cable: as they come, or by a clock that moves it. */
import type { ClockedLoopback } from '../loopback/clocked-loopback.js';
import type { FrameSink } from '../rtp/jitter-buffer/options.js';
import { CompletedPeriods } from './completed-periods.js';
import { CoveredGaps } from './covered-gaps.js';
import type { BridgeStats } from './events.js';
import type { BridgeConfiguration } from './options.js';
import { DirectOutlet, HoldingOutlet, type Outlet } from './outlet.js';

export interface Delivery {
  /** Of the receiver. */
  readonly sink: FrameSink;
  stats(): Pick<BridgeStats, 'framesWaiting' | 'framesDropped' | 'framesCompleted' | 'framesCovered'>;
  /** A stream begins. */
  begin(): void;
  /** Somebody begins to listen. */
  hear(): void;
  /** No packet comes. Throws what the cable throws. */
  fallSilent(): void;
  /** Gives a listener what is kept for it. */
  finish(): Promise<void>;
}

/** @param failed told what fails before the end, of what waits for a listener */
export function deliveryTo(
  loop: ClockedLoopback,
  configuration: BridgeConfiguration,
  failed: (error: unknown) => void,
): Delivery {
  const { clock = 'packets' } = configuration.receiver;
  return clock === 'packets' ? new DeliveryAsItComes(loop, configuration, failed) : new DeliveryByClock(loop);
}

/** The receiver has the cable moved itself: nothing is kept, and nothing is made up for. */
class DeliveryByClock implements Delivery {
  readonly sink: FrameSink;

  constructor(loop: ClockedLoopback) {
    this.sink = loop;
  }

  stats() {
    return { framesWaiting: 0, framesDropped: 0, framesCompleted: 0, framesCovered: 0 };
  }

  begin(): void {}
  hear(): void {}
  fallSilent(): void {}
  async finish(): Promise<void> {}
}

class DeliveryAsItComes implements Delivery {
  readonly sink: CoveredGaps;
  readonly #outlet: Outlet;
  /** With idle 'stall'. */
  readonly #completed: CompletedPeriods | undefined;
  readonly #keeps: boolean;

  constructor(
    loop: ClockedLoopback,
    { loopback, unheard, maxWaitingFrames }: BridgeConfiguration,
    failed: (error: unknown) => void,
  ) {
    this.#keeps = unheard === 'wait';
    this.#outlet = this.#keeps ? new HoldingOutlet(loop, maxWaitingFrames, failed) : new DirectOutlet(loop);
    this.#completed = loopback.idle === 'silence' ? undefined : new CompletedPeriods(loop, this.#outlet);
    this.sink = this.#completed
      ? new CoveredGaps(this.#completed, this.#outlet, false)
      : new CoveredGaps(loop, this.#outlet, this.#keeps);
  }

  stats() {
    return {
      framesWaiting: this.#outlet.framesWaiting,
      framesDropped: this.#outlet.framesDropped,
      framesCompleted: this.#completed?.stats().insertedFrames ?? 0,
      framesCovered: this.sink.framesCovered,
    };
  }

  begin(): void {
    this.sink.begin();
  }

  hear(): void {
    if (this.#keeps && !this.#completed) this.sink.begin();
  }

  fallSilent(): void {
    this.#completed?.complete();
  }

  finish(): Promise<void> {
    return this.#outlet.finish();
  }
}
