/** Reads session descriptions (SDP, RFC 8866) of L16 and L24 streams, with what AES67 adds to them. */
import { isIP } from 'node:net';
import { checkInteger, checkOptions, type OptionNames, typeError } from '../../arguments.js';
import { visibleLines } from '../../visible-text.js';
import { AUDIO_FORMAT, MAX_PAYLOAD_BYTES, payloadFrameBytes, type RtpAudioFormat } from '../format.js';
import type { PayloadEncoding } from '../payload-types.js';
import { SdpError } from './error.js';
import { attributes, inherited, type Line, type Media, mediaOf } from './lines.js';
import { type MediaClock, readMediaClock } from './media-clock.js';
import { payloadFormats } from './payload.js';
import { filtersOf, type SourceFilter } from './source-filter.js';

/** No honest description is longer. */
export const MAX_SDP_BYTES = 65_536;

/** A stream, as a session description gives it: what a receiver has to know. */
export interface StreamParameters extends RtpAudioFormat, SourceFilter {
  /** s= */
  readonly name: string;
  /** 0..127. */
  readonly payloadType: number;
  /** Other payload types that packets may have instead (RFC 8866, section 5.14), of the same rate and channels. */
  readonly alternatives?: readonly PayloadEncoding[];
  /** The group, or the receiver's own address, from c=. */
  readonly address: string;
  /** 1..65535, from m=. */
  readonly port: number;
  /** Hops of an IPv4 group, 0..255, from c=. */
  readonly ttl?: number;
  /** Frames a packet, from a=ptime; packets of other lengths are understood as well. */
  readonly packetFrames?: number;
  /** Reference clocks as written, for instance 'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0' (RFC 7273). */
  readonly referenceClocks: readonly string[];
  readonly mediaClock?: MediaClock;
  /** What of the description was left out of account, for people. */
  readonly warnings: readonly string[];
}

/** What a description says of a stream: all of it may be given to those who receive the stream. */
export const STREAM_PARAMETERS: OptionNames<StreamParameters> = {
  ...AUDIO_FORMAT,
  name: true,
  payloadType: true,
  alternatives: true,
  address: true,
  port: true,
  ttl: true,
  packetFrames: true,
  referenceClocks: true,
  mediaClock: true,
  sources: true,
  excludedSources: true,
  warnings: true,
};

export interface ParseSdpOptions {
  /** Which of the audio streams to take, counted from 0. Default: the first that is L16 or L24. */
  readonly stream?: number;
}

export const PARSE_OPTIONS: OptionNames<ParseSdpOptions> = { stream: true };

/**
 * Reads a session description; or several, one after the other: each line v=0 begins another, and streams are counted through.
 *
 * @throws SdpError that says which line is missing or wrong
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * using receiver = await RtpReceiver.open({ ...parseSdp(text), sink: loop });
 */
export function parseSdp(text: string, options: ParseSdpOptions = {}): StreamParameters {
  if (typeof text !== 'string') throw typeError('text', 'a string', text);
  const { stream } = checkOptions('options', options, PARSE_OPTIONS);
  if (stream !== undefined) checkInteger('stream', stream, 0, 1000);
  if (text.length > MAX_SDP_BYTES)
    throw new SdpError(`the description is longer than ${MAX_SDP_BYTES} bytes`);
  // Errors quote the text, and programs show what it names.
  const audio = mediaOf(visibleLines(text)).filter(({ head }) => /^audio\b/i.test(head.value));
  if (audio.length === 0)
    throw new SdpError('no stream of audio: a line like "m=audio 5004 RTP/AVP 96" is missing');
  if (stream === undefined) return firstPlayable(audio);
  const chosen = audio[stream];
  if (!chosen) throw new SdpError(`there is no audio stream ${stream}: the description has ${audio.length}`);
  return streamParameters(chosen);
}

