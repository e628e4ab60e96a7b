/** RtpSender: frames of any length in, packets of one length out. */
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { checkBytes, checkInteger, checkOptions } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { closedError } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import { localAddressOf, openSendingSocket } from '../net/sending-socket.js';
import { unlessAborted, untilAborted } from '../promises.js';
import { refuseCloning } from '../uncloneable.js';
import { payloadFrameBytes } from './format.js';
import { Pacer } from './pacer.js';
import { PacketQueue } from './packet-queue.js';
import { Packetizer } from './packetizer.js';
import { describeStream } from './sdp/describe.js';
import {
  type CheckedSenderOptions,
  checkPaceOptions,
  checkSenderOptions,
  DESCRIPTION_OPTIONS,
  type PaceOptions,
  type RtpSenderOptions,
  type SenderDescription,
} from './sender-options.js';

/** Without sources that contribute, and without an extension. */
const RTP_HEADER_BYTES = 12;

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
  readonly #options: CheckedSenderOptions;
  readonly #origin: string | undefined;
  readonly #queue: PacketQueue;
  readonly #packetizer: Packetizer;
  readonly #onAbort = () => this.close();
  /** Ends what paces when the sender is closed. */
  readonly #gone = new AbortController();
  readonly ssrc: number;
  #closed = false;
  #finished = false;

  private constructor(
    made: typeof MADE,
    options: CheckedSenderOptions,
    origin: string | undefined,
    socket: Socket,
  ) {
    checkMade(made, 'RtpSender.open()');
    refuseCloning(this);
    this.#options = options;
    this.#origin = origin;
    this.#socket = socket;
    this.ssrc = options.ssrc;
    const { port, maxQueuedPackets } = options;
    this.#queue = new PacketQueue(socket, { address: options.socket.address, port }, maxQueuedPackets);
    this.#packetizer = new Packetizer(options, (packet) => this.#queue.send(packet));
    socket.on('error', (error) => {
      this.#queue.fail(error);
    });
    socket.on('close', () => {
      this.#finished = true;
    });
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) this.close();
  }

  /**
   * Opens a socket: socket, bind; for a group also setsockopt IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws the error of the system where the local address cannot be bound; an AbortError
   *
   * @example
   * await using sender = await RtpSender.open({
   *   encoding: 'L24',
   *   rate: 48_000,
   *   channels: 2,
   *   packetFrames: 48,
   *   format: 'S32_LE',
   *   address: '239.0.0.1',
   *   port: 5004,
   *   ttl: 8,
   * });
   */
  static async open(options: RtpSenderOptions): Promise<RtpSender> {
    const checked = checkSenderOptions(options);
    const { signal } = checked;
    signal?.throwIfAborted();
    const origin = await localAddressOf(checked.socket);
    const socket = await openSendingSocket(checked.socket, signal);
    return new RtpSender(MADE, checked, origin, socket);
  }

  /** Frames a packet. */
  get packetFrames(): number {
    return this.#options.packetFrames;
  }

  /** Bytes of the datagram of a full packet, with the header of RTP. */
  get datagramBytes(): number {
    const { packetFrames, encoding, channels } = this.#options;
    return RTP_HEADER_BYTES + packetFrames * payloadFrameBytes(encoding, channels);
  }

  /** The local address that the kernel sends from; undefined where it knew no way when the sender was opened. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** Bytes of one frame that is written. */
  get frameBytes(): number {
    return this.#options.frameBytes;
  }

  /** The timestamp of the next frame that is written. */
  get timestamp(): number {
    return this.#packetizer.timestamp;
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
      frames: this.#packetizer.frames,
      framesPending: this.#packetizer.pendingFrames,
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
    const { encoding, rate, channels, payloadType, packetFrames, port, socket } = this.#options;
    return describeStream({
      sessionId,
      ...(name === undefined ? {} : { name }),
      ...(origin === undefined ? {} : { origin }),
      ...(sourceFilter === undefined ? {} : { sourceFilter }),
      ...(referenceClock === undefined ? {} : { referenceClock }),
      ...(mediaClock === undefined ? {} : { mediaClock }),
      encoding,
      rate,
      channels,
      payloadType,
      packetFrames,
      address: socket.address,
      port,
      ttl: Math.max(1, socket.ttl),
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
    return this.#packetizer.write(bytes);
  }

  /**
   * Sends the frames that wait as a shorter packet: the end of a stream. A part of a frame is discarded.
   *
   * @throws AlsaError ERR_CLOSED
   */
  flush(): void {
    this.#checkOpen();
    this.#packetizer.flush();
  }

  /**
   * Leaves out frames: the next ones are that much later. Flushes first.
   *
   * @param frames 0..2^31-1
   * @throws AlsaError ERR_CLOSED; TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
   */
  skip(frames: number): void {
    checkInteger('frames', frames, 0, 2 ** 31 - 1);
    this.#checkOpen();
    this.#packetizer.skip(frames);
  }

  /**
   * Sends what a source gives, each packet at its time: packet n goes out n packet times after the first, by the clock.
   * A source that falls behind is made up for, unless by more than a second: four packets go out in the time of one then.
   * While the kernel has no room it waits, and drops nothing. Flushes at the end. The signal, and `close`, end it at any time,
   * also while the source gives nothing: the source is told by its iterator's `return`, and not waited for.
   *
   * @throws AlsaError ERR_CLOSED; TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE; the reason of the signal; what
   * the source throws; TypeError ERR_INVALID_STATE where the buffer of what it gave shrinks, or is transferred, before that was sent
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
    const { ppm, clock, signal } = checkPaceOptions(options);
    this.#checkOpen();
    const end = signal ? AbortSignal.any([signal, this.#gone.signal]) : this.#gone.signal;
    const { rate, packetFrames } = this.#options;
    const pacer = new Pacer(rate * (1 + ppm * 1e-6), packetFrames, clock);
    try {
      await this.#paceBy(pacer, source, end);
    } catch (error) {
      // What ends the waits of a clock says what it likes.
      end.throwIfAborted();
      throw error;
    }
  }

  /** Resolves when the kernel has taken, or refused, every packet so far. */
  drain(): Promise<void> {
    return this.#queue.drain();
  }

  /** Closes the socket. Frames that wait for the rest of their packet are discarded: see `flush`. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone.abort(closedError('the RTP sender'));
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
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

  async #paceBy(
    pacer: Pacer,
    source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const packetizer = this.#packetizer;
    const first = packetizer.frames;
    for await (const bytes of untilAborted(source, signal)) {
      const lent = new LentBytes('source', bytes);
      for (let at = 0; at < lent.length; ) {
        const end = Math.min(lent.length, at + packetizer.missingBytes);
        await pacer.wait(packetizer.frames - first, signal);
        await this.#room(signal);
        this.write(lent.between(at, end));
        at = end;
      }
    }
    await this.#room(signal);
    this.flush();
  }

  async #room(signal: AbortSignal): Promise<void> {
    if (!this.#queue.hasRoom) await unlessAborted(this.#queue.room(), signal);
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError('the RTP sender');
  }
}
