/** ListeningEnd: the other end of a cable, as its writer sees it: who captures there, who cannot, and who is told of that. */
import { weakly } from '../native/lifetime.js';
import { readSubstream, type SubstreamPlace, SubstreamReader } from '../pcm/substream.js';
import { LoopbackCapture } from './capture.js';
import type { CaptureOptions } from './capture-options.js';
import { CaptureWatch, type CaptureWatchHandlers } from './capture-watch.js';
import { loopbackChannels } from './channels.js';
import type { ClockedLoopback } from './clocked-loopback.js';
import { EventWatch } from './event-watch.js';
import { Listener, type ListenerEvent, type ListenerWatchHandlers } from './listener.js';
import { type ListenerMismatch, warnOfMismatch } from './mismatch.js';
import type { SendListener } from './send-queue.js';

type Place = Pick<ClockedLoopback, 'card' | 'device' | 'substream' | 'parameters'>;

export class ListeningEnd implements SendListener {
  readonly #loop: ClockedLoopback;
  readonly #place: Place;
  /** What it reads from, which is the loopback's to close where it is forgotten: this holds the loopback. */
  readonly reader: SubstreamReader;
  /** What events need. start() throws what CaptureWatch throws. */
  readonly events: EventWatch<CaptureWatch>;
  /** The last mismatch that the process was warned of. */
  #warned: string | undefined;

  /** @param place of the writer */
  constructor(loop: ClockedLoopback, place: Place) {
    this.#loop = loop;
    this.#place = place;
    this.reader = new SubstreamReader(this.#substream());
    this.events = new EventWatch(loop, () => this.#watchForEvents());
  }

  /** Tells subscribers of channels, where there are any: what they watch need not be handled. */
  begin(): void {
    const { isObserved } = loopbackChannels;
    if (!isObserved('loopback:listener') && !isObserved('loopback:mismatch')) return;
    try {
      this.events.observe();
    } catch (error) {
      loopbackChannels.publish('loopback:error', { loop: this.#loop, error });
    }
  }

  /** Captures there, with the writer's parameters. Throws what LoopbackCapture.open throws. */
  open(options: CaptureOptions): LoopbackCapture {
    const { card, device, substream, parameters } = this.#place;
    const { format, rate, channels, periodFrames, access } = parameters;
    return LoopbackCapture.open({
      format,
      rate,
      channels,
      periodFrames,
      access,
      ...options,
      card,
      device: device === 0 ? 1 : 0,
      substream,
    });
  }

  /** Who captures now. */
  look(): Listener {
    return new Listener(this.reader);
  }

  /** Whether somebody captures now; also once this is closed. */
  isRunning(): boolean {
    return readSubstream(this.#substream(), (reader) => new Listener(reader).running);
  }

  /** For a send, which warns of mismatches that nobody handles. */
  watch(handlers: ListenerWatchHandlers): CaptureWatch {
    return this.#watch({
      ...handlers,
      mismatched: (mismatch) => {
        // Beside handlers, their own watch tells of it.
        if (this.events.isHandled) return;
        if (!this.events.running) this.#publishMismatch(mismatch);
        this.#warn(mismatch);
      },
    });
  }

  close(): void {
    this.events.close();
    this.reader.close();
  }

  #substream(): SubstreamPlace {
    const { card, device, substream } = this.#place;
    return { card: card.number, device: 1 - device, direction: 'capture', substream };
  }

  #watch(handlers: CaptureWatchHandlers): CaptureWatch {
    const { card, device, substream, parameters } = this.#place;
    return new CaptureWatch(card.number, 1 - device, substream, parameters, handlers);
  }

  /** Nothing here may capture `this`: the watch would keep a loopback that was forgotten. */
  #watchForEvents(): CaptureWatch {
    return this.#watch({
      told: weakly(this, (end, event: ListenerEvent) => end.#tell(event)),
      mismatched: weakly(this, (end, mismatch: ListenerMismatch) => end.#tellMismatch(mismatch)),
      ended: weakly(this, (end) => end.events.close()),
      failed: weakly(this, (end, error: unknown) => end.#fail(error)),
    });
  }

  #tell(event: ListenerEvent): void {
    loopbackChannels.publish('loopback:listener', { loop: this.#loop, event });
    this.#loop.emit('listener', event);
  }

  #tellMismatch(mismatch: ListenerMismatch): void {
    this.#publishMismatch(mismatch);
    if (!this.#loop.emit('mismatch', mismatch) && this.events.isHandled) this.#warn(mismatch);
  }

  #publishMismatch(mismatch: ListenerMismatch): void {
    loopbackChannels.publish('loopback:mismatch', { loop: this.#loop, mismatch });
  }

  #fail(error: unknown): void {
    loopbackChannels.publish('loopback:error', { loop: this.#loop, error });
    // Somebody who only observes is no reason for an 'error' that nobody handles.
    if (this.events.isHandled) this.#loop.emit('error', error);
  }

  #warn(mismatch: ListenerMismatch): void {
    if (mismatch.message !== this.#warned) warnOfMismatch(mismatch);
    this.#warned = mismatch.message;
  }
}