function firstPlayable(audio: readonly Media[]): StreamParameters {
  let first: unknown;
  for (const candidate of audio) {
    try {
      return streamParameters(candidate);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

function streamParameters(media: Media): StreamParameters {
  const { port, listed } = headOf(media.head);
  const [format, ...alternatives] = payloadFormats(media, listed);
  const connection = connectionOf(media);
  const { packetFrames, warning } = packetFramesOf(media, format);
  const [clock] = inherited(media, 'mediaclk');
  return {
    name: media.session.find(({ type }) => type === 's')?.value ?? '',
    ...format,
    ...(alternatives.length > 0
      ? { alternatives: alternatives.map(({ payloadType, encoding }) => ({ payloadType, encoding })) }
      : {}),
    ...connection,
    port,
    ...(packetFrames === undefined ? {} : { packetFrames }),
    ...filtersOf(media, connection.address),
    referenceClocks: inherited(media, 'ts-refclk').flatMap(({ value }) => (value === '' ? [] : [value])),
    ...(clock && clock.value !== '' ? { mediaClock: readMediaClock(clock.value) } : {}),
    warnings: [...(warning === undefined ? [] : [warning]), ...otherLegs(media)],
  };
}

/** Port and payload types of a line m=audio. */
function headOf({ value, text }: Line): { port: number; listed: readonly number[] } {
  const [, ports = '', protocol = '', ...formats] = value.split(/\s+/);
  const [, port, count = '1'] = /^(\d+)(?:\/(\d+))?$/.exec(ports) ?? [];
  if (port === undefined || protocol === '') {
    throw new SdpError(`"${text}" cannot be read: a line like "m=audio 5004 RTP/AVP 96" is needed`);
  }
  if (Number(count) !== 1)
    throw new SdpError(`m=audio ${ports} goes over ${count} ports: only one is supported`);
  if (!/^RTP\/AVPF?$/i.test(protocol)) {
    throw new SdpError(`m=audio is carried by ${protocol}: only RTP/AVP is supported, without encryption`);
  }
  if (!(Number(port) >= 1 && Number(port) <= 65_535))
    throw new SdpError(`m=audio has the port ${port}, which is none`);
  const listed = formats.filter((type) => /^\d+$/.test(type)).map(Number);
  if (listed.length === 0) throw new SdpError('m=audio lists no payload type');
  return { port: Number(port), listed };
}

function connectionOf({ lines, session }: Media): { address: string; ttl?: number } {
  const found = [lines, session]
    .map((level) => level.filter(({ type }) => type === 'c'))
    .find((level) => level.length > 0);
  const [line, ...others] = found ?? [];
  if (line === undefined) {
    throw new SdpError(
      'the address is missing: a line like "c=IN IP4 239.0.0.1/32", for the session or the media',
    );
  }
  if (others.length > 0)
    throw new SdpError(`there are ${others.length + 1} lines c=: only one group is supported`);
  const [, family = '', text] = /^IN\s+IP([46])\s+(\S+)$/i.exec(line.value) ?? [];
  if (text === undefined)
    throw new SdpError(`"${line.text}" cannot be read: a line like "c=IN IP4 239.0.0.1/32" is needed`);
  const [zoned = '', ...numbers] = text.split('/');
  // The name of an interface means something to the machine alone that wrote it.
  const [address = ''] = zoned.split('%');
  const version = isIP(address);
  if (version === 0) throw new SdpError(`c= gives "${address}": an IPv4 or IPv6 address is needed`);
  if (String(version) !== family)
    throw new SdpError(`"${line.text}" contradicts itself: ${address} is an address of IPv${version}`);
  // Groups of IPv6 have no ttl: RFC 8866, section 5.7.
  const hops = version === 4 ? numbers.shift() : undefined;
  if (hops !== undefined && (!/^\d+$/.test(hops) || Number(hops) > 255)) {
    throw new SdpError(`c= gives the ttl "${hops}": 0..255 are possible`);
  }
  const groups = numbers.join('/') || '1';
  if (groups !== '1') throw new SdpError(`c= gives ${groups} groups: only one is supported`);
  return hops === undefined ? { address } : { address, ttl: Number(hops) };
}

/** The time of a packet is a hint (RFC 8866, section 6.4): one that cannot be is no reason to hear nothing. */
function packetFramesOf(
  media: Media,
  { encoding, rate, channels }: RtpAudioFormat,
): { packetFrames?: number; warning?: string } {
  const [line] = attributes(media.lines, 'ptime');
  if (line === undefined) return {};
  if (!/^\d+(\.\d*)?$/.test(line.value))
    return { warning: `"${line.text}" is ignored: it is no time in milliseconds` };
  const packetFrames = Math.round((Number(line.value) * rate) / 1000);
  if (packetFrames < 1) return { warning: `"${line.text}" is ignored: it is less than a frame` };
  if (packetFrames * payloadFrameBytes(encoding, channels) > MAX_PAYLOAD_BYTES)
    return { warning: `"${line.text}" is ignored: no packet holds ${line.value} ms of this stream` };
  return { packetFrames };
}

/** RFC 7104 and ST 2022-7: the same stream twice, of which one is received. */
function otherLegs({ lines, session, siblings }: Media): string[] {
  const [mid] = attributes(lines, 'mid');
  const legs = attributes(session, 'group')
    .map(({ value }) => value.split(/\s+/))
    .find(([kind, ...mids]) => kind === 'DUP' && mid !== undefined && mids.includes(mid.value));
  if (legs === undefined || siblings.length < 2) return [];
  const others = legs.slice(1).filter((name) => name !== mid?.value);
  return [
    `this is one leg of a stream that is sent twice (a=group:DUP): ${others.join(', ')} is not received`,
  ];
}
