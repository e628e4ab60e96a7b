/** Whoever captures at the other end of a cable, as far as a writer can see it. */
import { type SubstreamHolder, substreamHolder } from '../pcm/holder.js';
import type { PcmState } from '../pcm/state.js';
import type { SubstreamReader, SubstreamStatus } from '../pcm/substream.js';
import type { TimerEvent } from '../timer/events.js';
import { pcmTimerId } from '../timer/id.js';
import { TimerInstance } from '../timer/timer-instance.js';

/** Somebody began to capture, or stopped: by itself, by an overrun, by its end. */
export type ListenerEvent =
  | {
      readonly type: 'start';
      /** Nanoseconds of its period, cut to 32 bits by the kernel. */
      readonly resolutionNs: bigint;
      /** Who, and with which parameters; undefined when it is gone again. */
      readonly holder: SubstreamHolder | undefined;
    }
  | {
      readonly type: 'stop';
      /** Who, while it still has the substream open: its `state` says why it stopped, 'xrun' for instance. */
      readonly holder: SubstreamHolder | undefined;
    };

/** A look at the capture substream of a cable. */
export class Listener {
  readonly #reader: SubstreamReader;
  readonly #status: SubstreamStatus | undefined;

  constructor(reader: SubstreamReader) {
    this.#reader = reader;
    this.#status = reader.status();
  }

  get running(): boolean {
    return this.#status?.state === 'running';
  }

  /** Paused, suspended, or stopped by an overrun: it gets nothing now, and may go on. */
  get halted(): boolean {
    return HALTED.has(this.#status?.state);
  }

  /** Frames that it has yet to read. */
  get waiting(): number {
    return this.running ? (this.#status?.avail ?? 0) : 0;
  }

  /**
   * Frames that can be moved now without loss: any number where nobody listens. The kernel's default stops a capture whose
   * buffer is full, so a frame stays free.
   */
  get room(): number {
    if (this.halted) return 0;
    if (!this.running) return Number.POSITIVE_INFINITY;
    const parameters = this.#reader.parameters();
    return parameters === undefined ? 0 : parameters.bufferFrames - 1 - this.waiting;
  }
}

const HALTED: ReadonlySet<PcmState | undefined> = new Set<PcmState>(['paused', 'suspended', 'xrun']);
const STARTS = ['master-start', 'master-continue', 'master-resume'] as const;
const STOPS = ['master-stop', 'master-pause', 'master-suspend'] as const;

export interface ListenerWatchHandlers {
  readonly told: (event: ListenerEvent) => void;
  /** A capture that was prepared has gone without having started: its START may have failed. */
  readonly left?: () => void;
  /** The card is gone. */
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Watches the capture side of a cable through the timer of its substream (sound/core/pcm_native.c: snd_pcm_timer_notify).
 * Unlike a client of the cable's own timer, one of this timer keeps no stream from starting. It does not keep the event
 * loop alive at first.
 */
export class ListenerWatch {
  readonly #timer: TimerInstance;
  readonly #look: () => SubstreamHolder | undefined;
  readonly #handlers: ListenerWatchHandlers;
  #running = false;
  /** A capture has stopped and is still open: when it goes, that is announced like the end of one that never started. */
  #halted = false;

  /** @throws what TimerInstance.open and start throw: ENODEV once the card is gone */
  constructor(card: number, device: number, substream: number, handlers: ListenerWatchHandlers) {
    this.#look = () => substreamHolder(card, device, 'capture', substream);
    this.#handlers = handlers;
    this.#timer = TimerInstance.open(pcmTimerId(card, device, substream, 'capture'), {
      events: [...STARTS, ...STOPS],
    });
    try {
      this.#timer.unref().on('event', this.#hear).on('error', handlers.failed);
      this.#timer.start();
      // Whoever captures already will not be announced any more.
      setImmediate(this.#synchronise);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  setRef(referenced: boolean): void {
    if (referenced) this.#timer.ref();
    else this.#timer.unref();
  }

  close(): void {
    this.#timer.close();
  }

  readonly #hear = (event: TimerEvent): void => {
    if ('resolutionNs' in event) this.#start(event.resolutionNs);
    else if (event.type === 'overrun') this.#synchronise();
    else if (event.type === 'master-stop' && !this.#running) this.#leave();
    else this.#stop();
    if (event.type === 'end') this.#handlers.ended();
  };

  /** Tells what is, where what happened is not known. */
  readonly #synchronise = (): void => {
    if (this.#timer.closed || this.#timer.ended) return;
    let resolution: bigint | undefined;
    try {
      if (this.#look()?.state === 'running') resolution = this.#timer.info().resolutionNs;
    } catch (error) {
      this.#handlers.failed(error);
      return;
    }
    if (resolution === undefined) this.#stop();
    else this.#start(resolution);
  };

  #start(resolution: bigint): void {
    if (this.#running) return;
    this.#running = true;
    this.#halted = false;
    this.#handlers.told({ type: 'start', resolutionNs: resolution, holder: this.#look() });
  }

  #stop(): void {
    if (!this.#running) return;
    this.#running = false;
    const holder = this.#look();
    this.#halted = holder !== undefined && holder.state !== 'setup';
    this.#handlers.told({ type: 'stop', holder });
  }

  #leave(): void {
    if (!this.#halted) this.#handlers.left?.();
    this.#halted = false;
  }
}
