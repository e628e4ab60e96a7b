/** CaptureWatch: everybody who opens the capture side of a cable, those who listen and those who cannot. */
import { ListenerWatch, type ListenerWatchHandlers } from './listener.js';
import { type Compared, type ListenerMismatch, MismatchWatch } from './mismatch.js';

export interface CaptureWatchHandlers extends Omit<ListenerWatchHandlers, 'left'> {
  readonly mismatched: (mismatch: ListenerMismatch) => void;
}

/** Watches for both. It does not keep the event loop alive at first. */
export class CaptureWatch {
  readonly #listeners: ListenerWatch;
  readonly #mismatches: MismatchWatch;

  /** @throws what ListenerWatch throws */
  constructor(
    card: number,
    device: number,
    substream: number,
    writer: Compared,
    { mismatched, told, ...handlers }: CaptureWatchHandlers,
  ) {
    this.#listeners = new ListenerWatch(card, device, substream, {
      ...handlers,
      told: (event) => {
        if (event.type === 'start') this.#mismatches.started();
        told(event);
      },
      left: () => this.#mismatches.left(),
    });
    this.#mismatches = new MismatchWatch(card, device, substream, writer, { mismatched });
  }

  setRef(referenced: boolean): void {
    this.#listeners.setRef(referenced);
  }

  close(): void {
    this.#listeners.close();
    this.#mismatches.close();
  }
}
