/** Which packets are of the described stream at all, by their type, size and source. Others are counted, and told once. */

import type { RtpPacket, RtpRejection } from '../packet.js';
import type { Payloads, PayloadTypes } from '../payload-types.js';
import { type RefusalOption, type RefusalReason, type Refusals, sourceText } from '../refusals.js';
import type { PacketRejection } from './events.js';
import type { CheckedJitterBufferOptions } from './options.js';

/** A UDP datagram's largest payload: no packet can hold more. */
export const MAX_DATAGRAM_BYTES = 65_535;

/** RTCP's packet types 192 to 223 (RFC 5761, section 4), without what would be RTP's marker. */
const RTCP_TYPES = { first: 64, last: 95 };

export class Admission {
  readonly #types: PayloadTypes;
  readonly #channels: number;
  readonly #ssrc: number | undefined;
  readonly #refusals: Refusals;
  readonly #isHeard: () => boolean;
  readonly #rejected: Record<PacketRejection, number> = {
    truncated: 0,
    version: 0,
    padding: 0,
    rtcp: 0,
    'payload-type': 0,
    size: 0,
    source: 0,
    clock: 0,
  };

  /** @param isHeard whether a stream is heard now */
  constructor(
    { types, channels, ssrc }: Pick<CheckedJitterBufferOptions, 'types' | 'channels' | 'ssrc'>,
    refusals: Refusals,
    isHeard: () => boolean,
  ) {
    this.#types = types;
    this.#channels = channels;
    this.#ssrc = ssrc;
    this.#refusals = refusals;
    this.#isHeard = isHeard;
  }

  /** Packets that were rejected, by the reason. */
  get rejected(): Readonly<Record<PacketRejection, number>> {
    return this.#rejected;
  }

  /** How to read the payload of a packet; undefined where the packet is rejected. */
  admit({ payloadType, payload, ssrc }: RtpPacket): Payloads | undefined {
    const payloads = this.#types.of(payloadType);
    if (!payloads) return this.#rejectType(payloadType);
    const frames = payload.length / payloads.frameBytes;
    if (frames === 0 || !Number.isInteger(frames) || payload.length > MAX_DATAGRAM_BYTES) {
      return this.#rejectSize(payload.length, payloads);
    }
    if (this.#ssrc !== undefined && ssrc !== this.#ssrc) {
      const expected = sourceText(this.#ssrc);
      return this.#reject('source', ssrc, `source ${sourceText(ssrc)}`, expected, 'ssrc', ssrc);
    }
    return payloads;
  }

  /** A datagram is no RTP packet. */
  rejectDatagram(reason: RtpRejection, bytes: number): undefined {
    return this.#reject(reason, '', `a datagram of ${bytes} bytes (${reason})`, 'an RTP packet');
  }

  /** A packet has a time that is far from the clock's. `cause`: in which way. */
  rejectTime(cause: string, came: string, expected: string): undefined {
    return this.#reject('clock', cause, came, expected, 'mediaClock');
  }

  /** An option is advice for a stream that is not heard: beside one that is, packets of another kind may well come. */
  #reject(
    reason: PacketRejection & RefusalReason,
    cause: number | string,
    came: string,
    expected: string,
    wanted?: RefusalOption,
    taken?: number,
  ): undefined {
    this.#rejected[reason]++;
    const isHeard = this.#isHeard();
    this.#refusals.note(reason, isHeard ? `${cause}` : cause, () => {
      const [option, value] = isHeard ? [] : [wanted, taken];
      return { came, expected, option, value };
    });
  }

  #rejectType(payloadType: number): undefined {
    if (payloadType >= RTCP_TYPES.first && payloadType <= RTCP_TYPES.last) {
      this.#rejected.rtcp++;
      return;
    }
    const came = `payload type ${payloadType}`;
    this.#reject('payload-type', payloadType, came, this.#types.text, 'payloadType', payloadType);
  }

  #rejectSize(bytes: number, { encoding, frameBytes }: Payloads): undefined {
    const channels = this.#channels === 1 ? '1 channel' : `${this.#channels} channels`;
    const expected = `a multiple of ${frameBytes} (${encoding}, ${channels})`;
    this.#reject('size', bytes, `a payload of ${bytes} bytes`, expected, 'channels');
  }
}
