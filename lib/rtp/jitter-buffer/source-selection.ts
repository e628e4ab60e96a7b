/** Which source is followed, of those that send to one port: the current one, and when another takes its place. */
import { type RefusalOption, type Refusals, sourceText } from '../refusals.js';
import type { CheckedJitterBufferOptions } from './options.js';
import { Rivals } from './rivals.js';
import type { Suspect } from './suspect.js';

type SelectionOptions = Pick<
  CheckedJitterBufferOptions,
  'rate' | 'confirmPackets' | 'maxGapFrames' | 'takeoverMs'
>;

export class SourceSelection {
  readonly #rivals: Rivals;
  readonly #refusals: Refusals;
  #ssrc: number | undefined;
  /** The transport address that the stream comes from; '' where nobody knows. */
  #origin = '';
  /** Whether the current source is known to have ended, for now. */
  #isQuiet = false;

  /** @param refusals told of sources that sent several packets, and were not followed */
  constructor(options: SelectionOptions, refusals: Refusals) {
    this.#rivals = new Rivals(options);
    this.#refusals = refusals;
  }

  /** The identifier of the current source; undefined before the first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  /** The transport address of the current source. */
  get origin(): string {
    return this.#origin;
  }

  /** Whether there is a source, and it is not quiet. */
  get isHeard(): boolean {
    return this.#ssrc !== undefined && !this.#isQuiet;
  }

  /** Whether it matters that a packet of the current source came: it was quiet, or others send. */
  get isContested(): boolean {
    return this.#isQuiet || !this.#rivals.areNone;
  }

  /** Whether another source is to be followed at once. */
  get isDecided(): boolean {
    return this.#isQuiet && this.#rivals.confirmed.length > 0;
  }

  /** Begins with a source. */
  start(ssrc: number, origin: string): void {
    this.#ssrc = ssrc;
    this.#origin = origin;
    this.#isQuiet = false;
  }

  /** The stream goes on from this transport address. */
  moveTo(origin: string): void {
    this.#origin = origin;
  }

  /** The current source has fallen quiet. */
  fallQuiet(): void {
    this.#isQuiet = true;
  }

  /** The current source is alive. @returns how many packets of others were given up for it */
  hear(): number {
    this.#isQuiet = false;
    return this.forgetRivals();
  }

  /** Keeps a packet of another source. @returns as `Rivals.add` */
  addRival(packet: Suspect): number | undefined {
    return this.#rivals.add(packet);
  }

  /** When another source is followed: see `Rivals.takeover`. */
  takeover(packetFrames: number): bigint | undefined {
    return this.#rivals.takeover(packetFrames);
  }

  /** The packets of the source that is followed next: see `Rivals.take`. */
  takeRival(packetFrames: number): { readonly packets: Suspect[]; readonly dropped: number } {
    return this.#rivals.take(packetFrames);
  }

  /** Gives up the packets of other sources, and tells of those that sent several. @returns how many packets there were */
  forgetRivals(): number {
    for (const rival of this.#rivals.confirmed) this.#tell(rival);
    return this.#rivals.clear();
  }

  #tell({ ssrc, origin }: Suspect): void {
    this.#refusals.note('rival', `${ssrc} ${origin}`, () => {
      const isSame = ssrc === this.#ssrc;
      return {
        came: sourceOf(ssrc, origin),
        expected: sourceOf(this.#ssrc ?? 0, this.#origin),
        option: (isSame ? 'sources' : 'ssrc') satisfies RefusalOption,
        value: isSame ? undefined : ssrc,
      };
    });
  }
}

function sourceOf(ssrc: number, origin: string): string {
  return `source ${sourceText(ssrc)}${origin === '' ? '' : ` from ${origin}`}`;
}
