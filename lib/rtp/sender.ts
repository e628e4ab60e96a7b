/** RtpSender: frames of any length in, packets of one length out. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkOptions,
  checkSignal,
  type OptionNames,
  rangeError,
  typeError,
} from '../arguments.js';
import { closedError } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import {
  canonicalAddress,
  checkAddress,
  interfaceFor,
  isMulticast,
  type SocketType,
  socketType,
  unicastError,
} from '../net/address.js';
import { frameBytes } from '../pcm/format.js';
import { refuseCloning } from '../uncloneable.js';
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
import { type PaceClock, Pacer } from './pacer.js';
import { serializeRtpPacket } from './packet.js';
import { PacketQueue } from './packet-queue.js';
import { type DescribeOptions, describeStream } from './sdp/describe.js';

/** Without sources that contribute, and without an extension. */
const RTP_HEADER_BYTES = 12;
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

const DESCRIPTION_OPTIONS: OptionNames<SenderDescription> = {
  name: true,
  origin: true,
  sessionId: true,
  sourceFilter: true,
  referenceClock: true,
  mediaClock: true,
};

interface SenderTarget {
  readonly address: string;
  readonly origin: string | undefined;
  readonly ttl: number;
  readonly signal: AbortSignal | undefined;
}

/** Counters since the sender was opened. */
export interface RtpSenderStats {
  /** Packets that the kernel took. */
  readonly packetsSent: number;
  /** Packets dropped because too many waited for the kernel: see `pace`, which waits instead. */
  readonly packetsDropped: number;
  /** Packets that the kernel refused: see lastError. */
  readonly packetsFailed: number;
  /** Frames put into packets, sent or not. */
  readonly frames: number;
  /** Frames that wait for the rest of their packet. */
  readonly framesPending: number;
  /** Why the kernel last refused a packet, for instance ENETUNREACH while an interface is down. */
  readonly lastError: Error | undefined;
}

export interface PaceOptions {
  /** Parts per million by which to send faster than the clock, -500000..500000. Default 0. */
  readonly ppm?: number;
  /** Default: the monotonic clock of this machine. */
  readonly clock?: PaceClock;
  readonly signal?: AbortSignal;
}

const PACE_OPTIONS: OptionNames<PaceOptions> = { ppm: true, clock: true, signal: true };

/**
 * Sends one stream. Timestamps count the frames written, and sequence numbers the packets made of them, also of those
 * that the kernel refused: to a receiver, what was not sent is lost, and the rest stays in its place.
 *
 * @example
 * using sender = await RtpSender.open({ encoding: 'L16', rate: 48_000, channels: 2, address: '239.0.0.1', port: 5004 });
 * await sender.pace(createReadStream('music.raw'));
 */
export class RtpSender implements Disposable, AsyncDisposable {
  readonly #socket: Socket;
  readonly #converter: SampleConverter;
  readonly #rate: number;
  readonly #channels: number;
  readonly #encoding: RtpAudioFormat['encoding'];
  readonly #frameBytes: number;
  readonly #packetFrames: number;
  readonly #payloadType: number;
  readonly #address: string;
  readonly #origin: string | undefined;
  readonly #port: number;
  readonly #ttl: number;
  readonly #queue: PacketQueue;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.close();
  /** The frames of one packet, filled from the front. */
  readonly #pending: Uint8Array;
  readonly ssrc: number;
  #pendingBytes = 0;
  #sequence: number;
  #timestamp: number;
  #frames = 0;
  #closed = false;
  #finished = false;

