/** MovedPeriods: what a pacer has moved out of a cable that others play into, until it is read. */
import type { CapturePumpHandle, PacedCaptureHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { Awaited } from './awaited.js';

/** What is in a period: something of a player, silence of one that may go on, silence since nobody plays. */
export type PeriodContent = 'played' | 'halted' | 'silent';

/** CapturePump::Content. */
const CONTENTS: readonly PeriodContent[] = ['played', 'played', 'halted', 'silent'];

export interface WaitingPeriods {
  readonly periods: number;
  /** How many of the first ones have this in them. */
  readonly alike: number;
  readonly content: PeriodContent;
}

export class MovedPeriods {
  readonly handle: PacedCaptureHandle;
  readonly #moved: Awaited;

  /** Throws what the addon throws. */
  constructor(pump: CapturePumpHandle, periods: number) {
    this.handle = native().createPacedCapture(pump, periods);
    try {
      this.#moved = new Awaited(this.handle.watchMoved(), () => this.handle.awaitMoved());
    } catch (error) {
      this.handle.close();
      throw error;
    }
  }

  /** Nothing comes any more; what waits is still there. */
  get closed(): boolean {
    return this.handle.closed();
  }

  waiting(): WaitingPeriods {
    const { periods, alike, content } = this.handle.waiting();
    return { periods, alike, content: CONTENTS[content] ?? 'played' };
  }

  /** Periods that were lost so far, since nobody had read them. */
  lost(): number {
    return this.handle.lost();
  }

  /** Fills whole periods with those that wait; returns how many. */
  read(bytes: Uint8Array): number {
    return this.handle.read(bytes);
  }

  /** Calls back once another period has come, or this was closed. Returns how to take that back. */
  whenMoved(callback: () => void): () => void {
    return this.#moved.when(callback);
  }

  /** Closing again does nothing. */
  close(): void {
    this.handle.close();
    this.#moved.end();
  }
}
