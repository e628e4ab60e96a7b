/** Whoever plays into a cable, as far as the reader that clocks it can see. */
import type { PcmState } from '../pcm/state.js';
import type { SubstreamReader, SubstreamStatus } from '../pcm/substream.js';

const MOVES: ReadonlySet<PcmState | undefined> = new Set<PcmState>(['running', 'draining']);
/** In these a substream that has played goes on, or begins anew, without having drained. */
const HALTED: ReadonlySet<PcmState | undefined> = new Set<PcmState>([
  'prepared',
  'paused',
  'suspended',
  'xrun',
]);

/** A look at the playback substream of a cable. */
export interface Player {
  /** Ticks take frames from it. */
  readonly plays: boolean;
  /** It may go on: it is paused, suspended, was underrun, or is prepared. */
  readonly halted: boolean;
  /**
   * Frames that ticks can take from it without an underrun: whole periods while it plays, and while it drains all that it has,
   * of which the last period may be a part only.
   */
  readonly frames: number;
}

/** Looks at the playback substream of a cable, once a time. */
export class PlayerEnd {
  readonly #reader: SubstreamReader;
  readonly #periodFrames: number;
  /** The thread that played at the last look, and how many of its frames a tick must leave. */
  #playing: number | undefined;
  #kept = 0;

  constructor(reader: SubstreamReader, periodFrames: number) {
    this.#reader = reader;
    this.#periodFrames = periodFrames;
  }

  look(): Player {
    const status = this.#reader.status();
    const plays = MOVES.has(status?.state);
    if (!status || !plays) {
      this.#playing = undefined;
      return { plays, halted: HALTED.has(status?.state), frames: 0 };
    }
    return { plays, halted: false, frames: this.#framesOf(status) };
  }

  #framesOf({ state, threadId, queued }: SubstreamStatus): number {
    if (state === 'draining') return Math.max(0, queued);
    if (this.#playing !== threadId) {
      this.#playing = threadId;
      this.#kept = this.#reader.leastQueued();
    }
    const periods = Math.floor((queued - this.#kept) / this.#periodFrames);
    return Math.max(0, periods) * this.#periodFrames;
  }

  close(): void {
    this.#reader.close();
  }
}
