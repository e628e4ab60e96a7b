/** Writes session descriptions (SDP, RFC 8866), with what AES67 adds to them. */
import { isIP } from 'node:net';
import { checkBoolean, checkInteger, checkOptions, type OptionNames } from '../../arguments.js';
import {
  checkAddress,
  checkAddressOf,
  isMulticast,
  socketType,
  unicastError,
  withoutZone,
} from '../../net/address.js';
import { AUDIO_FORMAT, checkAudioFormat, MAX_RATE, type RtpAudioFormat } from '../format.js';
import { formatPtime } from '../packet-time.js';
import { checkLine, type MediaClock, writeMediaClock } from './media-clock.js';

/** From 1900, where the time of NTP begins, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

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
   * For groups only: whether receivers are to take packets from the origin alone, which is of the group's family then:
   * a=source-filter. Default false.
   */
  readonly sourceFilter?: boolean;
  /** Tells this session from others of the same sender, 0..2^53-1. Default: seconds since 1900, as RFC 8866 advises. */
  readonly sessionId?: number;
  /** The reference clock, for instance 'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0'. Default 'local'. */
  readonly referenceClock?: string;
  /** Default: { kind: 'sender' }. */
  readonly mediaClock?: MediaClock;
}

export const DESCRIBE_OPTIONS: OptionNames<DescribeOptions> = {
  ...AUDIO_FORMAT,
  name: true,
  payloadType: true,
  address: true,
  port: true,
  ttl: true,
  packetFrames: true,
  origin: true,
  sourceFilter: true,
  sessionId: true,
  referenceClock: true,
  mediaClock: true,
};

/**
 * Writes the session description of a stream, for its receivers. It says of the clocks what it is told: that timestamps count
 * from a clock of PTP is for the caller to see to.
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
  const { encoding, rate, channels } = checkAudioFormat(
    'options',
    checkOptions('options', options, DESCRIBE_OPTIONS),
  );
  const address = withoutZone(checkAddress('address', options.address));
  const payloadType = checkInteger('payloadType', options.payloadType, 0, 127);
  const port = checkInteger('port', options.port, 1, 65_535);
  const ttl = checkInteger('ttl', options.ttl ?? 1, 1, 255);
  const packetFrames = checkInteger('packetFrames', options.packetFrames, 1, MAX_RATE);
  const sessionId = checkInteger(
    'sessionId',
    options.sessionId ?? Math.floor(Date.now() / 1000) + NTP_EPOCH_SECONDS,
    0,
    Number.MAX_SAFE_INTEGER,
  );
  const name = checkLine('name', options.name ?? 'alsa-utimer');
  const referenceClock = checkLine('referenceClock', options.referenceClock ?? 'local');
  const origin =
    options.origin === undefined ? undefined : withoutZone(checkAddress('origin', options.origin));
  const group = isMulticast(address);
  const isFiltered = checkBoolean('sourceFilter', options.sourceFilter ?? false);
  if (isFiltered && !group) throw unicastError('sourceFilter', address, true);
  if (isFiltered) checkAddressOf('origin', origin, socketType(address));
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
    `a=mediaclk:${writeMediaClock(options.mediaClock ?? { kind: 'sender' })}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
