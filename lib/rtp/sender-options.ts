/** What a sender is given, and the check of it. */
import { randomInt } from 'node:crypto';
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkSignal,
  type OptionNames,
  rangeError,
  typeError,
} from '../arguments.js';
import { checkAddress, interfaceFor, isMulticast, socketType, unicastError } from '../net/address.js';
import type { SendingSocketOptions } from '../net/sending-socket.js';
import { frameBytes } from '../pcm/format.js';
import {
  AUDIO_FORMAT,
  checkAudioFormat,
  defaultPcmFormat,
  MAX_PAYLOAD_BYTES,
  packetFramesFor,
  payloadFrameBytes,
  type RtpAudioFormat,
  type RtpPcmFormat,
  SampleConverter,
} from './format.js';
import type { PaceClock } from './pacer.js';
import type { DescribeOptions } from './sdp/describe.js';

/** Options that do nothing for one receiver. */
const GROUP_OPTIONS = ['interface', 'ttl', 'multicastLoopback'] as const;

/** What to send, and where. */
export interface RtpSenderOptions extends RtpAudioFormat {
  /** Format of the frames that are written. Default: S16_LE for L16, S24_3LE for L24. */
  readonly format?: RtpPcmFormat;
  /** The group, or the receiver. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
  /** 0..127. Default 96. */
  readonly payloadType?: number;
  /**
   * Frames a packet, 1 or more, as many as fit into 65495 bytes. Default: 1 ms, which is 48 frames at 44.1 kHz: see
   * `packetFramesFor`. Beyond 1440 bytes packets fragment.
   */
  readonly packetFrames?: number;
  /** 0..2^32-1. Default: random, as RFC 3550, section 5.1 wants it, like the two after it. */
  readonly ssrc?: number;
  /** Sequence number of the first packet, 0..65535. */
  readonly sequence?: number;
  /** Timestamp of the first frame, 0..2^32-1. */
  readonly timestamp?: number;
  /**
   * For groups only: where to send from, an interface by name ('eth0') or by its address. Default: the kernel's choice. To one
   * receiver the routing table knows the way; 'fe80::1%eth0' names the link with the address.
   */
  readonly interface?: string;
  /** For groups only: hops of packets, 0..255. Default 1: the local network. */
  readonly ttl?: number;
  /** For groups only: whether receivers on this machine get what is sent. Default true. */
  readonly multicastLoopback?: boolean;
  /** The local address to send from. Default: the kernel's choice. */
  readonly localAddress?: string;
  /** 0..65535. Default 0: a free one. */
  readonly localPort?: number;
  /** Packets that may wait for the kernel, 1..65536; more are dropped and counted. Default 1024. */
  readonly maxQueuedPackets?: number;
  /** Closes the sender. */
  readonly signal?: AbortSignal;
}

const SENDER_OPTIONS: OptionNames<RtpSenderOptions> = {
  ...AUDIO_FORMAT,
  format: true,
  address: true,
  port: true,
  payloadType: true,
  packetFrames: true,
  ssrc: true,
  sequence: true,
  timestamp: true,
  interface: true,
  ttl: true,
  multicastLoopback: true,
  localAddress: true,
  localPort: true,
  maxQueuedPackets: true,
  signal: true,
};

/** What a description says beyond what its sender knows. */
export type SenderDescription = Pick<
  DescribeOptions,
  'name' | 'origin' | 'sessionId' | 'sourceFilter' | 'referenceClock' | 'mediaClock'
>;

export const DESCRIPTION_OPTIONS: OptionNames<SenderDescription> = {
  name: true,
  origin: true,
  sessionId: true,
  sourceFilter: true,
  referenceClock: true,
  mediaClock: true,
};

export interface PaceOptions {
  /** Parts per million by which to send faster than the clock, -500000..500000. Default 0. */
  readonly ppm?: number;
  /** Default: the monotonic clock of this machine. */
  readonly clock?: PaceClock;
  readonly signal?: AbortSignal;
}

const PACE_OPTIONS: OptionNames<PaceOptions> = { ppm: true, clock: true, signal: true };

/** Options in their ranges, with defaults. */
export interface CheckedSenderOptions extends Readonly<RtpAudioFormat> {
  readonly socket: SendingSocketOptions;
  readonly port: number;
  readonly payloadType: number;
  readonly packetFrames: number;
  /** Bytes of one frame that is written. */
  readonly frameBytes: number;
  readonly converter: SampleConverter;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly maxQueuedPackets: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Throws before any system call.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 */
export function checkSenderOptions(options: RtpSenderOptions): CheckedSenderOptions {
  checkOptions('options', options, SENDER_OPTIONS);
  const signal = checkSignal('signal', options.signal);
  const socket = checkSocketOptions(options);
  const { encoding, rate, channels } = checkAudioFormat('options', options);
  const format = options.format ?? defaultPcmFormat(encoding);
  const converter = SampleConverter.encoder(format, encoding);
  const mostFrames = Math.floor(MAX_PAYLOAD_BYTES / payloadFrameBytes(encoding, channels));
  const oneMillisecond = rate < 500 ? 1 : Math.min(mostFrames, packetFramesFor(1, rate));
  const { packetFrames = oneMillisecond, payloadType = 96, maxQueuedPackets = 1024 } = options;
  const {
    ssrc = randomInt(2 ** 32),
    sequence = randomInt(2 ** 16),
    timestamp = randomInt(2 ** 32),
  } = options;
  return Object.freeze({
    encoding,
    rate,
    channels,
    converter,
    frameBytes: frameBytes(format, channels),
    packetFrames: checkInteger('packetFrames', packetFrames, 1, mostFrames),
    payloadType: checkInteger('payloadType', payloadType, 0, 127),
    ssrc: checkInteger('ssrc', ssrc, 0, 2 ** 32 - 1),
    sequence: checkInteger('sequence', sequence, 0, 2 ** 16 - 1),
    timestamp: checkInteger('timestamp', timestamp, 0, 2 ** 32 - 1),
    port: checkInteger('port', options.port, 1, 65_535),
    maxQueuedPackets: checkInteger('maxQueuedPackets', maxQueuedPackets, 1, 65_536),
    socket,
    signal,
  });
}

function checkSocketOptions(options: RtpSenderOptions): SendingSocketOptions {
  const { localAddress } = options;
  const address = checkAddress('address', options.address);
  const ttl = checkInteger('ttl', options.ttl ?? 1, 0, 255);
  const multicastLoopback = checkBoolean('multicastLoopback', options.multicastLoopback ?? true);
  const localPort = checkInteger('localPort', options.localPort ?? 0, 0, 65_535);
  if (localAddress !== undefined) checkAddress('localAddress', localAddress);
  if (!isMulticast(address)) {
    const given = GROUP_OPTIONS.find((name) => options[name] !== undefined);
    if (given) throw unicastError(`${given}`, address, options[given]);
  }
  const via =
    options.interface === undefined ? undefined : interfaceFor(options.interface, socketType(address));
  return { address, localAddress, localPort, via, ttl, multicastLoopback };
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function checkPaceOptions(options: PaceOptions): {
  readonly ppm: number;
  readonly clock: PaceClock | undefined;
  readonly signal: AbortSignal | undefined;
} {
  const { ppm = 0, clock } = checkOptions('options', options, PACE_OPTIONS);
  const signal = checkSignal('signal', options.signal);
  if (typeof ppm !== 'number') throw typeError('ppm', 'a number', ppm);
  if (!(Math.abs(ppm) <= 500_000)) throw rangeError('ppm', '-500000..500000', ppm);
  return { ppm, clock, signal };
}
