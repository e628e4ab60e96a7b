/** The payload types that packets of a stream may have (RFC 8866, section 5.14), and what their payloads hold. */
import { checkInteger, checkObject, typeError, valueError } from '../arguments.js';
import { checkEncoding, payloadFrameBytes, type RtpEncoding, type RtpPcmFormat } from './format.js';
import { SampleConverter } from './sample-converter.js';

/** A payload type, and the encoding of its packets. */
export interface PayloadEncoding {
  /** 0..127. */
  readonly payloadType: number;
  readonly encoding: RtpEncoding;
}

interface StreamPayloads extends PayloadEncoding {
  readonly alternatives?: readonly PayloadEncoding[];
  readonly channels: number;
}

/** The payloads of one type. */
export interface Payloads extends PayloadEncoding {
  /** Bytes of one frame. */
  readonly frameBytes: number;
  readonly converter: SampleConverter;
}

export class PayloadTypes {
  readonly #all: readonly [Payloads, ...Payloads[]];
  /** Bytes of one frame at the sink. */
  readonly frameBytes: number;
  /** Bytes of one frame of a payload, in the narrowest encoding. */
  readonly leastFrameBytes: number;
  /** For people: '96', '96 or 97', '96, 97 or 98'. */
  readonly text: string;

  /**
   * @param format what the sink gets. It holds the first encoding whole; wider ones give their most significant bits.
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   */
  constructor(stream: StreamPayloads, format: RtpPcmFormat) {
    const { payloadType, encoding, channels } = stream;
    const payloads = (type: number, of: RtpEncoding, converter: SampleConverter): Payloads => ({
      payloadType: type,
      encoding: of,
      frameBytes: payloadFrameBytes(of, channels),
      converter,
    });
    const converter = SampleConverter.decoder(encoding, format);
    const first = payloads(checkInteger('payloadType', payloadType, 0, 127), encoding, converter);
    const others = checkAlternatives(stream).map((other) =>
      payloads(other.payloadType, other.encoding, SampleConverter.truncatingDecoder(other.encoding, format)),
    );
    this.#all = [first, ...others];
    this.frameBytes = converter.outputBytes(first.frameBytes);
    this.leastFrameBytes = Math.min(...this.#all.map(({ frameBytes }) => frameBytes));
    const types = this.#all.map((known) => known.payloadType);
    this.text = [types.slice(0, -1).join(', '), types.at(-1)].filter((part) => part !== '').join(' or ');
  }

  /** What packets of a type hold; undefined where none of the stream has it. */
  of(payloadType: number): Payloads | undefined {
    const [first] = this.#all;
    if (payloadType === first.payloadType) return first;
    return this.#all.find((known) => known.payloadType === payloadType);
  }
}

function checkAlternatives({ payloadType, alternatives = [] }: StreamPayloads): readonly PayloadEncoding[] {
  if (!Array.isArray(alternatives)) throw typeError('alternatives', 'an array', alternatives);
  const types = [payloadType];
  return alternatives.map((alternative: PayloadEncoding, index) => {
    const name = `alternatives[${index}]`;
    checkObject(name, alternative);
    const type = checkInteger(`${name}.payloadType`, alternative.payloadType, 0, 127);
    if (types.includes(type)) throw valueError(`${name}.payloadType`, 'a type of its own', type);
    types.push(type);
    return { payloadType: type, encoding: checkEncoding(`${name}.encoding`, alternative.encoding) };
  });
}

/** The encoding that holds the samples of all types of a stream whole. */
export function widestEncoding({
  encoding,
  alternatives = [],
}: Pick<StreamPayloads, 'encoding' | 'alternatives'>): RtpEncoding {
  return [encoding, ...alternatives.map((other) => other.encoding)].includes('L24') ? 'L24' : 'L16';
}
