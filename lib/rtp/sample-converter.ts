/** SampleConverter: samples of a payload to those of ALSA, and back. */
import { checkBytes, checkOneOf, rangeError, valueError } from '../arguments.js';
import { sampleFormat } from '../pcm/format.js';
import {
  checkEncoding,
  encodingBytes,
  RTP_PCM_FORMATS,
  type RtpEncoding,
  type RtpPcmFormat,
} from './format.js';

/** Where the bytes of a sample lie, most significant first: one side of a conversion. */
interface Layout {
  readonly bytes: number;
  readonly bigEndian: boolean;
}

function pcmLayout(format: RtpPcmFormat): Layout {
  return { bytes: sampleFormat(format).bytes, bigEndian: format.endsWith('BE') };
}

/**
 * Converts samples between two layouts. A narrower sample goes into the most significant bytes of a wider one, the rest
 * is zero; a wider one gives its most significant bytes.
 */
export class SampleConverter {
  readonly #input: Layout;
  readonly #output: Layout;

  private constructor(input: Layout, output: Layout) {
    this.#input = input;
    this.#output = output;
  }

  /**
   * From payload to PCM. Exact: a format with fewer bits than the encoding is refused.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   */
  static decoder(encoding: RtpEncoding, format: RtpPcmFormat): SampleConverter {
    const decoder = SampleConverter.truncatingDecoder(encoding, format);
    if (decoder.#output.bytes < decoder.#input.bytes)
      throw valueError('format', `one that holds ${encoding} whole`, format);
    return decoder;
  }

  /**
   * From payload to PCM. A format with fewer bits than the encoding gets the most significant ones.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   */
  static truncatingDecoder(encoding: RtpEncoding, format: RtpPcmFormat): SampleConverter {
    const input = { bytes: encodingBytes(checkEncoding('encoding', encoding)), bigEndian: true };
    const output = pcmLayout(checkOneOf('format', format, RTP_PCM_FORMATS));
    return new SampleConverter(input, output);
  }

  /**
   * From PCM to payload. The 32-bit formats give their upper 24 bits to L24, which is all that most converters fill; any
   * other pair that would lose bits is refused.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   */
  static encoder(format: RtpPcmFormat, encoding: RtpEncoding): SampleConverter {
    const input = pcmLayout(checkOneOf('format', format, RTP_PCM_FORMATS));
    const output = { bytes: encodingBytes(checkEncoding('encoding', encoding)), bigEndian: true };
    if (output.bytes === 2 && input.bytes > 2) {
      throw valueError('format', 'S16_LE or S16_BE for L16', format);
    }
    return new SampleConverter(input, output);
  }

  /** Bytes that `length` bytes become. */
  outputBytes(length: number): number {
    return (length / this.#input.bytes) * this.#output.bytes;
  }

  /**
   * Converts whole samples, into the beginning of `output` where it is given.
   *
   * @returns the converted bytes: a view of `output`, or bytes of their own
   */
  convert(input: Uint8Array, output?: Uint8Array): Uint8Array {
    const target = (output ?? new Uint8Array(this.outputBytes(input.length))).subarray(
      0,
      this.outputBytes(input.length),
    );
    const { bytes: inputBytes, bigEndian } = this.#input;
    const { bytes: outputBytes } = this.#output;
    if (inputBytes === outputBytes && bigEndian === this.#output.bigEndian) {
      target.set(input);
      return target;
    }
    if (inputBytes === 2 && outputBytes === 2) {
      swap16(input, target);
      return target;
    }
    // Where the bytes of a sample lie, from the most significant one on.
    const inStep = bigEndian ? 1 : -1;
    const in0 = bigEndian ? 0 : inputBytes - 1;
    const in1 = in0 + inStep;
    const in2 = in1 + inStep;
    const outStep = this.#output.bigEndian ? 1 : -1;
    const out0 = this.#output.bigEndian ? 0 : outputBytes - 1;
    const out1 = out0 + outStep;
    const out2 = out1 + outStep;
    const isThreeBytes = Math.min(inputBytes, outputBytes) > 2;
    if (outputBytes > inputBytes) target.fill(0);
    for (let from = 0, to = 0; from < input.length; from += inputBytes, to += outputBytes) {
      target[to + out0] = input[from + in0] as number;
      target[to + out1] = input[from + in1] as number;
      if (isThreeBytes) target[to + out2] = input[from + in2] as number;
    }
    return target;
  }
}

/** L16 to S16_LE and back: the usual case by far, without what the loop for every case looks up. */
function swap16(input: Uint8Array, output: Uint8Array): void {
  for (let i = 0; i + 1 < input.length; i += 2) {
    output[i] = input[i + 1] as number;
    output[i + 1] = input[i] as number;
  }
}

/**
 * Converts the payload of an RTP packet to samples for ALSA, exactly.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (a format that is too narrow)
 * @throws RangeError ERR_OUT_OF_RANGE where the payload is not whole samples
 *
 * @example
 * import { decodePayload } from 'alsa-utimer/rtp';
 *
 * const payload = Uint8Array.of(0x12, 0x34, 0x56); // one sample, most significant byte first
 * console.log(decodePayload(payload, 'L24', 'S32_LE')); // Uint8Array(4) [ 0, 86, 52, 18 ]
 */
export function decodePayload(payload: Uint8Array, encoding: RtpEncoding, format: RtpPcmFormat): Uint8Array {
  const converter = SampleConverter.decoder(encoding, format);
  checkWholeSamples('payload', payload, encodingBytes(encoding));
  return converter.convert(payload);
}

/**
 * Converts ALSA's samples to the payload of an RTP packet. See SampleConverter.encoder for what is refused.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * import { encodePayload } from 'alsa-utimer/rtp';
 *
 * const frames = Uint8Array.from([0x34, 0x12]); // one sample, 0x1234
 * console.log(encodePayload(frames, 'S16_LE', 'L16')); // Uint8Array(2) [ 18, 52 ]
 */
export function encodePayload(bytes: Uint8Array, format: RtpPcmFormat, encoding: RtpEncoding): Uint8Array {
  const converter = SampleConverter.encoder(format, encoding);
  checkWholeSamples('bytes', bytes, sampleFormat(format).bytes);
  return converter.convert(bytes);
}

function checkWholeSamples(name: string, value: unknown, sampleBytes: number): void {
  const { length } = checkBytes(name, value);
  if (length % sampleBytes !== 0)
    throw rangeError(`${name}.length`, `a multiple of ${sampleBytes} bytes`, length);
}
