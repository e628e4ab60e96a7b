/** Whoever captures at the other end of a cable, as far as a writer can see it. */
import { join } from 'node:path';
import { type SubstreamHolder, substreamFolder, substreamHolder } from '../pcm/holder.js';
import { readProc } from '../proc.js';
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

/** A look at the capture substream: /proc/asound/card<N>/pcm<D>c/sub<S>/status and hw_params, readable by everybody. */
export class Listener {
  readonly #parameters: string;
  readonly #status: string;

  constructor(card: number, device: number, substream: number) {
    const folder = substreamFolder(card, device, 'capture', substream);
    this.#parameters = join(folder, 'hw_params');
    this.#status = readProc(join(folder, 'status')) ?? '';
  }

  get running(): boolean {
    return /^state: RUNNING/m.test(this.#status);
  }

  /** Paused, suspended, or stopped by an overrun: it gets nothing now, and may go on. */
  get halted(): boolean {
    return /^state: (PAUSED|SUSPENDED|XRUN)/m.test(this.#status);
  }

  /** Frames that it has yet to read. */
  get waiting(): number {
    return this.running ? Number(/^avail\s*:\s*(\d+)/m.exec(this.#status)?.[1] ?? 0) : 0;
  }

  /**
   * Frames that can be moved now without loss: any number where nobody listens. The kernel's default stops a capture whose
   * buffer is full, so a frame stays free.
   */
  get room(): number {
    if (this.halted) return 0;
    if (!this.running) return Number.POSITIVE_INFINITY;
    const buffer = /^buffer_size:\s*(\d+)/m.exec(readProc(this.#parameters) ?? '')?.[1];
    return buffer === undefined ? 0 : Number(buffer) - 1 - this.waiting;
  }
}

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
