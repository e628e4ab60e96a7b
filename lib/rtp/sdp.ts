/** Session descriptions (SDP, RFC 8866) of L16 and L24 streams, with what AES67 adds to them. */
import { createReadStream } from 'node:fs';
import { isIP } from 'node:net';
import sdpTransform, { type MediaDescription, type SessionDescription } from 'sdp-transform';
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkString,
  rangeError,
  typeError,
} from '../arguments.js';
import { visibleLines, visibleText } from '../visible-text.js';
import { canonicalAddress, checkAddress, checkAddressOf, isMulticast, socketType } from './address.js';
import {
  checkAudioFormat,
  framesOfPtime,
  MAX_CHANNELS,
  MAX_RATE,
  ptimeOfFrames,
  type RtpAudioFormat,
  type RtpEncoding,
} from './format.js';

/** No honest description is longer. */
const MAX_SDP_BYTES = 65_536;
const DEFAULT_TIMEOUT_MS = 10_000;
/** From 1900, where the time of NTP begins, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;
/** An audio stream, and over how many ports it goes (RFC 8866, section 5.14), which the parser does not know. */
const AUDIO_PORTS = /^(m=audio \d*)(?:\/(\d+))?(?= )/gm;

/** A space that some senders put where there is none in RFC 8866, section 6.4. */
const PTIME_SPACE = /^(a=ptime:)[ \t]+/gm;

/** The payload types that RFC 3551, table 4, gives L16 for good: 44.1 kHz, two channels and one. */
const STATIC_PAYLOAD_TYPES = new Map<number, RtpAudioFormat>([
  [10, { encoding: 'L16', rate: 44_100, channels: 2 }],
  [11, { encoding: 'L16', rate: 44_100, channels: 1 }],
]);

/** What the timestamps count from: RFC 7273, section 5. */
export type MediaClock =
  /** The timestamp is `offset` at the epoch of the reference clock. */
  | { readonly kind: 'direct'; readonly offset: number | undefined }
  /** The sender counts by a clock of its own. */
  | { readonly kind: 'sender' }
  | { readonly kind: 'other'; readonly value: string };

/** A stream, as a session description gives it: what a receiver has to know. */
export interface StreamParameters extends RtpAudioFormat {
  /** s= */
  readonly name: string;
  /** 0..127. */
  readonly payloadType: number;
  /** The group, or the receiver's own address, from c=. */
  readonly address: string;
  /** 1..65535, from m=. */
  readonly port: number;
  /** Hops of an IPv4 group, 0..255, from c=. */
  readonly ttl?: number;
  /** Frames a packet, from a=ptime; packets of other lengths are understood as well. */
  readonly packetFrames?: number;
  /** The only addresses to take packets from: a=source-filter incl (RFC 4570). Empty: any. */
  readonly sources: readonly string[];
  /** Addresses to take no packets from: a=source-filter excl (RFC 4570). */
  readonly excludedSources: readonly string[];
  /** Reference clocks as written, for instance 'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0' (RFC 7273). */
  readonly referenceClocks: readonly string[];
  readonly mediaClock?: MediaClock;
}

/** A session description that does not say what a receiver has to know. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
  readonly code = 'ERR_INVALID_SDP';
}

export interface ParseSdpOptions {
  /** Which of the audio streams to take, counted from 0. Default: the first that is L16 or L24. */
  readonly stream?: number;
}

/**
 * Reads a session description.
 *
 * @throws SdpError that says which line is missing or wrong
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * using receiver = await RtpReceiver.open({ ...parseSdp(text), sink: loop });
 */
export function parseSdp(text: string, options: ParseSdpOptions = {}): StreamParameters {
  if (typeof text !== 'string') throw typeError('text', 'a string', text);
  const { stream } = checkOptions('options', options);
  if (stream !== undefined) checkInteger('options.stream', stream, 0, 1000);
  if (text.length > MAX_SDP_BYTES)
    throw new SdpError(`the description is longer than ${MAX_SDP_BYTES} bytes`);
  // Errors quote the text, and programs show what it names.
  return parseVisible(visibleLines(text), stream);
}

