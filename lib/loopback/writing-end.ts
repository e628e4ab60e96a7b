/** WritingEnd: the other end of a cable, as its capture sees it: who plays there, and who is told of that. */
import { weakly } from '../native/lifetime.js';
import { USER_DRIVEN_DEVICE } from '../timer/id.js';
import type { LoopbackCapture } from './capture.js';
import type { CheckedCaptureOptions } from './capture-options.js';
import { loopbackChannels } from './channels.js';
import { EventWatch } from './event-watch.js';
import { type WriterState, WriterWatch, type WriterWatchHandlers, writerState } from './writer.js';

type Place = Pick<CheckedCaptureOptions, 'card' | 'device' | 'substream'>;

export class WritingEnd {
  readonly #capture: LoopbackCapture;
  readonly #place: Place;
  /** What events need. start() throws what WriterWatch throws. */
  readonly events: EventWatch<WriterWatch>;

  /** @param place of the capture */
  constructor(capture: LoopbackCapture, place: Place) {
    this.#capture = capture;
    this.#place = place;
    this.events = new EventWatch(capture, () => this.#watchForEvents());
  }

  /** Tells subscribers of the channel, where there are any: what they watch need not be handled. */
  begin(): void {
    if (!loopbackChannels.isObserved('capture:writer')) return;
    try {
      this.events.observe();
    } catch (error) {
      loopbackChannels.publish('capture:error', { capture: this.#capture, error });
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
      told: weakly(this, (end, state: WriterState) => end.#tell(state)),
      ended: weakly(this, (end) => end.events.close()),
      failed: weakly(this, (end, error: unknown) => end.#fail(error)),
    });
  }

  #tell(state: WriterState): void {
    loopbackChannels.publish('capture:writer', { capture: this.#capture, state });
    this.#capture.emit('writer', state);
  }

  #fail(error: unknown): void {
    const { isHandled } = this.events;
    this.events.close();
    loopbackChannels.publish('capture:error', { capture: this.#capture, error });
    // Somebody who only observes is no reason for an 'error' that nobody handles.
    if (isHandled) this.#capture.emit('error', error);
  }
}
