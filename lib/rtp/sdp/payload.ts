/** What the payload types of a stream mean: a=rtpmap (RFC 8866, section 6.6), and RFC 3551 where there is none. */
import { MAX_CHANNELS, MAX_RATE, type RtpAudioFormat } from '../format.js';
import { SdpError } from './error.js';
import { attributes, type Media } from './lines.js';

export interface PayloadFormat extends RtpAudioFormat {
  readonly payloadType: number;
}

/** The payload types that RFC 3551, table 4, gives L16 for good: 44.1 kHz, two channels and one. */
const STATIC_PAYLOAD_TYPES = new Map<number, RtpAudioFormat>([
  [10, { encoding: 'L16', rate: 44_100, channels: 2 }],
  [11, { encoding: 'L16', rate: 44_100, channels: 1 }],
]);

/**
 * The formats of the listed types that are L16 or L24: the first, which is the sender's favourite, and those that fit the same
 * listener, since they have its rate and channels.
 *
 * @throws SdpError where there are none
 */
export function payloadFormats(media: Media, listed: readonly number[]): [PayloadFormat, ...PayloadFormat[]] {
  const maps = attributes(media.lines, 'rtpmap').map(({ value, text }) => ({ ...splitMap(value), text }));
  const formats: PayloadFormat[] = [];
  const others: string[] = [];
  for (const payloadType of new Set(listed)) {
    const format = payloadFormat(
      payloadType,
      maps.find(({ type }) => type === payloadType),
    );
    if (typeof format === 'string') others.push(format);
    else formats.push({ payloadType, ...format });
  }
  const [first, ...more] = formats;
  if (!first) throw new SdpError(`m=audio has neither L16 nor L24: ${others.join(', ')}`);
  return [first, ...more.filter(({ rate, channels }) => rate === first.rate && channels === first.channels)];
}

interface PayloadMap {
  readonly type: number | undefined;
  readonly codec: string;
  /** As written: what is no number is to be told. */
  readonly rate: string;
  readonly channels: string | undefined;
  readonly text: string;
}

/** '96 L24/48000/2', with any white space between. */
function splitMap(value: string): Omit<PayloadMap, 'text'> {
  const [, type, rest = ''] = /^(\d+)\s+(.*)$/.exec(value) ?? [];
  const [codec = '', rate = '', ...channels] = rest.split('/').map((part) => part.trim());
  return {
    ...{ type: type === undefined ? undefined : Number(type), codec, rate },
    channels: channels.length > 0 ? channels.join('/') : undefined,
  };
}

/** @returns the format, or why there is none */
function payloadFormat(type: number, map: PayloadMap | undefined): RtpAudioFormat | string {
  const fixed = STATIC_PAYLOAD_TYPES.get(type);
  if (!map) return fixed ?? `${type} without a=rtpmap:${type}`;
  const encoding = map.codec.toUpperCase();
  if (encoding !== 'L16' && encoding !== 'L24') return `${type} is ${map.codec || 'nothing'}`;
  if (type > 127) return `the payload type ${type} is above 127`;
  const rate = numberOf(map.rate, MAX_RATE);
  if (rate === undefined) return `"${map.text}" says no sample rate of 1..${MAX_RATE} Hz`;
  // The number of channels may be left out where it is one; but types 10 and 11 have theirs by RFC 3551, section 6.
  const isFixed = fixed?.encoding === encoding && fixed.rate === rate;
  const channels =
    map.channels === undefined ? (isFixed ? fixed.channels : 1) : numberOf(map.channels, MAX_CHANNELS);
  if (channels === undefined) return `"${map.text}" says no channels of 1..${MAX_CHANNELS}`;
  return { encoding, rate, channels };
}

function numberOf(text: string, most: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}
