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
  valueError,
} from '../arguments.js';
import { Clock } from '../clock/clock.js';
import { Pacer } from '../clock/pacer.js';
import { checkAddress, interfaceFor, isMulticast, socketType, unicastError } from '../net/address.js';
import type { SendingSocketOptions } from '../net/sending-socket.js';
import { frameBytes } from '../pcm/format.js';
import {
  AUDIO_FORMAT,
  checkAudioFormat,
  defaultPcmFormat,
  MAX_PAYLOAD_BYTES,
  payloadFrameBytes,
  type RtpAudioFormat,
  type RtpPcmFormat,
} from './format.js';
import { packetFramesFor } from './packet-time.js';
import { SampleConverter } from './sample-converter.js';
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
  /** Packets that may wait for the kernel, 1..65536, 1 GiB at most; more are dropped and counted. Default 1024. */
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
  /** Without `clock`: parts per million by which to send faster than this machine's clock, -500000..500000. Default 0. */
  readonly ppm?: number;
  /**
   * The clock of the stream, a PTP clock for instance. Packets leave at multiples of their time since its epoch, and timestamps are
   * those of the media clock: its time at the rate, plus `mediaOffset` (AES67, RFC 7273). Where the source gives nothing in
   * time, timestamps go on all the same. Default: CLOCK_MONOTONIC, and timestamps that count frames.
   */
  readonly clock?: Clock;
  /** With `clock` only: what the media clock shows at the epoch of the clock, in frames, 0..2^32-1. Default 0. */
  readonly mediaOffset?: number;
  /**
   * How much is to wait before the first packet leaves, 0..1000 ms, as far as `maxQueuedPackets` allows. A source in real time needs what it
   * gives at a time, and as much as it may be late. Default 0.
   */
  readonly prebufferMs?: number;
  /** Whose thread sends. Default: one of its own. */
  readonly pacer?: Pacer;
  readonly signal?: AbortSignal;
}

const PACE_OPTIONS: OptionNames<PaceOptions> = {
  ppm: true,
  clock: true,
  mediaOffset: true,
  prebufferMs: true,
  pacer: true,
  signal: true,
};

/** Of packets that may wait, with their memory. */
const MAX_QUEUE_BYTES = 2 ** 30;

/** Options in their ranges, with defaults. */
export interface CheckedSenderOptions extends Readonly<RtpAudioFormat> {
  readonly socket: SendingSocketOptions;
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
  const { payloadType = 96, maxQueuedPackets = 1024 } = options;
  const packetFrames = checkInteger('packetFrames', options.packetFrames ?? oneMillisecond, 1, mostFrames);
  const packetBytes = packetFrames * payloadFrameBytes(encoding, channels);
  const mostQueued = Math.min(65_536, Math.floor(MAX_QUEUE_BYTES / packetBytes));
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
    packetFrames,
    payloadType: checkInteger('payloadType', payloadType, 0, 127),
    ssrc: checkInteger('ssrc', ssrc, 0, 2 ** 32 - 1),
    sequence: checkInteger('sequence', sequence, 0, 2 ** 16 - 1),
    timestamp: checkInteger('timestamp', timestamp, 0, 2 ** 32 - 1),
    maxQueuedPackets: checkInteger('maxQueuedPackets', maxQueuedPackets, 1, mostQueued),
    socket,
    signal,
  });
}

function checkSocketOptions(options: RtpSenderOptions): SendingSocketOptions {
  const { localAddress } = options;
  const address = checkAddress('address', options.address);
  const port = checkInteger('port', options.port, 1, 65_535);
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
  return { address, port, localAddress, localPort, via, ttl, multicastLoopback };
}

export interface CheckedPaceOptions {
  readonly ppm: number;
  readonly clock: Clock | undefined;
  readonly mediaOffset: number;
  readonly prebufferMs: number;
  readonly pacer: Pacer | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function checkPaceOptions(options: PaceOptions): CheckedPaceOptions {
  const { ppm = 0, clock, mediaOffset, prebufferMs, pacer } = checkOptions('options', options, PACE_OPTIONS);
  const signal = checkSignal('signal', options.signal);
  if (typeof ppm !== 'number') throw typeError('ppm', 'a number', ppm);
  if (!(Math.abs(ppm) <= 500_000)) throw rangeError('ppm', '-500000..500000', ppm);
  if (clock !== undefined && !(clock instanceof Clock)) throw typeError('clock', 'a Clock', clock);
  if (pacer !== undefined && !(pacer instanceof Pacer)) throw typeError('pacer', 'a Pacer', pacer);
  if (clock !== undefined && ppm !== 0)
    throw valueError('ppm', 'left out with a clock, which has the rate', ppm);
  if (clock === undefined && mediaOffset !== undefined)
    throw valueError('mediaOffset', 'left out without a clock', mediaOffset);
  return {
    ppm,
    clock,
    mediaOffset: checkInteger('mediaOffset', mediaOffset ?? 0, 0, 2 ** 32 - 1),
    prebufferMs: checkInteger('prebufferMs', prebufferMs ?? 0, 0, 1_000),
    pacer,
    signal,
  };
}
