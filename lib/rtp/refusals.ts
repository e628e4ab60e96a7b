/** Packets that are refused: each reason is told once, with what came, what was expected, and the option that would take it. */
import type { PacketRejection } from './jitter-buffer/events.js';

/** Why packets were refused. RTCP on the port is expected, and not told. */
export type RefusalReason =
  | Exclude<PacketRejection, 'rtcp'>
  /** From an address that was not asked for. */
  | 'filtered'
  /** Of another sender, while the current one is alive. */
  | 'rival';

export interface RefusalEvent {
  readonly reason: RefusalReason;
  /** For people: 'payload type 97'. */
  readonly came: string;
  /** For people, after it: '96'. */
  readonly expected: string;
  /** The option of RtpReceiver that decides about such packets, where there is one. */
  readonly option: RefusalOption | undefined;
  /** The value with which it would take them, where that is known. */
  readonly value: number | string | undefined;
}

export type RefusalOption =
  | 'payloadType'
  | 'channels'
  | 'ssrc'
  | 'sources'
  | 'excludedSources'
  | 'mediaClock';

/** What is told of a refused packet. */
type Description = Omit<RefusalEvent, 'reason'>;

/** Packets in a row that have to be refused alike, for another cause than what was told, to be told as well. */
const CONFIRM_PACKETS = 3;
/** Different causes that are told of one reason: beyond, they are noise. */
const MAX_TOLD = 4;

interface Told {
  readonly causes: (number | string)[];
  last: number | string;
  repeated: number;
}

export class Refusals {
  readonly #tell: ((event: RefusalEvent) => void) | undefined;
  readonly #told = new Map<RefusalReason, Told>();

  constructor(tell: ((event: RefusalEvent) => void) | undefined) {
    this.#tell = tell;
  }

  /**
   * A packet was refused. The first one of a reason is told; of other causes, those that last.
   *
   * @param cause what about it was wrong: the same for packets that are refused alike
   */
  note(reason: RefusalReason, cause: number | string, describe: () => Description): void {
    if (!this.#tell) return;
    const told = this.#told.get(reason);
    if (!told) {
      this.#told.set(reason, { causes: [cause], last: cause, repeated: 0 });
    } else {
      told.repeated = told.last === cause ? told.repeated + 1 : 1;
      told.last = cause;
      if (told.causes.includes(cause) || told.repeated < CONFIRM_PACKETS || told.causes.length >= MAX_TOLD)
        return;
      told.causes.push(cause);
    }
    this.#tell({ reason, ...describe() });
  }
}

/** A refusal in words: 'payload type 97 came, 96 was expected'. */
export function describeRefusal({ came, expected }: Pick<RefusalEvent, 'came' | 'expected'>): string {
  return `${came} came, ${expected} was expected`;
}

/** A source identifier as it is usually written. */
export function sourceText(ssrc: number): string {
  return `0x${ssrc.toString(16).padStart(8, '0')}`;
}
