/** A substream that any program may have open, as /proc/asound tells everybody. */
import { join } from 'node:path';
import { callNative } from '../errors.js';
import type { SubstreamHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { glance, procAsound } from '../proc.js';
import { visibleText } from '../visible-text.js';
import { type PcmAccess, parseAccess } from './access.js';
import type { PcmDirection } from './options.js';
import { type PcmState, stateName } from './state.js';

/** Where a substream is. */
export interface SubstreamPlace {
  readonly card: number;
  readonly device: number;
  readonly direction: PcmDirection;
  readonly substream: number;
}

export interface SubstreamStatus {
  readonly state: PcmState;
  /** The thread that opened it; 0 where it is of another PID namespace. */
  readonly threadId: number;
  /** Frames that can be written, or read. */
  readonly avail: number;
  /** Of a playback: frames that are yet to be played; negative where it lacked some. */
  readonly queued: number;
}

/** What a substream was set to. */
export interface HolderParameters {
  readonly format: string;
  readonly rate: number;
  readonly channels: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  readonly access: PcmAccess;
}

/** The folder of a substream in /proc/asound. */
export function substreamFolder({ card, device, direction, substream }: SubstreamPlace): string {
  const pcm = `pcm${device}${direction === 'playback' ? 'p' : 'c'}`;
  return join(procAsound(), `card${card}`, pcm, `sub${substream}`);
}

/**
 * Reads `status` and `hw_params` of a substream. They stay open between reads, until close(), and keep the module of the card
 * in use until then. All throw AlsaError where they may not be read (EACCES), and ERR_CLOSED.
 */
export class SubstreamReader {
  readonly #handle: SubstreamHandle;
  readonly #folder: string;

  constructor(place: SubstreamPlace) {
    this.#folder = substreamFolder(place);
    this.#handle = native().openSubstream(this.#folder);
  }

  /** Undefined while nobody has it open, or where its card is gone. */
  status(): SubstreamStatus | undefined {
    const status = callNative(this.#folder, () => this.#handle.status());
    if (status === null) return undefined;
    const { state, owner, avail, queued } = status;
    return { state: stateName(state), threadId: owner, avail, queued };
  }

  /** Undefined before they are set. */
  parameters(): HolderParameters | undefined {
    const parameters = callNative(this.#folder, () => this.#handle.parameters());
    if (parameters === null) return undefined;
    const { format, rate, channels, periodFrames, bufferFrames, access } = parameters;
    return {
      ...{ format: visibleText(format), rate, channels, periodFrames, bufferFrames },
      access: parseAccess(access),
    };
  }

  /**
   * Frames that a playback must still have behind a tick, or it is underrun: what its stop_threshold says. Those with the kernel's
   * default keep one. 0 while nobody has it open.
   */
  leastQueued(): number {
    const parameters = this.parameters();
    const [, threshold] =
      /^stop_threshold: (\d+)$/m.exec(glance(join(this.#folder, 'sw_params')) ?? '') ?? [];
    if (parameters === undefined || threshold === undefined) return 0;
    return Math.max(0, parameters.bufferFrames - Number(threshold) + 1);
  }

  close(): void {
    this.#handle.close();
  }
}

/** What `read` reads of a substream once. */
export function readSubstream<T>(place: SubstreamPlace, read: (reader: SubstreamReader) => T): T {
  const reader = new SubstreamReader(place);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}
