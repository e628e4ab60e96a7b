/** What an audio stream carries: L16 and L24 samples (RFC 3551 and 3190). */
import { checkInteger, checkOneOf, type OptionNames } from '../arguments.js';
import type { PcmFormat } from '../pcm/format.js';

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
