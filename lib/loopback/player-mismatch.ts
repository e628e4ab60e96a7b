/** Mismatches: programs that play into a cable, and cannot be captured, since their parameters are not the capture's. */
import type { PcmAccess } from '../pcm/access.js';
import type { SubstreamHolder } from '../pcm/holder.js';
import { type Compared, type ComparedParameter, differences, warnOfMismatch } from './mismatch.js';
import type { WriterState } from './writer.js';

/** Somebody who plays beside a capture of other parameters, which the kernel stops then. */
export interface PlayerMismatch {
  /** The device that it opened, in ALSA's notation, for instance 'hw:0,0,0'. */
  readonly name: string;
  /** The process that has it open. */
  readonly holder: SubstreamHolder;
  /** The names of its parameters that differ from the capture's. */
  readonly differs: readonly ComparedParameter[];
  /** A sentence for people: the process, and what differs. */
  readonly message: string;
  /** The access that the capture needs for it; undefined where access is not why. */
  readonly access: PcmAccess | undefined;
}

/** Judges players as they come. */
export class PlayerMismatches {
  readonly #name: string;
  readonly #own: Compared;
  /** The process of the last one that was told of, while it plays. */
  #told: number | undefined;
  /** The last one that the process was warned of. */
  #warned: string | undefined;

  /**
   * @param name of the device that players open
   * @param own the parameters of the capture
   */
  constructor(name: string, own: Compared) {
    this.#name = name;
    this.#own = own;
  }

  /** Of a player that was not told of before. */
  of({ active, holder }: WriterState): PlayerMismatch | undefined {
    if (!active || !holder?.parameters) {
      this.#told = undefined;
      return undefined;
    }
    const { differs, words } = differences(holder.parameters, this.#own);
    if (differs.length === 0 || this.#told === holder.pid) return undefined;
    this.#told = holder.pid;
    const who = `${holder.command || 'a program'} (process ${holder.pid})`;
    return {
      name: this.#name,
      holder,
      differs,
      message: `${who} plays into ${this.#name} and cannot be captured: it has ${words}`,
      access: differs.includes('access') ? holder.parameters.access : undefined,
    };
  }

  /** For those who do not handle 'mismatch'. */
  warn(mismatch: PlayerMismatch): void {
    if (mismatch.message !== this.#warned) warnOfMismatch(mismatch, 'ALSA_UTIMER_PLAYER_MISMATCH');
    this.#warned = mismatch.message;
  }
}