function parseVisible(text: string, stream: number | undefined): StreamParameters {
  if (!/^\uFEFF?v=0\s*$/m.test(text))
    throw new SdpError('this is not a session description: it has no line v=0');
  const session = sdpTransform.parse(text.replace(AUDIO_PORTS, '$1').replace(PTIME_SPACE, '$1'));
  const ports = [...text.matchAll(AUDIO_PORTS)].map(([, , count]) => Number(count ?? 1));
  const [sessionLines = [], ...mediaLines] = levelsOf(text);
  const audio = session.media
    .map((media, index) => ({ media, sessionLines, lines: mediaLines[index] ?? [] }))
    .filter(({ media }) => media.type === 'audio')
    .map((stream, index) => ({ ...stream, ports: ports[index] ?? 1 }));
  if (audio.length === 0)
    throw new SdpError('no stream of audio: a line like "m=audio 5004 RTP/AVP 96" is missing');
  if (stream === undefined) return firstPlayable(session, audio);
  const chosen = audio[stream];
  if (!chosen) throw new SdpError(`there is no audio stream ${stream}: the description has ${audio.length}`);
  return streamParameters(session, chosen);
}

export interface LoadSdpOptions extends ParseSdpOptions {
  /** Milliseconds that a web server may take for all of its answer, 1..2^31-1. Default 10000. */
  readonly timeoutMilliseconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads a session description from a file, or from the address of a web server. No more of either is read than a description
 * may be long, 65536 bytes.
 *
 * @param location a path, or a URL of the schemes file, http and https
 * @throws SdpError, also where the server does not answer in time, answers with an error, or breaks off
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @throws the error of the system where the file cannot be read; an AbortError
 *
 * @example
 * const stream = await loadSdp('stage-left.sdp'); // or 'http://192.168.1.1/stage-left.sdp'
 * using receiver = await RtpReceiver.open({ ...stream, sink: loop });
 */
export async function loadSdp(
  location: string | URL,
  options: LoadSdpOptions = {},
): Promise<StreamParameters> {
  const name = location instanceof URL ? location.href : checkString('location', location);
  const { signal, timeoutMilliseconds = DEFAULT_TIMEOUT_MS } = checkOptions('options', options);
  checkInteger('options.timeoutMilliseconds', timeoutMilliseconds, 1, 2 ** 31 - 1);
  signal?.throwIfAborted();
  if (/^https?:/i.test(name)) return parseSdp(await fetchText(name, timeoutMilliseconds, signal), options);
  const path = /^file:/i.test(name) ? new URL(name) : name;
  return parseSdp(await boundedText(createReadStream(path, signal ? { signal } : {}), name), options);
}

/** A stream to describe. */
export interface DescribeOptions extends RtpAudioFormat {
  /** s=. Default 'alsa-utimer'. */
  readonly name?: string;
  readonly payloadType: number;
  /** The group, or the receiver. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
  /** Hops of an IPv4 group, 1..255. Default 1. */
  readonly ttl?: number;
  /** Frames a packet, 1 or more. */
  readonly packetFrames: number;
  /** The sender's own address: o=. Default: none, 0.0.0.0 or ::. */
  readonly origin?: string;
  /**
   * Whether receivers of a group are to take packets from the origin only, which is of the group's family then:
   * a=source-filter. Default: where there is an origin.
   */
  readonly sourceFilter?: boolean;
  /** Tells this session from others of the same sender, 0..2^53-1. Default: seconds since 1900, as RFC 8866 advises. */
  readonly sessionId?: number;
  /** The reference clock, for instance 'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0'. Default 'local'. */
  readonly referenceClock?: string;
  /** Default: { kind: 'sender' }. */
  readonly mediaClock?: MediaClock;
}

/**
 * Writes the session description of a stream, for its receivers.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * const text = describeStream({
 *   ...{ encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96, packetFrames: 48 },
 *   ...{ address: '239.0.0.1', port: 5004, origin: '192.168.1.1', name: 'Stage left' },
 * });
 */
export function describeStream(options: DescribeOptions): string {
  const { encoding, rate, channels } = checkAudioFormat('options', checkOptions('options', options));
  const address = checkAddress('options.address', options.address);
  const payloadType = checkInteger('options.payloadType', options.payloadType, 0, 127);
  const port = checkInteger('options.port', options.port, 1, 65_535);
  const ttl = checkInteger('options.ttl', options.ttl ?? 1, 1, 255);
  const packetFrames = checkInteger('options.packetFrames', options.packetFrames, 1, MAX_RATE);
  const sessionId = checkInteger(
    'options.sessionId',
    options.sessionId ?? Math.floor(Date.now() / 1000) + NTP_EPOCH_SECONDS,
    0,
    Number.MAX_SAFE_INTEGER,
  );
  const name = checkLine('options.name', options.name ?? 'alsa-utimer');
  const referenceClock = checkLine('options.referenceClock', options.referenceClock ?? 'local');
  const origin = options.origin === undefined ? undefined : checkAddress('options.origin', options.origin);
  const group = isMulticast(address);
  const isFiltered =
    checkBoolean('options.sourceFilter', options.sourceFilter ?? origin !== undefined) && group && origin;
  if (isFiltered) checkAddressOf('options.origin', origin, socketType(address));
  const version = isIP(address);
  const from = origin ?? (version === 6 ? '::' : '0.0.0.0');
  const lines = [
    'v=0',
    `o=- ${sessionId} 0 IN IP${isIP(from)} ${from}`,
    `s=${name}`,
    `c=IN IP${version} ${address}${group && version === 4 ? `/${ttl}` : ''}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${encoding}/${rate}/${channels}`,
    ...(isFiltered ? [`a=source-filter: incl IN IP${version} ${address} ${origin}`] : []),
    'a=recvonly',
    `a=ptime:${formatPtime(packetFrames, rate)}`,
    `a=ts-refclk:${referenceClock}`,
    `a=mediaclk:${formatMediaClock(options.mediaClock ?? { kind: 'sender' })}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function checkLine(name: string, value: string): string {
  if (/[\r\n]/.test(checkString(name, value))) throw rangeError(name, 'one line', value);
  return value;
}

/** The shortest decimal that reads back as the same count of frames. */
function formatPtime(frames: number, rate: number): string {
  const ptime = ptimeOfFrames(frames, rate);
  for (let digits = 0; digits < 9; digits++) {
    const text = ptime.toFixed(digits);
    if (
      Math.abs(Number(text) - ptime) <= ptime * 1e-3 &&
      Math.round((Number(text) * rate) / 1000) === frames
    ) {
      return text;
    }
  }
  return String(ptime);
}

function formatMediaClock(clock: MediaClock): string {
  if (clock.kind === 'direct') return clock.offset === undefined ? 'direct' : `direct=${clock.offset}`;
  return clock.kind === 'sender' ? 'sender' : checkLine('options.mediaClock.value', clock.value);
}

/** A line m=audio, and what the parser does not tell of it: of lines that may come twice, it keeps one that it understands. */
interface AudioStream {
  readonly media: MediaDescription;
  readonly ports: number;
  readonly lines: readonly string[];
  readonly sessionLines: readonly string[];
}

/** The lines of the session, and then those of each m=. */
function levelsOf(text: string): string[][] {
  const levels: string[][] = [[]];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.startsWith('m=')) levels.push([]);
    levels.at(-1)?.push(line);
  }
  return levels;
}

function firstPlayable(session: SessionDescription, audio: readonly AudioStream[]): StreamParameters {
  let first: unknown;
  for (const candidate of audio) {
    try {
      return streamParameters(session, candidate);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

function streamParameters(session: SessionDescription, stream: AudioStream): StreamParameters {
  const { media, ports } = stream;
  const { protocol } = media;
  if (ports !== 1) {
    throw new SdpError(`m=audio ${media.port}/${ports} goes over ${ports} ports: only one is supported`);
  }
  if (protocol !== 'RTP/AVP' && protocol !== 'RTP/AVPF') {
    throw new SdpError(`m=audio is carried by ${protocol}: only RTP/AVP is supported, without encryption`);
  }
  const port = Number(media.port);
  if (!(port >= 1 && port <= 65_535)) throw new SdpError(`m=audio has the port ${media.port}, which is none`);
  const format = payloadFormat(media);
  const connection = connectionOf(stream);
  const packetFrames = packetFramesOf(media, format.rate);
  // The published type says one clock; the parser gives a list.
  const clocks = [media.tsRefClocks ?? session.tsRefClocks ?? []].flat();
  const mediaClock = mediaClockOf(media.mediaClk ?? session.mediaClk);
  return {
    name: String(session.name ?? ''),
    ...format,
    ...connection,
    port,
    ...(packetFrames === undefined ? {} : { packetFrames }),
    ...filtersOf(stream, connection.address),
    referenceClocks: clocks.map(({ clksrc, clksrcExt }) =>
      clksrcExt === undefined ? String(clksrc) : `${clksrc}=${clksrcExt}`,
    ),
    ...(mediaClock ? { mediaClock } : {}),
  };
}

/** The first payload type of the line m= that is L16 or L24. */
function payloadFormat(media: MediaDescription): RtpAudioFormat & { payloadType: number } {
  const listed = String(media.payloads ?? '')
    .split(' ')
    .filter((type) => /^\d+$/.test(type))
    .map(Number);
  if (listed.length === 0) throw new SdpError('m=audio lists no payload type');
  const others: string[] = [];
  for (const payloadType of listed) {
    const map = media.rtp.find(({ payload }) => payload === payloadType);
    const fixed = STATIC_PAYLOAD_TYPES.get(payloadType);
    if (!map && fixed) return { ...fixed, payloadType };
    if (!map) {
      others.push(`${payloadType} without a=rtpmap:${payloadType}`);
      continue;
    }
    const encoding = String(map.codec).toUpperCase();
    if (encoding !== 'L16' && encoding !== 'L24') {
      others.push(`${payloadType} is ${map.codec}`);
      continue;
    }
    return { payloadType, ...checkMap(payloadType, encoding, map.rate, map.encoding ?? 1) };
  }
  throw new SdpError(`m=audio has neither L16 nor L24: ${others.join(', ')}`);
}

function checkMap(type: number, encoding: RtpEncoding, rate: unknown, channels: unknown): RtpAudioFormat {
  const line = `a=rtpmap:${type}`;
  if (type > 127) throw new SdpError(`the payload type ${type} is above 127`);
  if (!isIntegerOf(rate, MAX_RATE)) throw new SdpError(`${line} says no sample rate of 1..${MAX_RATE} Hz`);
  if (!isIntegerOf(channels, MAX_CHANNELS))
    throw new SdpError(`${line} says no channels of 1..${MAX_CHANNELS}`);
  return { encoding, rate, channels };
}

function isIntegerOf(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
}

function connectionOf({ lines, sessionLines }: AudioStream): { address: string; ttl?: number } {
  const found = [lines, sessionLines]
    .map((level) => level.filter((line) => line.startsWith('c=')))
    .find((level) => level.length > 0);
  const [line, ...others] = found ?? [];
  if (line === undefined) {
    throw new SdpError(
      'the address is missing: a line like "c=IN IP4 239.0.0.1/32", for the session or the media',
    );
  }
  if (others.length > 0)
    throw new SdpError(`there are ${others.length + 1} lines c=: only one group is supported`);
  const [, text] = /^c=IN +IP[46] +(\S+) *$/.exec(line) ?? [];
  if (text === undefined)
    throw new SdpError(`"${line}" cannot be read: a line like "c=IN IP4 239.0.0.1/32" is needed`);
  const [address = '', ...numbers] = text.split('/');
  const version = isIP(address);
  if (version === 0) throw new SdpError(`c= gives "${address}": an IPv4 or IPv6 address is needed`);
  // Groups of IPv6 have no ttl: RFC 8866, section 5.7.
  const hops = version === 4 ? numbers.shift() : undefined;
  if (hops !== undefined && (!/^\d+$/.test(hops) || Number(hops) > 255)) {
    throw new SdpError(`c= gives the ttl "${hops}": 0..255 are possible`);
  }
  const groups = numbers.join('/') || '1';
  if (groups !== '1') throw new SdpError(`c= gives ${groups} groups: only one is supported`);
  return hops === undefined ? { address } : { address, ttl: Number(hops) };
}

function packetFramesOf(media: MediaDescription, rate: number): number | undefined {
  if (media.ptime === undefined) return undefined;
  const ptime = Number(media.ptime);
  if (!(ptime > 0 && ptime <= 1000)) throw new SdpError(`a=ptime:${media.ptime} is no time in milliseconds`);
  if (Math.round((ptime * rate) / 1000) < 1)
    throw new SdpError(`a=ptime:${media.ptime} is less than a frame`);
  return framesOfPtime(ptime, rate);
}

/** What all filters of a group say together, those of the session and of the media: RFC 4570. */
function filtersOf(
  { lines, sessionLines }: AudioStream,
  address: string,
): Pick<StreamParameters, 'sources' | 'excludedSources'> {
  const listed = { incl: new Set<string>(), excl: new Set<string>() };
  for (const line of [...sessionLines, ...lines]) {
    if (!/^a=source-filter(:|$)/.test(line)) continue;
    const { mode, sources } = readFilter(line, address);
    for (const source of sources) listed[mode].add(source);
  }
  return { sources: [...listed.incl], excludedSources: [...listed.excl] };
}

/** Reads a line a=source-filter. It has no sources where it is for another group. */
function readFilter(line: string, address: string): { mode: 'incl' | 'excl'; sources: readonly string[] } {
  const [, mode, type, group, list = ''] =
    /^a=source-filter: *(incl|excl) +IN +(IP4|IP6|\*) +(\S+) +(\S.*)$/.exec(line) ?? [];
  const [bare = ''] = (group ?? '').split('/');
  if ((mode !== 'incl' && mode !== 'excl') || (bare !== '*' && isIP(bare) === 0)) {
    throw new SdpError(
      `"${line}" cannot be read: a line like "a=source-filter: incl IN IP4 239.0.0.1 192.168.1.1" is needed`,
    );
  }
  if (bare !== '*' && canonicalAddress(bare) !== canonicalAddress(address)) return { mode, sources: [] };
  const version = isIP(address);
  const sources = list.trim().split(/\s+/);
  for (const source of sources) {
    if (isIP(source) === 0) throw new SdpError(`a=source-filter gives "${source}": addresses are needed`);
    if (isIP(source) !== version || (type !== '*' && type !== `IP${version}`)) {
      throw new SdpError(`"${line}" is not for IPv${version}, as c= is`);
    }
  }
  return { mode, sources };
}

function mediaClockOf(clock: MediaDescription['mediaClk']): MediaClock | undefined {
  if (!clock) return undefined;
  const { mediaClockName: name, mediaClockValue: value } = clock;
  if (name === 'sender') return { kind: 'sender' };
  if (name === 'direct' && (value === undefined || /^\d+$/.test(String(value)))) {
    return { kind: 'direct', offset: value === undefined ? undefined : Number(value) };
  }
  return { kind: 'other', value: value === undefined ? String(name) : `${name}=${value}` };
}

async function fetchText(
  name: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const timeout = AbortSignal.timeout(milliseconds);
  try {
    const response = await fetch(name, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (!response.ok)
      throw new SdpError(`${name} answered ${response.status} ${visibleText(response.statusText)}`);
    return await boundedText(response.body ?? [], name);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SdpError) throw error;
    if (timeout.aborted) throw new SdpError(`${name} did not answer within ${milliseconds} ms`);
    const { message, cause } = error as Error;
    throw new SdpError(`${name} cannot be fetched: ${(cause as Error | undefined)?.message ?? message}`);
  }
}

async function boundedText(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  name: string,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_SDP_BYTES) throw new SdpError(`${name} gives more than ${MAX_SDP_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
