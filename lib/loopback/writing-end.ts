/** WritingEnd: the other end of a cable, as its capture sees it: who plays there, and who is told of that. */
import { weakly } from '../native/lifetime.js';
import { USER_DRIVEN_DEVICE } from '../timer/id.js';
import type { LoopbackCard } from './card.js';
import { EventWatch } from './event-watch.js';
import { type WriterState, WriterWatch, type WriterWatchHandlers, writerState } from './writer.js';

/** The capture end of a cable. */
interface Place {
  readonly card: LoopbackCard;
  readonly device: number;
  readonly substream: number;
}

/** How its capture tells of it. */
interface WritingEndHandlers {
  /** Whether somebody wants to be told without a handler. */
  isObserved(): boolean;
  changed(state: WriterState): void;
  /** `isHandled`: there were handlers. */
  failed(error: unknown, isHandled: boolean): void;
}

export class WritingEnd {
  readonly #place: Place;
  readonly #handlers: WritingEndHandlers;
  /** What events need. start() throws what WriterWatch throws. */
  readonly events: EventWatch<WriterWatch>;

  /** @param place of the capture */
  constructor(capture: object, place: Place, handlers: WritingEndHandlers) {
    this.#place = place;
    this.#handlers = handlers;
    this.events = new EventWatch(capture, () => this.#watchForEvents());
  }

  /** Tells subscribers of the channel, where there are any: what they watch need not be handled. */
  begin(): void {
    if (!this.#handlers.isObserved()) return;
    try {
      this.events.observe();
    } catch (error) {
      this.#handlers.failed(error, false);
    }
  }

  /** Who plays now. Throws what the controls of the card throw. */
  state(): WriterState {
    const { card, device, substream } = this.#place;
    return writerState(card.number, device, substream);
  }

  /** Whether frames come from a writer alone: no other clock moves the cable, with silence where nobody plays. */
  isOnlyMover(): boolean {
    const { card, device, substream } = this.#place;
    const { timer } = card.cable(1 - device, substream);
    return timer?.card === -1 && timer.device === USER_DRIVEN_DEVICE;
  }

  /** For an iteration. */
  watch(handlers: WriterWatchHandlers): WriterWatch {
    const { card, device, substream } = this.#place;
    return new WriterWatch(card.number, device, substream, handlers);
  }

  close(): void {
    this.events.close();
  }

  /** Nothing here may capture `this`: the watch would keep a capture that was forgotten. */
  #watchForEvents(): WriterWatch {
    return this.watch({
      told: weakly(this, (end, state: WriterState) => end.#handlers.changed(state)),
      ended: weakly(this, (end) => end.events.close()),
      failed: weakly(this, (end, error: unknown) => end.#fail(error)),
    });
  }

  #fail(error: unknown): void {
    const { isHandled } = this.events;
    this.events.close();
    this.#handlers.failed(error, isHandled);
  }
}
