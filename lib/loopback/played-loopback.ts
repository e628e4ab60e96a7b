/** PlayedLoopback: a cable that a pacer moves, and whose frames have a media time each, at which they move. */
import { callNative, closedError } from '../errors.js';
import type { PlayedCableHandle, PlayedCableStatsNative, PlayedOutcomeNative } from '../native/binding.js';
import type { ClockedLoopback } from './clocked-loopback.js';
import { unpacedPlayback } from './paced-loopback.js';
import { MAX_QUEUE_BYTES } from './pacing-queue.js';

export interface PlayedLoopbackOptions {
  /** How far ahead of the period that moves next frames may be. */
  readonly aheadFrames: number;
  /** For so long the last packet stands for missing frames; then silence does. */
  readonly repeatFrames: number;
  /** Packets that are later by more are refused. */
  readonly lateFrames: number;
  /** The media position of the period that moves first, as far as that is known: frames since the epoch of the clock. */
  readonly position: bigint;
}

/** Frames that are lost. */
export interface PlayedLoss {
  /** The media position of the first one. */
  readonly position: number;
  readonly frames: number;
}

/** What the frames are that are missing before a packet: lost, left out by the sender, or none. */
export type MissingBefore = 'lost' | 'left-out' | 'nothing';

/** MediaRing::Before. */
const BEFORE: Readonly<Record<MissingBefore, number>> = { lost: 0, 'left-out': 1, nothing: 2 };

/** What a pacer needs of it. */
interface PreparedCable {
  /** For messages. */
  readonly what: string;
  readonly handle: PlayedCableHandle;
  /** It has its timer itself. */
  claim(): void;
  /** Why a period could not be moved. */
  explain(errno: number, call: string): unknown;
  /** It is not paced any more. */
  end(): void;
}

/** Nothing can be written to it once it is prepared. */
export class PlayedLoopback {
  readonly loop: ClockedLoopback;
  readonly #options: PlayedLoopbackOptions;
  #handle: PlayedCableHandle | undefined;

  constructor(loop: ClockedLoopback, options: PlayedLoopbackOptions) {
    this.loop = loop;
    this.#options = options;
  }

  /** Most frames ahead that a loopback takes. */
  static mostAhead({ periodBytes, parameters: { periodFrames } }: ClockedLoopback): number {
    return (Math.floor(MAX_QUEUE_BYTES / periodBytes) - 2) * periodFrames;
  }

  /**
   * For a pacer: it moves the periods from now on.
   *
   * @param close is called where the loopback is closed first
   * @throws AlsaError ERR_CLOSED, ERR_BUSY, ERR_TIMER_IN_USE
   */
  prepare(close: () => void): PreparedCable {
    const { aheadFrames, repeatFrames, lateFrames, position: next } = this.#options;
    const playback = unpacedPlayback(this.loop);
    // One is with the pacer, and one has begun.
    const periods = Math.ceil(aheadFrames / playback.periodFrames) + 2;
    const handle = playback.play({ periods, repeatFrames, lateFrames, next }, close);
    this.#handle = handle;
    return {
      what: playback.name,
      handle,
      claim: () => {},
      explain: (errno, call) => playback.moveFailed(errno, call),
      end: () => playback.unpace(),
    };
  }

  /** No more comes for now. */
  rest(): void {
    this.#prepared.rest();
  }

  /**
   * Keeps the frames of a packet until their time has come.
   *
   * @param timestamp RTP's, less what it is at the epoch of the clock: 0..2^32-1
   * @param before what is missing before it; 'nothing' where it begins a stream
   * @returns whether all went well; else see {@link outcome} and {@link takeLosses}
   * @throws AlsaError ERR_CLOSED
   */
  write(timestamp: number, bytes: Uint8Array, before: MissingBefore): boolean {
    return callNative('ClockedLoopback', () => this.#prepared.write(timestamp, bytes, BEFORE[before]));
  }

  /** What became of the packet that was written last. */
  outcome(): PlayedOutcomeNative {
    return this.#prepared.outcome();
  }

  /** Losses that are over, since they were asked for last. */
  takeLosses(): PlayedLoss[] {
    const flat = this.#prepared.takeLosses();
    return Array.from({ length: flat.length / 2 }, (_, i) => ({
      position: flat[2 * i] as number,
      frames: flat[2 * i + 1] as number,
    }));
  }

  stats(): PlayedCableStatsNative {
    return this.#prepared.stats();
  }

  get #prepared(): PlayedCableHandle {
    if (!this.#handle) throw closedError('ClockedLoopback');
    return this.#handle;
  }
}
