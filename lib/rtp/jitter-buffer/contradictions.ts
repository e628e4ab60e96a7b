/** Streams that are not what their description says: length, timestamps and sequence numbers contradict each other. */
import { payloadFrameBytes, RTP_ENCODINGS, type RtpEncoding } from '../format.js';
import { sequenceDistance } from '../packet.js';

/** Many packets contradict what was described. */
export interface ContradictionEvent {
  /**
   * 'length': payloads hold more or fewer frames than timestamps count, so the format is described wrongly, or the sender's
   * clock counts something else. 'sequence': the sequence numbers stand still, so only the timestamps count.
   */
  readonly what: 'length' | 'sequence';
  /** Frames that a packet holds, if its format is the one that was described. */
  readonly packetFrames: number;
  /** Frames that the timestamps count from packet to packet. */
  readonly timestampFrames: number;
  /** With 'length': formats of which a packet holds as many frames as its timestamps count. */
  readonly fits: readonly { readonly encoding: RtpEncoding; readonly channels: number }[];
}

/** Packets in a row that have to contradict in the same way. */
const CONFIRM_PACKETS = 50;
/** Lengths that differ by less, relatively, are a sender's rounding and no other format: 31 channels are told from 32. */
const LEAST_DIFFERENCE = 1 / 33;
const MAX_CHANNELS = 256;

export class Contradictions {
  readonly #channels: number;
  readonly #tell: ((event: ContradictionEvent) => void) | undefined;
  #previous: { sequence: number; timestamp: number; frames: number; encoding: RtpEncoding } | undefined;
  #step: number | undefined;
  /** Consecutive packets that contradict by the same numbers. */
  #contradicting = 0;
  #standing = 0;
  readonly #told = new Set<ContradictionEvent['what']>();

  constructor(channels: number, tell: ((event: ContradictionEvent) => void) | undefined) {
    this.#channels = channels;
    this.#tell = tell;
  }

  /** Frames that the timestamps counted between the last two packets whose sequence numbers follow each other. */
  get step(): number | undefined {
    return this.#step;
  }

  /** In how many packets in a row the sequence number has stood still while the timestamp went on. */
  get standing(): number {
    return this.#standing;
  }

  /** Another stream. */
  reset(): void {
    this.#previous = undefined;
    this.#step = undefined;
    this.#contradicting = 0;
    this.#standing = 0;
  }

  /** A packet of the stream, the newest one by its timestamp. */
  note(sequence: number, timestamp: number, frames: number, encoding: RtpEncoding): void {
    const previous = this.#previous;
    this.#previous = { sequence, timestamp, frames, encoding };
    if (!previous) return;
    const { frames: length } = previous;
    const step = (timestamp - previous.timestamp) | 0;
    const steps = sequenceDistance(sequence, previous.sequence);
    if (steps === 0 && step > 0) {
      if (++this.#standing === CONFIRM_PACKETS) this.#say('sequence', length, step, encoding);
    } else this.#standing = 0;
    if (steps !== 1) return;
    const isSame = step === this.#step && frames === length && encoding === previous.encoding;
    this.#step = step;
    if (Math.abs(length - step) <= LEAST_DIFFERENCE * Math.max(length, step)) this.#contradicting = 0;
    else this.#contradicting = isSame ? this.#contradicting + 1 : 1;
    if (this.#contradicting === CONFIRM_PACKETS) this.#say('length', length, step, encoding);
  }

  #say(
    what: ContradictionEvent['what'],
    packetFrames: number,
    timestampFrames: number,
    encoding: RtpEncoding,
  ): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    const fits = what === 'length' ? this.#fits(packetFrames, timestampFrames, encoding) : [];
    this.#tell?.({ what, packetFrames, timestampFrames, fits });
  }

  /** The same number of channels first, then the same encoding. */
  #fits(packetFrames: number, timestampFrames: number, described: RtpEncoding): ContradictionEvent['fits'] {
    const count = this.#channels;
    const frameBytes = (packetFrames * payloadFrameBytes(described, count)) / timestampFrames;
    return RTP_ENCODINGS.map((encoding) => ({
      encoding,
      channels: frameBytes / payloadFrameBytes(encoding, 1),
    }))
      .filter(({ channels }) => Number.isInteger(channels) && channels <= MAX_CHANNELS)
      .sort(
        (a, b) =>
          Number(b.channels === count) - Number(a.channels === count) ||
          Number(b.encoding === described) - Number(a.encoding === described),
      );
  }
}
