/** What an audio stream carries: L16 and L24 samples (RFC 3551 and 3190), in packets of AES67's lengths. */
import {
  checkBytes,
  checkInteger,
  checkOneOf,
  type OptionNames,
  rangeError,
  typeError,
  valueError,
} from '../arguments.js';
import { type PcmFormat, sampleFormat } from '../pcm/format.js';

/** L16: RFC 3551, section 4.5.11. L24: RFC 3190, section 4. Both signed, in network byte order, interleaved. */
export type RtpEncoding = 'L16' | 'L24';

export const RTP_ENCODINGS: readonly RtpEncoding[] = Object.freeze(['L16', 'L24'] as const);

/** The sample formats of ALSA that a payload is converted to and from. */
export type RtpPcmFormat = Extract<
  PcmFormat,
  'S16_LE' | 'S16_BE' | 'S24_3LE' | 'S24_3BE' | 'S32_LE' | 'S32_BE'
>;

export const RTP_PCM_FORMATS: readonly RtpPcmFormat[] = Object.freeze([
  'S16_LE',
  'S16_BE',
  'S24_3LE',
  'S24_3BE',
  'S32_LE',
  'S32_BE',
] as const);

/** The shape of a stream's frames. */
export interface RtpAudioFormat {
  readonly encoding: RtpEncoding;
  /** Hz, 1..768000; the timestamp's clock as well. */
  readonly rate: number;
  /** 1..256. */
  readonly channels: number;
}

export const MAX_RATE = 768_000;
export const MAX_CHANNELS = 256;
/** The largest payload of UDP over IPv4, without the header of RTP. */
export const MAX_PAYLOAD_BYTES = 65_507 - 12;

/** Bytes of one sample of one channel, in a payload. */
export function encodingBytes(encoding: RtpEncoding): number {
  return encoding === 'L16' ? 2 : 3;
}

/**
 * Bytes of one frame, in a payload.
 *
 * @example
 * import { payloadFrameBytes } from 'alsa-utimer/rtp';
 *
 * console.log(payloadFrameBytes('L24', 2)); // 6
 */
export function payloadFrameBytes(encoding: RtpEncoding, channels: number): number {
  return encodingBytes(encoding) * channels;
}

/** The format of ALSA that holds the encoding's samples, and no more, in this processor's usual byte order. */
export function defaultPcmFormat(encoding: RtpEncoding): RtpPcmFormat {
  return encoding === 'L16' ? 'S16_LE' : 'S24_3LE';
}

/**
 * Frames in a packet of `ptime` milliseconds: the nearest whole number, since descriptions of AES67 streams
 * round: '0.12' is 6 frames at 48 kHz, '1.09' is 48 frames at 44.1 kHz.
 *
 * @param ptime milliseconds, 0.125..10 for AES67; anything that gives at least one frame is taken, up to 1000
 * @param rate Hz, 1..768000
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * import { framesOfPtime } from 'alsa-utimer/rtp';
 *
 * console.log(framesOfPtime(1, 48_000), framesOfPtime(0.12, 48_000), framesOfPtime(1.09, 44_100)); // 48 6 48
 */
export function framesOfPtime(ptime: number, rate: number): number {
  if (typeof ptime !== 'number') throw typeError('ptime', 'a number', ptime);
  checkInteger('rate', rate, 1, MAX_RATE);
  const frames = Math.round((ptime * rate) / 1000);
  if (!(frames >= 1 && ptime <= 1000))
    throw rangeError('ptime', 'at least one frame, at most 1000 ms', ptime);
  return frames;
}

/** The packets of AES67 in frames, which are the same at 44.1 and at 48 kHz; and how it writes their time at 44.1 kHz. */
const AES67_PACKETS: readonly { frames: number; ptimes: readonly number[]; at44100: string }[] = [
  { frames: 6, ptimes: [0.125, 0.12], at44100: '0.14' },
  { frames: 12, ptimes: [0.25], at44100: '0.27' },
  { frames: 16, ptimes: [0.333, 0.33], at44100: '0.36' },
  { frames: 48, ptimes: [1], at44100: '1.09' },
  { frames: 192, ptimes: [4], at44100: '4.35' },
];

/**
 * Frames in a packet that is to last about `ptime` milliseconds, as AES67 counts them: at 44.1 kHz a packet of 1 ms holds 48
 * frames, as at 48 kHz, and lasts 1.09 ms. Times that AES67 does not name are those of `framesOfPtime`.
 *
 * @param ptime milliseconds that give at least one frame, up to 1000
 * @param rate Hz, 1..768000
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * import { packetFramesFor } from 'alsa-utimer/rtp';
 *
 * console.log(packetFramesFor(1, 44_100), packetFramesFor(1, 48_000), packetFramesFor(1, 88_200)); // 48 48 96
 */
export function packetFramesFor(ptime: number, rate: number): number {
  const frames = framesOfPtime(ptime, rate);
  const packet = AES67_PACKETS.find(({ ptimes }) => ptimes.includes(ptime));
  return packet && rate % 44_100 === 0 ? packet.frames * (rate / 44_100) : frames;
}

/** How a description writes the time of a packet: as AES67 does, or as the shortest decimal that reads back as its frames. */
export function formatPtime(frames: number, rate: number): string {
  const packet = AES67_PACKETS.find((known) => known.frames === frames);
  if (packet && rate === 44_100) return packet.at44100;
  const ptime = ptimeOfFrames(frames, rate);
  for (let digits = 0; digits < 9; digits++) {
    const text = ptime.toFixed(digits);
    const isNear = Math.abs(Number(text) - ptime) <= ptime * 1e-3;
    if (isNear && Math.round((Number(text) * rate) / 1000) === frames) return text;
  }
  return String(ptime);
}

/**
 * Milliseconds that `frames` frames last.
 *
 * @example
 * import { ptimeOfFrames } from 'alsa-utimer/rtp';
 *
 * console.log(ptimeOfFrames(6, 48_000)); // 0.125
 */
export function ptimeOfFrames(frames: number, rate: number): number {
  return (frames * 1000) / rate;
}

export function checkEncoding(name: string, value: unknown): RtpEncoding {
  return checkOneOf(name, value, RTP_ENCODINGS);
}

export const AUDIO_FORMAT: OptionNames<RtpAudioFormat> = { encoding: true, rate: true, channels: true };

export function checkAudioFormat(name: string, value: RtpAudioFormat): RtpAudioFormat {
  return {
    encoding: checkEncoding(`${name}.encoding`, value.encoding),
    rate: checkInteger(`${name}.rate`, value.rate, 1, MAX_RATE),
    channels: checkInteger(`${name}.channels`, value.channels, 1, MAX_CHANNELS),
  };
}

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