  private constructor(
    options: RtpSenderOptions,
    { address, origin, ttl, signal }: SenderTarget,
    socket: Socket,
  ) {
    refuseCloning(this);
    const { encoding, rate, channels } = checkAudioFormat('options', options);
    const format = options.format ?? defaultPcmFormat(encoding);
    this.#converter = SampleConverter.encoder(format, encoding);
    this.#encoding = encoding;
    this.#rate = rate;
    this.#channels = channels;
    const mostFrames = Math.floor(MAX_PAYLOAD_BYTES / payloadFrameBytes(encoding, channels));
    const oneMillisecond = rate < 500 ? 1 : Math.min(mostFrames, packetFramesFor(1, rate));
    this.#packetFrames = checkInteger(
      'options.packetFrames',
      options.packetFrames ?? oneMillisecond,
      1,
      mostFrames,
    );
    this.#payloadType = checkInteger('options.payloadType', options.payloadType ?? 96, 0, 127);
    this.ssrc = checkInteger('options.ssrc', options.ssrc ?? randomInt(2 ** 32), 0, 2 ** 32 - 1);
    this.#sequence = checkInteger('options.sequence', options.sequence ?? randomInt(2 ** 16), 0, 2 ** 16 - 1);
    this.#timestamp = checkInteger(
      'options.timestamp',
      options.timestamp ?? randomInt(2 ** 32),
      0,
      2 ** 32 - 1,
    );
    this.#port = checkInteger('options.port', options.port, 1, 65_535);
    this.#address = address;
    const most = checkInteger('options.maxQueuedPackets', options.maxQueuedPackets ?? 1024, 1, 65_536);
    this.#queue = new PacketQueue(socket, { address, port: this.#port }, most);
    this.#origin = origin;
    this.#ttl = ttl;
    this.#signal = signal;
    this.#socket = socket;
    this.#frameBytes = frameBytes(format, channels);
    this.#pending = new Uint8Array(this.#packetFrames * this.#frameBytes);
  }

  /**
   * Opens a socket: socket, bind; for a group also setsockopt IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws the error of the system where the local address cannot be bound; an AbortError
   *
   * @example
   * await using sender = await RtpSender.open({
   *   ...{ encoding: 'L24', rate: 48_000, channels: 2, packetFrames: 48, format: 'S32_LE' },
   *   ...{ address: '239.0.0.1', port: 5004, ttl: 8 },
   * });
   */
  static async open(options: RtpSenderOptions): Promise<RtpSender> {
    const { localAddress } = checkOptions('options', options, SENDER_OPTIONS);
    const signal = checkSignal('options.signal', options.signal);
    const address = checkAddress('options.address', options.address);
    const ttl = checkInteger('options.ttl', options.ttl ?? 1, 0, 255);
    const loopback = checkBoolean('options.multicastLoopback', options.multicastLoopback ?? true);
    const port = checkInteger('options.localPort', options.localPort ?? 0, 0, 65_535);
    if (localAddress !== undefined) checkAddress('options.localAddress', localAddress);
    if (!isMulticast(address)) {
      const given = GROUP_OPTIONS.find((name) => options[name] !== undefined);
      if (given) throw unicastError(`options.${given}`, address, options[given]);
    }
    const type = socketType(address);
    const via = options.interface === undefined ? undefined : interfaceFor(options.interface, type);
    signal?.throwIfAborted();
    const socket = socketFor(type);
    try {
      const origin = await originOf(address, localAddress, via);
      const sender = new RtpSender(options, { address, origin, ttl, signal }, socket);
      const listening = once(socket, 'listening', { signal });
      socket.bind(localAddress === undefined ? { port } : { address: localAddress, port });
      await listening;
      if (isMulticast(address)) {
        if (via !== undefined) socket.setMulticastInterface(via);
        socket.setMulticastTTL(ttl);
        socket.setMulticastLoopback(loopback);
      }
      sender.#attach();
      return sender;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Frames a packet. */
  get packetFrames(): number {
    return this.#packetFrames;
  }

  /** Bytes of the datagram of a full packet, with the header of RTP. */
  get datagramBytes(): number {
    return RTP_HEADER_BYTES + this.#packetFrames * payloadFrameBytes(this.#encoding, this.#channels);
  }

  /** The local address that the kernel sends from; undefined where it knew no way when the sender was opened. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** Bytes of one frame that is written. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  /** The timestamp of the next frame that is written. */
  get timestamp(): number {
    return wrap(this.#timestamp + this.#pendingFrames);
  }

  get closed(): boolean {
    return this.#closed;
  }

  stats(): RtpSenderStats {
    const { sent, dropped, failed, lastError } = this.#queue;
    return {
      packetsSent: sent,
      packetsDropped: dropped,
      packetsFailed: failed,
      frames: this.#frames,
      framesPending: this.#pendingFrames,
      lastError,
    };
  }

  /**
   * The stream's session description, for its receivers: of the session that its SSRC tells from others, and from the local
   * address that the kernel sends from. With `sourceFilter` receivers of a group are told to take packets from there only; it
   * is of the family of the group then.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   *
   * @example
   * const stream = { encoding: 'L24', rate: 48_000, channels: 2 } as const;
   * await using sender = await RtpSender.open({ ...stream, address: '239.0.0.1', port: 5004 });
   * console.log(sender.describe({ name: 'Stage left', origin: '192.168.1.1', sourceFilter: true }));
   */
  describe(options: SenderDescription = {}): string {
    const {
      name,
      origin = this.#origin,
      sessionId = this.ssrc,
    } = checkOptions('options', options, DESCRIPTION_OPTIONS);
    const { sourceFilter, referenceClock, mediaClock } = options;
    return describeStream({
      sessionId,
      ...(name === undefined ? {} : { name }),
      ...(origin === undefined ? {} : { origin }),
      ...(sourceFilter === undefined ? {} : { sourceFilter }),
      ...(referenceClock === undefined ? {} : { referenceClock }),
      ...(mediaClock === undefined ? {} : { mediaClock }),
      encoding: this.#encoding,
      rate: this.#rate,
      channels: this.#channels,
      payloadType: this.#payloadType,
      packetFrames: this.#packetFrames,
      address: this.#address,
      port: this.#port,
      ttl: Math.max(1, this.#ttl),
    });
  }

  /**
   * Sends frames, of any length and boundary: what does not fill a packet waits for the rest. The bytes are copied. A packet
   * that the kernel has no room for waits in the socket; beyond `maxQueuedPackets` of them, packets are dropped.
   *
   * @returns packets made
   * @throws TypeError ERR_INVALID_ARG_TYPE; AlsaError ERR_CLOSED
   */
  write(bytes: Uint8Array): number {
    checkBytes('bytes', bytes);
    this.#checkOpen();
    let packets = 0;
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(bytes.length - at, this.#pending.length - this.#pendingBytes);
      this.#pending.set(bytes.subarray(at, at + taken), this.#pendingBytes);
      this.#pendingBytes += taken;
      at += taken;
      if (this.#pendingBytes < this.#pending.length) break;
      this.#send(this.#pending);
      this.#pendingBytes = 0;
      packets++;
    }
    return packets;
  }

  /**
   * Sends the frames that wait as a shorter packet: the end of a stream. A part of a frame is discarded.
   *
   * @throws AlsaError ERR_CLOSED
   */
  flush(): void {
    this.#checkOpen();
    const whole = this.#pendingFrames * this.#frameBytes;
    if (whole > 0) this.#send(this.#pending.subarray(0, whole));
    this.#pendingBytes = 0;
  }

  /**
   * Leaves out frames: the next ones are that much later. Flushes first.
   *
   * @param frames 0..2^31-1
   * @throws AlsaError ERR_CLOSED; TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
   */
  skip(frames: number): void {
    checkInteger('frames', frames, 0, 2 ** 31 - 1);
    this.flush();
    this.#timestamp = wrap(this.#timestamp + frames);
  }

  /**
   * Sends what a source gives, each packet at its time: packet n goes out n packet times after the first, by the clock.
   * A source that falls behind is made up for, unless by more than a second: four packets go out in the time of one then.
   * While the kernel has no room it waits, and drops nothing. Flushes at the end.
   *
   * @throws AlsaError ERR_CLOSED; TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE; an AbortError; what the source
   * throws; TypeError ERR_INVALID_STATE where the buffer of what it gave shrinks, or is transferred, before that was sent
   *
   * @example
   * const stream = { encoding: 'L16', rate: 48_000, channels: 2 } as const;
   * await using sender = await RtpSender.open({ ...stream, address: '239.0.0.1', port: 5004 });
   * await sender.pace(createReadStream('music.raw'), { ppm: 100, signal: AbortSignal.timeout(60_000) });
   */
  async pace(
    source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options: PaceOptions = {},
  ): Promise<void> {
    const { ppm = 0, clock } = checkOptions('options', options, PACE_OPTIONS);
    const signal = checkSignal('options.signal', options.signal);
    if (typeof ppm !== 'number') throw typeError('options.ppm', 'a number', ppm);
    if (!(Math.abs(ppm) <= 500_000)) throw rangeError('options.ppm', '-500000..500000', ppm);
    const pacer = new Pacer(this.#rate * (1 + ppm * 1e-6), this.#packetFrames, clock);
    const first = this.#frames;
    for await (const bytes of source) {
      const lent = new LentBytes('source', bytes);
      for (let at = 0; at < lent.length; ) {
        const end = Math.min(lent.length, at + this.#pending.length - this.#pendingBytes);
        await pacer.wait(this.#frames - first, signal);
        await this.#queue.room();
        this.write(lent.between(at, end));
        at = end;
      }
    }
    await this.#queue.room();
    this.flush();
  }

  /** Resolves when the kernel has taken, or refused, every packet so far. */
  drain(): Promise<void> {
    return this.#queue.drain();
  }

  /** Closes the socket. Frames that wait for the rest of their packet are discarded: see `flush`. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#socket.close();
    this.#queue.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits until the kernel has every packet, closes, and waits until the socket is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.drain();
    this.close();
    if (!this.#finished) await once(this.#socket, 'close');
  }

  get #pendingFrames(): number {
    return Math.floor(this.#pendingBytes / this.#frameBytes);
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError('the RTP sender');
  }

  #attach(): void {
    this.#socket.on('error', (error) => {
      this.#queue.fail(error);
    });
    this.#socket.on('close', () => {
      this.#finished = true;
    });
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.close();
  }

  #send(bytes: Uint8Array): void {
    const frames = bytes.length / this.#frameBytes;
    const sequence = this.#sequence;
    const timestamp = this.#timestamp;
    this.#sequence = (sequence + 1) & 0xffff;
    this.#timestamp = wrap(timestamp + frames);
    this.#frames += frames;
    const payload = this.#converter.convert(bytes);
    const { ssrc } = this;
    this.#queue.send(
      serializeRtpPacket({ payloadType: this.#payloadType, sequence, timestamp, ssrc, payload }),
    );
  }
}

function socketFor(type: SocketType): Socket {
  // Addresses are literals: answering at once keeps each send from a turn through the resolver.
  const family = type === 'udp4' ? 4 : 6;
  return createSocket({ type, lookup: (host, _options, callback) => callback(null, host, family) });
}

/** The local address of packets to `address`: what connect(2), which sends nothing, finds. Undefined without a route. */
async function originOf(
  address: string,
  localAddress: string | undefined,
  via: string | undefined,
): Promise<string | undefined> {
  const socket = socketFor(socketType(address));
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port: 0, ...(localAddress === undefined ? {} : { address: localAddress }) });
    await listening;
    if (via !== undefined && isMulticast(address)) socket.setMulticastInterface(via);
    const connected = once(socket, 'connect');
    // Which port does not matter; 9 discards.
    socket.connect(9, address);
    await connected;
    return canonicalAddress(socket.address().address);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

function wrap(timestamp: number): number {
  return timestamp % 2 ** 32;
}
