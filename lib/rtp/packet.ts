/** An RTP packet (RFC 3550, section 5.1): one datagram of a stream. */
import { checkBytes, checkInteger, checkObject } from '../arguments.js';

const FIXED_HEADER_BYTES = 12;
const VERSION = 2;

/** What an RTP packet says. The payload is a view of the datagram, without padding; copy it to keep it. */
export interface RtpPacket {
  /** 0..127. */
  readonly payloadType: number;
  /** The M bit; of no meaning for L16 and L24. */
  readonly marker: boolean;
  /** 0..65535, one more with each packet, wrapping. */
  readonly sequence: number;
  /** 0..2^32-1, in frames: the sampling instant of the first frame, wrapping. */
  readonly timestamp: number;
  /** 0..2^32-1: the synchronisation source, which names a sender. */
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** Why a datagram is not an RTP packet. */
export type RtpRejection =
  /** Shorter than its own header, its contributing sources or its header extension. */
  | 'truncated'
  /** The version is not 2. */
  | 'version'
  /** The padding count is zero or reaches into the header. */
  | 'padding';

/**
 * Reads the datagram of an RTP packet: RFC 3550, section 5.1. Contributing sources and a header extension (section
 * 5.3.1) are stepped over. Never throws on what the bytes say.
 *
 * @example
 * import { parseRtpPacket } from 'alsa-utimer/rtp';
 *
 * const datagram = Uint8Array.from([0x80, 96, 0, 1, 0, 0, 0, 48, 0, 0, 0, 7, 0x12, 0x34]);
 * const packet = parseRtpPacket(datagram);
 * if (typeof packet === 'string') console.error(`not RTP: ${packet}`);
 * else console.log(packet.sequence, packet.timestamp, packet.payload.length);
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket | RtpRejection {
  let end = bytes.length;
  if (end < FIXED_HEADER_BYTES) return 'truncated';
  const first = bytes[0] as number;
  if (first >> 6 !== VERSION) return 'version';
  let start = FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (start + 4 > end) return 'truncated';
    start += 4 + 4 * readUint16(bytes, start + 2);
  }
  if (start > end) return 'truncated';
  if (first & 0x20) {
    const padding = bytes[end - 1] as number;
    if (padding === 0 || start + padding > end) return 'padding';
    end -= padding;
  }
  const second = bytes[1] as number;
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequence: readUint16(bytes, 2),
    timestamp: readUint32(bytes, 4),
    ssrc: readUint32(bytes, 8),
    payload: bytes.subarray(start, end),
  };
}

/** A packet to write, with the parts that a reader steps over. */
export interface RtpPacketOptions {
  /** 0..127. */
  readonly payloadType: number;
  /** Default false. */
  readonly marker?: boolean;
  /** 0..65535. */
  readonly sequence: number;
  /** 0..2^32-1, in frames. */
  readonly timestamp: number;
  /** 0..2^32-1. */
  readonly ssrc: number;
  readonly payload: Uint8Array;
  /** Up to 15 contributing sources, each 0..2^32-1. */
  readonly csrcs?: readonly number[];
  /** A header extension: its profile's number, 0..65535, and its data, a multiple of four bytes. */
  readonly extension?: { readonly profile: number; readonly data: Uint8Array };
  /** Bytes of padding behind the payload, 1..255; the last one holds their count. Default 0: none. */
  readonly padding?: number;
}

/**
 * Writes a packet: RFC 3550, section 5.1.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * import { serializeRtpPacket } from 'alsa-utimer/rtp';
 *
 * const payload = Uint8Array.of(0x12, 0x34); // L16: one sample
 * const datagram = serializeRtpPacket({ payloadType: 96, sequence: 1, timestamp: 48, ssrc: 7, payload });
 * console.log(datagram.length); // 14
 */
export function serializeRtpPacket(options: RtpPacketOptions): Uint8Array {
  const { payload, csrcs = [], extension, padding = 0 } = checkObject('options', options);
  checkInteger('payloadType', options.payloadType, 0, 127);
  checkInteger('sequence', options.sequence, 0, 0xffff);
  checkInteger('timestamp', options.timestamp, 0, 0xffff_ffff);
  checkInteger('ssrc', options.ssrc, 0, 0xffff_ffff);
  checkBytes('payload', payload);
  checkInteger('csrcs.length', csrcs.length, 0, 15);
  for (const csrc of csrcs) checkInteger('csrcs[]', csrc, 0, 0xffff_ffff);
  checkInteger('padding', padding, 0, 255);
  if (extension) {
    checkInteger('extension.profile', extension.profile, 0, 0xffff);
    checkBytes('extension.data', extension.data);
    checkInteger('extension.data.length / 4', extension.data.length / 4, 0, 0xffff);
  }

  const extensionBytes = extension ? 4 + extension.data.length : 0;
  const start = FIXED_HEADER_BYTES + 4 * csrcs.length + extensionBytes;
  const bytes = new Uint8Array(start + payload.length + padding);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 6) | (padding ? 0x20 : 0) | (extension ? 0x10 : 0) | csrcs.length);
  view.setUint8(1, (options.marker ? 0x80 : 0) | options.payloadType);
  view.setUint16(2, options.sequence);
  view.setUint32(4, options.timestamp);
  view.setUint32(8, options.ssrc);
  let at = FIXED_HEADER_BYTES;
  for (const csrc of csrcs) {
    view.setUint32(at, csrc);
    at += 4;
  }
  if (extension) {
    view.setUint16(at, extension.profile);
    view.setUint16(at + 2, extension.data.length / 4);
    bytes.set(extension.data, at + 4);
  }
  bytes.set(payload, start);
  if (padding) bytes[bytes.length - 1] = padding;
  return bytes;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) * 0x1_0000 + readUint16(bytes, at + 2);
}

/** The distance of two sequence numbers, -32768..32767. */
export function sequenceDistance(to: number, from: number): number {
  return ((to - from) << 16) >> 16;
}
